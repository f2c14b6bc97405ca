import type { AddressInfo } from 'node:net';
import { openJetStreamLog } from '@parley/kernel/event-store/jetstream-log';
import { requireWorkspace } from '@parley/kernel/event-store/workspace';
import { createHealth } from '@parley/kernel/lifecycle/health';
import type { Service } from '@parley/kernel/lifecycle/run-service';
import { serviceUrl } from '@parley/kernel/lifecycle/service-url';
import { watchClock } from '@parley/kernel/nats/clock';
import { connectNats } from '@parley/kernel/nats/connect';
import { natsOf } from '@parley/kernel/nats/settings';
import { watchMembers } from '@parley/kernel/routing/members';
import { createCommandSender } from '@parley/kernel/routing/send-command';
import { createOpener } from '@parley/kernel/sealing/opener';
import { openBudgets } from '@parley/kernel/stores/budgets';
import { redisOf } from '@parley/kernel/stores/redis-settings';
import { logger } from '@parley/kernel/telemetry/log';
import { openVault } from '@parley/kernel/vault/postgres-vault';
import { watchVault } from '@parley/kernel/vault/watch-vault';
import { createExecute } from './commands/execute.ts';
import { LogEpochs } from './commands/log-epochs.ts';
import { NatsLink } from './commands/nats-link.ts';
import type { GatewayConfig } from './config.ts';
import { createApp } from './http/app.ts';
import { frameRule } from './limits/frame-rule.ts';
import { Limits } from './limits/limits.ts';
import { isTrustedOrigin, remoteAddress } from './http/peers.ts';
import { createQueryClient } from './http/query-client.ts';
import { DeliveryTally } from './live/delivery-stat.ts';
import { Live } from './live/live.ts';
import { followRevocations } from './live/revocations.ts';
import { createOpenIdentity } from './session/open-identity.ts';
import { followErasedPeople } from './session/erased-people.ts';
import { Tokens, tokenSecondsMax } from './session/tokens.ts';
import { createMetrics } from './telemetry.ts';

/**
 * Starts a gateway in the role its configuration names and resolves once it is ready: the live role has the newest part
 * of the log in memory by then. Disposing stops taking in, finishes HTTP and sends sockets elsewhere.
 */
export async function startGateway(config: GatewayConfig): Promise<Service> {
  const stack = new AsyncDisposableStack();
  try {
    return await start(config, stack);
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

async function start(config: GatewayConfig, stack: AsyncDisposableStack): Promise<Service> {
  const health = createHealth();
  const nc = await connectNats({ ...natsOf(config), name: `gateway ${config.INSTANCE_ID}` });
  stack.defer(() => nc.close());
  const members = await watchMembers(nc);
  stack.defer(() => members.stop());
  const sender = createCommandSender(nc, members);
  const [epochs, tokens] = await Promise.all([LogEpochs.read(nc), Tokens.open(config.PARLEY_SIGNING_KEYS, config.TOKEN_SECONDS)]);
  await requireWorkspace(nc, config.PARLEY_WS);
  const queries = createQueryClient(config.QUERY_URL, config.PARLEY_INTERNAL_KEY);
  stack.defer(() => queries.close());

  const limits = openLimits(config, stack);
  let live: Live | undefined;
  const deliveries = new DeliveryTally(nc, config.INSTANCE_ID);
  stack.defer(() => deliveries.stop());
  const metrics = createMetrics({ observe: () => live?.observed(), limitsShare: () => limits.share, deliveries });
  const link = new NatsLink(nc);
  stack.defer(() => link.stop());
  const execute = createExecute({ ws: config.PARLEY_WS, sender, epochs, metrics, linkTrouble: () => link.trouble() });
  const endSessions = (userId: string): void => (live ? live.endSessions(userId) : tokens.deny(userId));
  if (config.GATEWAY_ROLE === 'api') {
    stack.defer(followRevocations(nc, (userId, rooms) => {
      if (rooms === undefined) endSessions(userId);
    }));
  } else {
    const vault = openVault({ url: config.VAULT_URL, kek: config.PARLEY_KEK, role: 'gateway' });
    stack.use(vault);
    const watched = watchVault(() => vault.get(['pepper']));
    stack.defer(() => watched.stop());
    await watched.firstTry;
    health.check('vault', watched.reason);
    live = await Live.open({
      nc, instance: config.INSTANCE_ID, epochs: epochs.now, log: await openJetStreamLog(nc), opener: createOpener(vault, config.PARLEY_WS), queries, execute, tokens, metrics,
      ringBytesMax: config.RING_BYTES_MAX, ringAgeMsMax: config.RING_AGE_MS_MAX, limit: limits.of(frameRule(config)), socketsPerAddress: config.SOCKETS_PER_ADDRESS_MAX,
      originRefused: (request) => !isTrustedOrigin(request, config.PUBLIC_ORIGINS),
      addressOf: (request) => remoteAddress(request, config.TRUST_PROXY),
    });
    const opened = live;
    stack.defer(() => opened.close());
    health.check('live', () => opened.trouble());
  }
  const erased = await followErasedPeople(nc, { sinceMs: tokenSecondsMax * 1_000, onErased: endSessions });
  stack.defer(() => erased.stop());
  const clock = await watchClock(nc);
  stack.defer(() => clock.stop());
  health.check('nats', () => link.trouble());
  health.check('clock', () => clock.trouble());
  health.check('command-service', () => (members.members().length === 0 ? 'no instance is alive' : undefined));

  const app = await createApp({ config, health, tokens, identity: createOpenIdentity(sender, epochs), execute, queries, limits, live });
  stack.defer(() => app.close());
  live?.serveSockets(app.server);
  await app.listen({ host: config.HOST, port: config.PORT });
  health.started();
  const { port } = app.server.address() as AddressInfo;
  return {
    port,
    url: serviceUrl(config.HOST, port),
    async [Symbol.asyncDispose]() {
      health.stopping();
      logger('gateway').info('sending connections elsewhere');
      await live?.drain();
      await stack.disposeAsync();
    },
  };
}

function openLimits(config: GatewayConfig, stack: AsyncDisposableStack): Limits {
  const redis = redisOf(config);
  const budgets = redis && openBudgets(redis);
  if (budgets) stack.use(budgets);
  const limits = new Limits(budgets, config.INSTANCE_ID);
  stack.defer(() => limits.stop());
  return limits;
}

import { NestFactory } from '@nestjs/core';
import { CommandBus } from '@nestjs/cqrs';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { openJetStreamLog } from '@parley/kernel/event-store/jetstream-log';
import { type Aggregates, createAggregates } from '@parley/kernel/event-store/repository';
import { openJetStreamSnapshots } from '@parley/kernel/event-store/snapshots';
import { requireWorkspace } from '@parley/kernel/event-store/workspace';
import { createHealth } from '@parley/kernel/lifecycle/health';
import type { Service } from '@parley/kernel/lifecycle/run-service';
import { serviceUrl } from '@parley/kernel/lifecycle/service-url';
import { connectNats, type NatsConnection } from '@parley/kernel/nats/connect';
import { readEpochs } from '@parley/kernel/nats/epochs';
import { clockTrouble } from '@parley/kernel/nats/clock';
import { provisionStreams } from '@parley/kernel/nats/provision';
import { natsOf } from '@parley/kernel/nats/settings';
import { joinMembers, type Membership, watchMembers } from '@parley/kernel/routing/members';
import { ownersOf } from '@parley/kernel/routing/rendezvous';
import { createCommandSender } from '@parley/kernel/routing/send-command';
import { followErasures } from '@parley/kernel/sealing/erasures';
import { createSealer } from '@parley/kernel/sealing/sealer';
import { openVault } from '@parley/kernel/vault/postgres-vault';
import { watchVault } from '@parley/kernel/vault/watch-vault';
import 'reflect-metadata';
import { CommandModule } from './command.module.ts';
import type { CommandServiceConfig } from './config.ts';
import { deciders } from './deciders.ts';
import { createDesk } from './door/desk.ts';
import { openNatsDoor } from './door/nats-door.ts';
import { answerQuestion } from './door/questions.ts';
import { watchConnection } from './readiness.ts';
import { createTargets } from './prepare/targets.ts';
import { aggregateObserver, observeDoor } from './telemetry.ts';
import { traceAppends } from './traced-log.ts';
import { openPositions } from './users/positions.ts';
import { createRegistrationProcess } from './users/registration.process.ts';
import { RollForward } from './users/roll-forward.reactor.ts';
import { createWriteModel } from './write-model.ts';

/** Gateways hear of a departure within milliseconds; what is on its way then still finds somebody here. */
const leavingMs = 300;
const finishMsMax = 9_500;
const snapshotsMsMax = 4_000;

/**
 * Starts one instance: resolves when it has joined the members and takes commands, or serves its health and waits for
 * its vault. Throws what keeps it from starting.
 */
export async function startCommandService(config: CommandServiceConfig): Promise<Service> {
  const { INSTANCE_ID: instance, PARLEY_WS: ws, PARLEY_VERSION: version, WEIGHT: weight } = config;
  await using undo = new AsyncDisposableStack();
  const nc = undo.adopt(await connectNats({ ...natsOf(config), name: `command-service ${instance}` }), closeQuietly);
  if (config.NATS_REPLICAS !== undefined) await provisionStreams(nc, { replicas: config.NATS_REPLICAS === '3' ? 3 : 1, ...(config.NATS_STREAM_BYTES !== undefined && { streamBytesMax: config.NATS_STREAM_BYTES }) });
  await readEpochs(nc);
  await requireWorkspace(nc, ws);
  const vault = undo.use(openVault({ url: config.VAULT_URL, kek: config.PARLEY_KEK, role: 'command-service' }));
  const sealer = createSealer(vault, ws);
  undo.defer(followErasures(nc, (scope) => sealer.forget(scope)));
  const view = undo.adopt(await watchMembers(nc), (watch) => watch.stop());
  const sender = createCommandSender(nc, view);

  const log = traceAppends(await openJetStreamLog(nc));
  const snapshots = await openJetStreamSnapshots(nc);
  const aggregates = createAggregates({ log, ws, deciders, snapshots, observer: aggregateObserver, oldestRelease: () => view.oldestRelease() ?? version });
  undo.defer(() => aggregates.shutdown(snapshotsMsMax));
  const model = createWriteModel(aggregates);
  const registration = createRegistrationProcess({ send: (request, aggregate) => sender.send(request, aggregate), model });

  const health = createHealth();
  const app = undo.adopt(await createApp(aggregates, registration, health), (nest) => nest.close());
  const desk = createDesk({ ws, sealer, targets: createTargets(log), model }, app.get(CommandBus));
  const door = openNatsDoor({ nc, instance, desk, answerQuestion: (input) => answerQuestion(model, sealer, input) });
  undo.defer(() => door.close(finishMsMax));
  await door.opened();
  const reactor = new RollForward({ nc, process: registration, positions: await openPositions(nc, 'roll-forward'), isMine: () => ownersOf(0, view.members())[0] === instance });
  undo.use(reactor);

  const vaultState = undo.adopt(watchVault(() => sealer.claimIdOf('n1:')), (watch) => watch.stop());
  await vaultState.firstTry;
  let [membership, joining]: [Membership | undefined, Promise<void> | undefined] = [undefined, undefined];
  const join = async (): Promise<void> => { membership = await joinMembers(nc, { instance, version, weight }); };
  // Nobody is sent where nothing can be sealed. With another one's PARLEY_KEK it would be worse: secrets of new rooms that no other process opens.
  const joined = vaultState.answered.then(() => (joining = join()));
  undo.defer(async () => {
    vaultState.stop();
    // Whoever began it is told; here only its end matters.
    await joining?.catch(() => {});
    if (membership) await leave(membership);
  });
  if (vaultState.reason() === undefined) await joined;
  undo.defer(observeDoor({ inFlight: () => door.inFlight, waiting: () => aggregates.queued, loaded: () => aggregates.loaded, skewMs: () => membership?.clockSkewMs() }));
  const connection = watchConnection(nc);
  health.check('nats', connection);
  health.check('vault', vaultState.reason);
  health.check('clock', () => clockReason(membership?.clockSkewMs()));
  health.check('member', () => (view.members().some((member) => member.instance === instance) ? undefined : 'the own key is not among the members'));
  undo.defer(() => health.stopping());

  await app.listen(config.PORT, config.HOST);
  const { port } = app.getHttpServer().address() as { port: number };
  health.started();
  const running = undo.move();
  return { port, url: serviceUrl(config.HOST, port), [Symbol.asyncDispose]: () => running.disposeAsync() };
}

async function createApp(aggregates: Aggregates, registration: Parameters<typeof CommandModule.of>[1], health: ReturnType<typeof createHealth>): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({ bodyLimit: 1_024, forceCloseConnections: true });
  const app = await NestFactory.create<NestFastifyApplication>(CommandModule.of(aggregates, registration), adapter, { logger: ['error', 'warn'], abortOnError: false });
  health.routes(adapter.getInstance());
  await app.init();
  return app;
}

/** First out of the members, so that nothing new is sent here; a moment later nobody comes any more. */
async function leave(membership: Membership): Promise<void> {
  await membership.leave();
  await new Promise<void>((resolve) => {
    setTimeout(resolve, leavingMs);
  });
}

const clockReason = (skewMs: number | undefined): string | undefined => (skewMs === undefined ? 'the log’s clock is not known yet' : clockTrouble(skewMs));

async function closeQuietly(nc: NatsConnection): Promise<void> {
  if (nc.isClosed()) return;
  await nc.drain().catch(() => nc.close());
}

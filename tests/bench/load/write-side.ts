import type { NatsConnection } from '@nats-io/transport-node';
import { deciders } from '@parley/command-service/deciders';
import { prepareCommand } from '@parley/command-service/prepare/prepare';
import type { CommandRequest } from '@parley/contracts/wire/command-request';
import { openJetStreamLog } from '@parley/kernel/event-store/jetstream-log';
import { type Aggregates, createAggregates } from '@parley/kernel/event-store/repository';
import { createSealer } from '@parley/kernel/sealing/sealer';
import { memoryVault } from '@parley/kernel/vault/memory-vault';
import { v7 as uuidv7 } from 'uuid';

export type Product = { readonly aggregates: Aggregates; readonly needs: Parameters<typeof prepareCommand>[0]; readonly people: readonly string[] };

/** The write side from a decoded command on: parse, hash, seal, queue, decide, append. NATS request and socket are not in it. */
export async function product(nc: NatsConnection): Promise<Product> {
  const sealer = createSealer(memoryVault(), 'main');
  const aggregates = createAggregates({ log: await openJetStreamLog(nc), ws: 'main', deciders });
  const none = () => Promise.reject(new Error('not part of this bench'));
  const needs = { ws: 'main', sealer, targets: { find: none } as never, model: { user: none, refusalToEnter: () => Promise.resolve(undefined), importedLine: none } };
  return { aggregates, needs, people: Array.from({ length: 64 }, () => uuidv7()) };
}

let made = 0;
/** Ids are made by clients; here a count in UUIDv7's clothes, so that making them is not measured. */
function nextId(): string {
  made += 1;
  const time = Date.now().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${made.toString(16).padStart(12, '0')}`;
}

export async function run({ aggregates, needs }: Product, userId: string, command: Record<string, unknown>): Promise<boolean> {
  const request = { id: nextId(), command, caller: { userId, kind: 'user' }, deadline: Date.now() + 9_000 } as unknown as CommandRequest;
  const prepared = await prepareCommand(needs, request);
  if ('problem' in prepared) throw new Error(JSON.stringify(prepared.problem));
  return (await aggregates.execute(prepared.aggregate, prepared.prepared)).ok;
}

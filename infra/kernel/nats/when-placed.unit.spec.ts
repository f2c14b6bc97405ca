import { JetStreamApiError } from '@nats-io/jetstream';
import { expect, test } from 'vitest';
import { isNoRoom, whenPlaced } from './when-placed.ts';

const refusal = (code: number, description: string) => new JetStreamApiError({ code: 400, err_code: code, description });
const noPeers = refusal(10_005, 'no suitable peers for placement, peer offline');

/** Refuses so often, then answers. */
function cluster(refusals: number, error: Error) {
  let asked = 0;
  return { get asked() { return asked; }, place: async () => {
    asked += 1;
    if (asked <= refusals) throw error;
    return 'placed';
  } };
}

test('a cluster that has not heard of all its servers yet is asked again', async () => {
  const forming = cluster(2, noPeers);
  expect(await whenPlaced(forming.place, 10_000)).toBe('placed');
  expect(forming.asked).toBe(3);
});

test('one that stays without them is given up in time, with what it said', async () => {
  await expect(whenPlaced(cluster(Infinity, noPeers).place, 300)).rejects.toBe(noPeers);
});

test('one that has all its servers and no disk space is not asked again', async () => {
  const full = cluster(1, refusal(10_005, 'no suitable peers for placement, insufficient storage'));
  await expect(whenPlaced(full.place, 10_000)).rejects.toSatisfy(isNoRoom);
  expect(full.asked).toBe(1);
  const forming = cluster(1, refusal(10_005, 'no suitable peers for placement, peer offline, insufficient storage'));
  expect(await whenPlaced(forming.place, 10_000)).toBe('placed');
});

test('any other refusal is told at once', async () => {
  const full = cluster(1, refusal(10_047, 'insufficient storage resources available'));
  await expect(whenPlaced(full.place, 10_000)).rejects.toThrow('insufficient storage');
  expect(full.asked).toBe(1);
});

import { expect, test } from 'vitest';
import type { Exit } from './servers/child.ts';
import { supervisor, type Part } from './supervisor.ts';
import { until } from './until.ts';

/** A part that ends when told and counts its starts. */
function part(name: string, order: string[] = []): Part & { starts: number; die(): void; failNext: number } {
  let end: (exit: Exit) => void = () => {};
  let exited = new Promise<Exit>((resolve) => (end = resolve));
  return {
    name,
    starts: 1,
    failNext: 0,
    exited: () => exited,
    async restart() {
      if (this.failNext > 0) {
        this.failNext -= 1;
        throw new Error('not yet');
      }
      this.starts += 1;
      exited = new Promise<Exit>((resolve) => (end = resolve));
    },
    async stop() {
      order.push(name);
      end({ code: 0, signal: null });
    },
    die() {
      end({ code: null, signal: 'SIGKILL' });
    },
  };
}

test('what dies is started again, also when the first attempt fails', async () => {
  const said: string[] = [];
  const keeper = supervisor((line) => said.push(line));
  const one = part('one');
  keeper.keep(one);
  one.failNext = 1;
  one.die();
  await until('the part to be back', () => one.starts === 2);
  expect(said).toEqual(['one ended (SIGKILL); starting it again', 'one did not start: not yet', 'one is back']);
  await keeper.stop();
});

test('parts are ended in the opposite order and stay ended', async () => {
  const order: string[] = [];
  const keeper = supervisor(() => {});
  const parts = ['database', 'service', 'gateway'].map((name) => part(name, order));
  parts.forEach((each) => {
    keeper.keep(each);
  });
  await keeper.stop();
  expect(order).toEqual(['gateway', 'service', 'database']);
  expect(parts.map((each) => each.starts)).toEqual([1, 1, 1]);
});

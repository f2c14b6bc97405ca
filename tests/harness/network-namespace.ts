import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ip = (...args: string[]): Promise<unknown> => run('ip', args);

/** Netfilter, in our own network or in another. */
const nft = (inside: string | undefined, ...args: string[]): Promise<unknown> => (inside === undefined ? run('nft', args) : ip('netns', 'exec', inside, 'nft', ...args));

/** An address that nobody has: frames to it reach the other end of the cable and are dropped there without a word. */
const nobody = '02:00:00:00:00:99';
let made = 0;

/** One cable between us and the namespace; a /30 network of 10.128.0.0/9 that no other process of ours has. */
type Cable = { readonly outside: { readonly device: string; readonly address: string }; readonly inside: { readonly device: string; readonly address: string } };

/**
 * A network of its own for one process, with a cable to ours per name. What is cut is cut in the kernel: frames vanish,
 * TCP repeats them ever more slowly, nobody is told. Linux, root and iproute2; see `canMake`.
 */
export class NetworkNamespace {
  /** Starts node in this network: for `fork`'s `execPath`. */
  readonly runUnder: string;
  readonly #name: string;
  readonly #cables: ReadonlyMap<string, Cable>;

  private constructor(name: string, runUnder: string, cables: ReadonlyMap<string, Cable>) {
    this.#name = name;
    this.runUnder = runUnder;
    this.#cables = cables;
  }

  /** Whether this machine lets us. Takes away what processes left that were killed. */
  static async canMake(): Promise<boolean> {
    const name = `parley-${process.pid}-try`;
    try {
      const { stdout } = await run('ip', ['netns', 'list']);
      for (const [left, pid] of stdout.matchAll(/^parley-(\d+)-\w+/gm)) if (!existsSync(`/proc/${pid}`)) await ip('netns', 'del', left);
      await dropLeftTables();
      await ip('netns', 'add', name);
      await ip('link', 'add', 'name', `pt${process.pid}`, 'type', 'veth', 'peer', 'name', 'eth', 'netns', name);
      await ip('netns', 'exec', name, 'true');
      return true;
    } catch {
      return false;
    } finally {
      // With the namespace go its end of the cable and ours.
      await ip('netns', 'del', name).catch(() => {});
    }
  }

  /** `dir`: where its starter may lie. */
  static async make(dir: string, cableNames: readonly string[]): Promise<NetworkNamespace> {
    made += 1;
    const name = `parley-${process.pid}-${made}`;
    await ip('netns', 'add', name);
    const cables = new Map<string, Cable>();
    try {
      await ip('-n', name, 'link', 'set', 'lo', 'up');
      for (const [at, cable] of cableNames.entries()) cables.set(cable, await layCable(name, `${made}-${at}`, made * 16 + at * 4));
    } catch (error) {
      await ip('netns', 'del', name).catch(() => {});
      throw error;
    }
    const runUnder = join(dir, `node-in-${name}`);
    await writeFile(runUnder, `#!/bin/sh\nexec ip netns exec ${name} "${process.execPath}" "$@"\n`, { mode: 0o755 });
    return new NetworkNamespace(name, runUnder, cables);
  }

  /** Where those inside find us on a cable. */
  outside(cable: string): string {
    return this.#of(cable).outside.address;
  }
  /** Where we find those inside. */
  inside(cable: string): string {
    return this.#of(cable).inside.address;
  }

  /** From now on nothing passes in these directions; `up` is out of the namespace. */
  async part(cable: string, directions: { readonly up: boolean; readonly down: boolean }): Promise<void> {
    const { outside, inside } = this.#of(cable);
    if (directions.up) await ip('-n', this.#name, 'neigh', 'replace', outside.address, 'lladdr', nobody, 'dev', inside.device, 'nud', 'permanent');
    if (directions.down) await ip('neigh', 'replace', inside.address, 'lladdr', nobody, 'dev', outside.device, 'nud', 'permanent');
  }

  async heal(cable: string): Promise<void> {
    const { outside, inside } = this.#of(cable);
    await ip('-n', this.#name, 'neigh', 'del', outside.address, 'dev', inside.device).catch(() => {});
    await ip('neigh', 'del', inside.address, 'dev', outside.device).catch(() => {});
  }

  /**
   * From now on this share of the frames is lost, in each direction, as they come out of the cable: TCP sees nothing but
   * that they do not arrive. Rejects where netfilter (`nft`) cannot be had.
   */
  async lose(cable: string, share: number): Promise<void> {
    const { outside, inside } = this.#of(cable);
    await this.loseNothing();
    for (const [where, device] of [[undefined, outside.device], [this.#name, inside.device]] as const) {
      await nft(where, 'add', 'table', 'netdev', this.#table);
      await nft(where, 'add', 'chain', 'netdev', this.#table, 'lost', `{ type filter hook ingress device "${device}" priority 0 ; }`);
      await nft(where, 'add', 'rule', 'netdev', this.#table, 'lost', 'numgen', 'random', 'mod', '1000', '<', String(Math.round(share * 1_000)), 'drop');
    }
  }

  async loseNothing(): Promise<void> {
    for (const where of [undefined, this.#name]) await nft(where, 'delete', 'table', 'netdev', this.#table).catch(() => {});
  }

  get #table(): string {
    return this.#name.replaceAll('-', '_');
  }

  #of(cable: string): Cable {
    const found = this.#cables.get(cable);
    if (!found) throw new Error(`There is no cable ${cable}.`);
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.loseNothing();
    await ip('netns', 'del', this.#name).catch(() => {});
  }
}

/** Tables of ours in the network that everybody is in, whose makers were killed. */
async function dropLeftTables(): Promise<void> {
  const { stdout } = await run('nft', ['list', 'tables']).catch(() => ({ stdout: '' }));
  for (const [, table, pid] of stdout.matchAll(/^table netdev (parley_(\d+)_\w+)$/gm)) if (!existsSync(`/proc/${pid}`)) await nft(undefined, 'delete', 'table', 'netdev', table!);
}

async function layCable(namespace: string, id: string, host: number): Promise<Cable> {
  const net = `10.${128 + ((process.pid >> 8) & 127)}.${process.pid & 255}`;
  const cable = { outside: { device: `pv${process.pid}-${id}`.slice(0, 15), address: `${net}.${host + 1}` }, inside: { device: `eth${id}`, address: `${net}.${host + 2}` } };
  await ip('link', 'add', 'name', cable.outside.device, 'type', 'veth', 'peer', 'name', cable.inside.device, 'netns', namespace);
  await ip('addr', 'add', `${cable.outside.address}/30`, 'dev', cable.outside.device);
  await ip('link', 'set', cable.outside.device, 'up');
  await ip('-n', namespace, 'addr', 'add', `${cable.inside.address}/30`, 'dev', cable.inside.device);
  await ip('-n', namespace, 'link', 'set', cable.inside.device, 'up');
  return cable;
}

import assert from 'node:assert/strict';
import { assertExact, assertGapFree, judge, type Sent } from './checker.ts';
import type { Constellation } from './constellation.ts';
import { accepted } from './people.ts';
import { readLog } from './read-log.ts';
import { Reconnecting, sendKnown } from './reconnecting.ts';

/** A conversation that goes on while something is done to the system: one sends, one reads, both come back by themselves. */
export class Talk {
  readonly sends: Sent[] = [];
  readonly roomId: string;
  readonly #chat: Constellation;
  readonly #sender: Reconnecting;
  readonly #reader: Reconnecting;
  #isOver = false;
  readonly #talking: Promise<void>;

  private constructor(chat: Constellation, roomId: string, sender: Reconnecting, reader: Reconnecting) {
    this.#chat = chat;
    this.roomId = roomId;
    this.#sender = sender;
    this.#reader = reader;
    this.#talking = this.#talk();
  }

  /** `owner` owns the room; `name` names the one who reads. */
  static async start(chat: Constellation, owner: { token: string; userId: string }, roomId: string, name: string): Promise<Talk> {
    const [sender, reader] = [new Reconnecting(chat, owner), new Reconnecting(chat, await chat.signIn(name))];
    await accepted((await reader.socket()).send({ type: 'join-room', roomId }));
    return new Talk(chat, roomId, sender, reader);
  }

  get acknowledged(): number {
    return this.sends.filter(({ outcome }) => outcome === 'ok').length;
  }

  async #talk(): Promise<void> {
    for (let index = 0; !this.#isOver; index += 1) {
      await sendKnown(this.#sender, this.sends, this.roomId, index, 60_000);
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  }

  /** Ends it once more was acknowledged, and fails unless nothing was lost, doubled or reordered and the reader had no gap. Returns how long the recovery took, in ms. */
  async end(): Promise<number> {
    const begun = performance.now();
    const before = this.acknowledged;
    while (this.acknowledged === before && performance.now() - begun < 60_000) await new Promise((resolve) => setTimeout(resolve, 20));
    const tookMs = performance.now() - begun;
    this.#isOver = true;
    await this.#talking;
    const lastN = Math.max(...this.sends.map(({ n = 0 }) => n));
    const last = () => this.#reader.numbers.get(this.roomId)?.at(-1) ?? 0;
    for (const end = performance.now() + 30_000; last() < lastN && performance.now() < end;) {
      await this.#reader.socket().catch(() => {});
      this.#reader.collect();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal(last(), lastN, 'the reader never got the last event');
    assertGapFree(this.#reader.numbers.get(this.roomId)!, 'the reader');
    assert.equal(this.#reader.resets, 0, 'the reader had to load anew');
    assertExact(judge(this.sends, await readLog(this.#chat.servers.natsUrl)));
    this.#reader.close();
    this.#sender.close();
    return tookMs;
  }
}

import { styleText } from 'node:util';
import { archiveRoomId, importArchive } from './archive.ts';
import { startBots } from './demo/bots.ts';
import { closeCast, openCast } from './demo/cast.ts';
import { seedDemo } from './demo/stage.ts';
import type { StartOptions } from './options.ts';
import { replayDay } from './replay.ts';
import type { KeptState } from './state.ts';
import { step } from './steps.ts';

export type Talk = { stop(): Promise<void> };

export type TalkOptions = {
  readonly options: StartOptions;
  readonly state: KeptState;
  readonly gatewayUrl: string;
  /** Aborted when the launcher is asked to end. */
  readonly asked: AbortSignal;
};

/** Fills Parley with conversation: an archive when one is given, else the demo unless it is not wanted. */
export async function talk(context: TalkOptions): Promise<Talk> {
  const { options } = context;
  if (options.archive !== undefined) return talkFromArchive(context, options.archive);
  return options.demo ? talkAsDemo(context) : { stop: async () => {} };
}

function complain(line: string): void {
  process.stdout.write(`${styleText('yellow', '!')} ${line}\n`);
}

async function talkAsDemo({ state, gatewayUrl, asked }: TalkOptions): Promise<Talk> {
  const cast = await step('people of the demo', () => openCast(gatewayUrl));
  if (!state.isDone('demo')) {
    await step('rooms of the demo', (note) => seedDemo(cast, note, asked));
    if (!asked.aborted) await state.markDone('demo');
  }
  const bots = startBots(cast, complain);
  return {
    async stop() {
      await bots.stop();
      await closeCast(cast);
    },
  };
}

async function talkFromArchive({ options, state, gatewayUrl, asked }: TalkOptions, archive: string): Promise<Talk> {
  const day = await step('archive', (note) => importArchive({ archive, dir: state.dir, note, signal: asked }));
  if (day === undefined || asked.aborted) return { stop: async () => {} };
  process.stdout.write(`  Replaying ${day.name} in #${archiveRoomId} at ${options.speed}× (${day.lines.length - day.done} lines).\n`);
  return replayDay({ day, gatewayUrl, speed: options.speed, complain });
}

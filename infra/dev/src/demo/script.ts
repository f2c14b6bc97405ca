import type { PersonKey } from './people.ts';
import { people } from './people.ts';

/** One thing said in a demo conversation. */
export type Line = {
  readonly by: PersonKey;
  readonly text: string;
  /** Index, in the same conversation, of the line it answers. */
  readonly answers?: number;
  readonly reactions: readonly { readonly emoji: string; readonly by: PersonKey }[];
};

const SAID = /^(\w+)(?: > (\w+))?: (.+)$/;
const REACTED = /^\+ (\S+) ([\w, ]+)$/;

/**
 * Reads a conversation written like a play: `maya: text`, `maya > tom: text` (an answer to Tom's last line),
 * and below a line `+ 👍 tom, lena` for reactions to it. Empty lines are for the eye.
 * @throws when a line is neither, names nobody of the demo, or answers somebody who has not spoken.
 */
export function script(play: string): readonly Line[] {
  const lines: Line[] = [];
  for (const raw of play.split('\n').map((line) => line.trim()).filter((line) => line !== '')) {
    const reacted = REACTED.exec(raw);
    const last = lines.at(-1);
    if (reacted !== null && last !== undefined) {
      const [, emoji = '', names = ''] = reacted;
      lines[lines.length - 1] = { ...last, reactions: [...last.reactions, ...names.split(',').map((name) => ({ emoji, by: personKey(name.trim()) }))] };
      continue;
    }
    const said = SAID.exec(raw);
    if (said === null) throw new Error(`Not a line of a play: ${raw}`);
    const [, by = '', whom, text = ''] = said;
    lines.push({ by: personKey(by), text, reactions: [], ...(whom === undefined ? {} : { answers: lastLineOf(lines, personKey(whom)) }) });
  }
  return lines;
}

function personKey(name: string): PersonKey {
  if (!(name in people)) throw new Error(`Nobody in the demo is called ${name}.`);
  return name as PersonKey;
}

function lastLineOf(lines: readonly Line[], by: PersonKey): number {
  const index = lines.findLastIndex((line) => line.by === by);
  if (index === -1) throw new Error(`${by} has said nothing yet.`);
  return index;
}

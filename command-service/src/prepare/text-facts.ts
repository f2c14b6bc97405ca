import { UserId } from '@parley/contracts/ids';
import { mentionsMax } from '@parley/contracts/messages/limits';
import type { TextFacts } from '../rooms/prepared.ts';

const LINK = /\bhttps?:\/\/[^\s<>]/i;
/** A mention is written `<@id>`: names change, ids do not. */
const MENTION = /<@([0-9a-f-]{36})>/g;

/** What rows need to know of a text. Taken now, since the text may be erased later. At most 50 mentions count. */
export function factsOf(text: string): TextFacts {
  return { hasLink: LINK.test(text), mentions: text.includes('<@') ? mentionsIn(text) : [] };
}

function mentionsIn(text: string): readonly UserId[] {
  const found = new Set<UserId>();
  for (const [, id] of text.matchAll(MENTION)) {
    const parsed = UserId.safeParse(id);
    if (parsed.success) found.add(parsed.data);
    if (found.size === mentionsMax) break;
  }
  return [...found];
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '@parley/dev/paths';
import { Constellation } from '@parley/tests/harness/constellation';
import { parley } from '@parley/tests/harness/parley';
import { accepted, join as joins, type Person, person, post } from '@parley/tests/harness/people';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** Goal: nothing on the page of recipes can rot. Every command is run, and what is printed is compared with the page. */
const page = readFileSync(join(ROOT, 'infra', 'docs', 'recipes.md'), 'utf8');

type Recipe = { readonly title: string; readonly commands: readonly { readonly line: string; readonly code: number }[]; readonly output: readonly string[] };

const recipes: readonly Recipe[] = page.split(/^### /m).slice(1).map((text) => {
  const block = (language: string): string[] => new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'ms').exec(text)?.[1]?.split('\n').filter((line) => line.trim() !== '') ?? [];
  const commands = block('sh').map((line) => {
    const [command = '', comment = ''] = line.split(/\s+# /);
    return { line: command, code: Number(/ends with (\d+)/.exec(comment)?.[1] ?? 0) };
  });
  return { title: text.split('\n')[0] ?? '', commands, output: block('text') };
});

let chat: Constellation;
let variables: Record<string, string>;
beforeAll(async () => {
  chat = await Constellation.start();
  const people = await Promise.all(['Ann', 'Kim', 'Lee', 'Mina'].map((name) => person(chat, name)));
  const [ann, kim, lee, mina] = people as [Person, Person, Person, Person];
  const roomId = 'kitchen';
  const send = (who: Person, command: Record<string, unknown>) => accepted(who.socket.send({ roomId, ...command }));
  const targetOf = ({ messageId, n, seq }: { messageId: string; n: number; seq: number }) => ({ messageId, n, seq });
  await send(ann, { type: 'create-room', kind: 'public', name: 'Kitchen', history: 'all', members: [] });
  await joins(kim, roomId);
  await joins(lee, roomId);
  const welcome = await post(ann, roomId, 'welcome to the kitchen');
  const leak = await post(kim, roomId, 'the password is hunter2');
  await send(lee, { type: 'mark-read', n: leak.n });
  await send(lee, { type: 'react', target: targetOf(welcome), emoji: '👍' });
  await send(ann, { type: 'rename-room', name: 'Lab' });
  await joins(mina, roomId);
  await send(kim, { type: 'redact-message', target: targetOf(leak) });
  const lunch = await post(ann, roomId, 'lunch at noon');
  await send(ann, { type: 'edit-message', target: targetOf(lunch), text: 'lunch at one' });
  await send(kim, { type: 'mark-read', n: lunch.n });
  await send(ann, { type: 'pin-message', target: targetOf(lunch) });
  await send(ann, { type: 'change-member-role', userId: kim.userId, role: 'moderator' });
  await send(lee, { type: 'leave-room' });
  await post(ann, roomId, 'who is hungry?');
  await post(mina, roomId, 'me');
  for (const { socket } of people) socket.close();
  await chat.settled();
  variables = { ANN: ann.userId, KIM: kim.userId, LEE: lee.userId, MINA: mina.userId, LEAK: leak.messageId, NATS_URL: chat.servers.natsUrl };
}, 180_000);
afterAll(() => chat?.stop());

const substituted = (text: string): string => Object.entries(variables).reduce((so, [name, value]) => so.replaceAll(`$${name}`, value), text).replaceAll('/tmp/', `${chat.servers.dir}/`);
const words = (line: string): string[] => (line.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ''));

/** A line of the page as a pattern: runs of spaces are one, `…` is anything. */
const patternOf = (line: string): RegExp => new RegExp(`^${line.trim().split(/\s*…\s*/).map((piece) => piece.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/\s+/g, ' ')).join('.*')}$`);

describe('the recipe', () => {
  test.each(recipes.map((recipe) => [recipe.title, recipe] as const))('%s', async (_title, { commands, output }) => {
    expect(commands.length).toBeGreaterThan(0);
    const printed: string[] = [];
    for (const { line, code } of commands) {
      const [program, ...args] = words(line).map(substituted);
      expect(program).toBe('parley');
      const ended = await parley(chat, args);
      expect({ line, code: ended.code, stderr: ended.code === code ? '' : ended.stderr }).toEqual({ line, code, stderr: '' });
      printed.push(...ended.stdout.split('\n').map((text) => text.trim().replaceAll(/\s+/g, ' ')));
    }
    let from = 0;
    for (const line of output) {
      const at = printed.findIndex((text, index) => index >= from && patternOf(substituted(line)).test(text));
      expect(at, `"${line}" is not in\n${printed.join('\n')}`).toBeGreaterThanOrEqual(from);
      from = at + 1;
    }
  }, 180_000);
});

test('there are some twenty', () => expect(recipes.length).toBeGreaterThanOrEqual(20));

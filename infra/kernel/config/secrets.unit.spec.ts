import { expect, test } from 'vitest';
import { makeSecrets, rotatedSigningKeys } from './secrets.ts';

const kids = (text: string): string[] => (JSON.parse(text) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);

test('no two deployments share a secret', () => {
  const [one, other] = [makeSecrets(), makeSecrets()];
  for (const name of Object.keys(one) as (keyof typeof one)[]) expect(one[name]).not.toBe(other[name]);
  expect(Buffer.from(one.PARLEY_KEK, 'base64url')).toHaveLength(32);
});

test('whoever knew the set of before a rotation knows the key that signs after it, and what was signed before is believed', () => {
  let set = makeSecrets().PARLEY_SIGNING_KEYS;
  for (let round = 0; round < 4; round += 1) {
    const after = rotatedSigningKeys(set);
    expect(kids(set)).toContain(kids(after)[0]);
    expect(kids(after)).toContain(kids(set)[0]);
    expect(kids(after)[0]).not.toBe(kids(set)[0]);
    expect(kids(after)).toHaveLength(3);
    set = after;
  }
});

test('a key that is alone goes on signing until the others know the next', () => {
  const [first] = (JSON.parse(makeSecrets().PARLEY_SIGNING_KEYS) as { keys: { kid: string }[] }).keys;
  const alone = JSON.stringify({ keys: [first] });
  expect(kids(rotatedSigningKeys(alone))).toEqual([first?.kid, expect.any(String)]);
  expect(kids(rotatedSigningKeys(rotatedSigningKeys(alone)))[1]).not.toBe(first?.kid);
});

test.each(['', '{}', '{"keys":[]}', '[]'])('%j is no set of keys', (text) => expect(() => rotatedSigningKeys(text)).toThrow());

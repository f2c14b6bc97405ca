import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeState, encodeState } from './state-codec.ts';

const states = fc.letrec((tie) => ({
  state: fc.oneof(
    { depthSize: 'small' }, fc.string(), fc.integer(), fc.boolean(), fc.constant(null),
    fc.array(tie('state')), fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('$map', '$set', '$object', '__proto__')), tie('state'), { noNullPrototype: true }),
    fc.array(fc.tuple(fc.string(), tie('state'))).map((entries) => new Map(entries)), fc.array(fc.string()).map((items) => new Set(items)),
  ),
})).state;

test('states with Map and Set read back equal, and no content passes for a tag', () =>
  fc.assert(fc.property(states, (state) => {
    expect(decodeState(encodeState(state))).toEqual(state);
    expect(encodeState(decodeState(encodeState(state)))).toBe(encodeState(state));
  })));
test('what is no plain state is refused', () => {
  for (const state of [1n, () => 1, new Date(), { at: new URL('http://a') }]) expect(() => encodeState(state)).toThrow(TypeError);
});

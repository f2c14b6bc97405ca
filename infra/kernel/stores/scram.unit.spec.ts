import { expect, test } from 'vitest';
import { scramVerifier } from './scram.ts';

test('the verifier is made of salt and two keys, and no password is in it', () => {
  const verifier = scramVerifier('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'));
  // Keys of the example in RFC 7677 §3: the server's signature there is made with this server key.
  expect(verifier).toBe('SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=');
  expect(scramVerifier('pencil')).not.toBe(scramVerifier('pencil'));
});

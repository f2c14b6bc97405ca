import * as contract from '@parley/contracts/users/events';
import { expect, it } from 'vitest';
import { userNameCharsMax, userStatusCharsMax } from './limits.ts';

it('says the limits of the contracts', () => {
  expect([userNameCharsMax, userStatusCharsMax]).toEqual([contract.userNameCharsMax, contract.userStatusCharsMax]);
});

import { describe, expect, test } from 'vitest';
import { secretBytes, scopesPerCallMax, type Vault } from './vault.ts';

/** What every vault does. `vault` is asked for in each test; scopes of different tests do not meet. */
export function vaultContract(name: string, vault: () => Vault): void {
  describe(`${name} is a vault`, () => {
    keepsSecrets(vault);
    destroysSecrets(vault);
    boundsCalls(vault);
  });
}

let count = 0;
const person = (): string => `person:contract-${(count += 1)}`;

function keepsSecrets(vault: () => Vault): void {
  test('makes a secret once, and gives the same one for ever', async () => {
    const scope = person();
    const first = (await vault().getOrCreate([scope])).get(scope) as Uint8Array;
    expect(first).toHaveLength(secretBytes);
    expect((await vault().getOrCreate([scope])).get(scope)).toEqual(first);
    expect((await vault().get([scope])).get(scope)).toEqual(first);
  });

  test('gives different scopes different secrets', async () => {
    const scopes = [person(), person(), 'pepper', 'room:r', 'room:r:202601'];
    const secrets = [...(await vault().getOrCreate(scopes)).values()].map((secret) => Buffer.from(secret as Uint8Array).toString('hex'));
    expect(new Set(secrets).size).toBe(scopes.length);
  });

  test('has nothing for a scope it never made', async () => {
    expect((await vault().get([person()])).size).toBe(0);
    expect((await vault().get([])).size).toBe(0);
  });

  test('many callers that make one scope at once get one secret', async () => {
    const scopes = [person(), person(), person()];
    const answers = await Promise.all(Array.from({ length: 12 }, (_, index) => vault().getOrCreate(index % 2 === 0 ? scopes : scopes.toReversed())));
    for (const scope of scopes) expect(new Set(answers.map((each) => Buffer.from(each.get(scope) as Uint8Array).toString('hex'))).size).toBe(1);
  });
}

function destroysSecrets(vault: () => Vault): void {
  test('forgets a destroyed secret for ever', async () => {
    const scope = person();
    await vault().getOrCreate([scope]);
    await vault().destroy(scope, 'the person asked for it');
    expect((await vault().get([scope])).get(scope)).toBe('erased');
    expect((await vault().getOrCreate([scope])).get(scope)).toBe('erased');
    await vault().destroy(scope, 'again');
    expect((await vault().get([scope])).get(scope)).toBe('erased');
  });

  test('destroys what it never had: nothing can be sealed under it afterwards', async () => {
    const scope = person();
    await vault().destroy(scope, 'from the ledger, after a restore');
    expect((await vault().getOrCreate([scope])).get(scope)).toBe('erased');
  });

  test('a destroyed room takes its months along, past and future, and nobody else', async () => {
    const others = ['room:gone_x', 'room:gone_x:202601', 'room:gone-x:202601', 'room:gone_xy:202601'];
    await vault().getOrCreate(['room:gone-x', 'room:gone-x:202512', ...others]);
    await vault().destroy('room:gone_x', 'room deleted');
    const after = await vault().getOrCreate(['room:gone_x', 'room:gone_x:202601', 'room:gone_x:202602', 'room:gone-x:202601', 'room:gone_xy:202601']);
    expect(['room:gone_x', 'room:gone_x:202601', 'room:gone_x:202602'].map((scope) => after.get(scope))).toEqual(['erased', 'erased', 'erased']);
    expect(after.get('room:gone-x:202601')).toHaveLength(secretBytes);
    expect(after.get('room:gone_xy:202601')).toHaveLength(secretBytes);
  });

  test('a destroyed month leaves the rest of the room', async () => {
    await vault().getOrCreate(['room:month', 'room:month:202601', 'room:month:202602']);
    await vault().destroy('room:month:202601', 'retention');
    const after = await vault().get(['room:month', 'room:month:202601', 'room:month:202602']);
    expect(after.get('room:month:202601')).toBe('erased');
    expect(after.get('room:month:202602')).toHaveLength(secretBytes);
    expect(after.get('room:month')).toHaveLength(secretBytes);
  });
}

function boundsCalls(vault: () => Vault): void {
  test('takes 500 scopes in a call and refuses more, or what is no scope', async () => {
    const scopes = Array.from({ length: scopesPerCallMax }, (_, index) => `person:bulk-${index}`);
    expect((await vault().getOrCreate(scopes)).size).toBe(scopesPerCallMax);
    expect((await vault().get([...scopes])).size).toBe(scopesPerCallMax);
    await expect(vault().get([...scopes, 'pepper'])).rejects.toThrow(RangeError);
    await expect(vault().getOrCreate(["person:'; drop table"])).rejects.toThrow(RangeError);
    await expect(vault().destroy('everything', 'no')).rejects.toThrow(RangeError);
  });
}

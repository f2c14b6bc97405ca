import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Postgres, startPostgres } from '@parley/dev/servers/postgres';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AeadFailure } from '../sealing/aead.ts';
import { openVault } from './postgres-vault.ts';
import { vaultContract } from './vault-contract.ts';
import { type Vault, VaultUnavailable } from './vault.ts';

const kek = randomBytes(32);
let dir: string;
let server: Postgres;
let vault: Vault;
let admin: postgres.Sql;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-pf-vault-'));
  server = await startPostgres({ dir, fsync: false });
  vault = openVault({ url: server.vaultUrl, kek: kek.toString('base64url'), role: 'spec' });
  admin = postgres(server.vaultUrl, { max: 1, onnotice: () => {} });
});
afterAll(async () => {
  await vault[Symbol.asyncDispose]();
  await admin.end();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

vaultContract('PostgreSQL', () => vault);

describe('the vault in PostgreSQL', () => {
  test('several processes that find no schema migrate it once', async () => {
    await admin.unsafe('create database other_vault');
    const url = server.urlOf('other_vault');
    const vaults = Array.from({ length: 4 }, (_, index) => openVault({ url, kek, role: `racer-${index}` }));
    const answers = await Promise.all(vaults.map((each) => each.getOrCreate(['pepper'])));
    expect(new Set(answers.map((each) => Buffer.from(each.get('pepper') as Uint8Array).toString('hex'))).size).toBe(1);
    await Promise.all(vaults.map((each) => each[Symbol.asyncDispose]()));
  });

  test('keeps secrets wrapped, and a destroyed one not at all', async () => {
    const secret = (await vault.getOrCreate(['person:wrapped'])).get('person:wrapped') as Uint8Array;
    const [row] = await admin`select wrapped from vault.secret where scope = 'person:wrapped'`;
    expect((row?.['wrapped'] as Buffer | undefined)?.includes(Buffer.from(secret))).toBe(false);
    await vault.destroy('person:wrapped', 'asked');
    const [after] = await admin`select wrapped, destroyed_reason from vault.secret where scope = 'person:wrapped'`;
    expect(after).toEqual({ wrapped: null, destroyed_reason: 'asked' });
  });

  test('refuses another key-encryption key instead of guessing', async () => {
    await vault.getOrCreate(['person:kek']);
    await using other = openVault({ url: server.vaultUrl, kek: randomBytes(32), role: 'other' });
    await expect(other.get(['person:kek'])).rejects.toThrow(AeadFailure);
  });

  test('counts calls and scopes by role, application and minute', async () => {
    await using audited = openVault({ url: server.vaultUrl, kek, role: 'audited' });
    await audited.getOrCreate(['person:a', 'person:b']);
    await audited.get(['person:a', 'person:b', 'person:c']);
    await audited.get(['person:a']);
    const rows = await admin`select call, sum(calls)::int as calls, sum(scopes)::int as scopes from vault.audit where application = 'vault:audited' group by call order by call`;
    expect([...rows]).toEqual([{ call: 'get', calls: 2, scopes: 4 }, { call: 'get_or_create', calls: 1, scopes: 2 }]);
  });

  test('a service with a role of its own reads through the functions and nothing else', async () => {
    await admin.unsafe(`create role gateway_login login password 'p' in role parley_vault_read`);
    const url = new URL(server.vaultUrl);
    url.username = 'gateway_login';
    url.password = 'p';
    await vault.getOrCreate(['person:read']);
    await using reader = openVault({ url: url.href, kek, role: 'gateway' });
    expect((await reader.get(['person:read'])).size).toBe(1);
    await expect(reader.getOrCreate(['person:new'])).rejects.toThrow(/permission denied/);
    await expect(reader.destroy('person:read', 'mischief')).rejects.toThrow(/permission denied/);
    const direct = postgres(url.href, { max: 1 });
    await expect(direct`select * from vault.secret`).rejects.toThrow(/permission denied/);
    await direct.end();
  });

  test('a service with a role of its own makes secrets with its very first call', async () => {
    await admin.unsafe(`create role command_login login password 'p' in role parley_vault_write`);
    const url = new URL(server.vaultUrl);
    url.username = 'command_login';
    url.password = 'p';
    await using writer = openVault({ url: url.href, kek, role: 'command-service' });
    const made = await writer.getOrCreate(['person:first', 'person:second']);
    expect([...made.values()].map((secret) => secret.length)).toEqual([32, 32]);
    expect(await vault.get(['person:second', 'person:first'])).toEqual(made);
  });

  test('a role that asks for too much in a minute is refused, and only that role', async () => {
    await admin.unsafe(`create role greedy login password 'p' in role parley_vault_read`);
    await admin`insert into vault.quota (role, scopes_per_minute) values ('greedy', 10)`;
    const url = new URL(server.vaultUrl);
    url.username = 'greedy';
    url.password = 'p';
    await using greedy = openVault({ url: url.href, kek, role: 'greedy' });
    const scopes = Array.from({ length: 11 }, (_, index) => `person:g${index}`);
    await expect(greedy.get(scopes)).rejects.toThrow(VaultUnavailable);
    expect((await vault.get(scopes)).size).toBe(0);
  });

  test('a secret waits for the disk, a look does not', async () => {
    const [made, looked] = await Promise.all([
      admin.begin(async (sql) => {
        await sql`select * from vault.get_or_create(array['person:sync'], array[${randomBytes(73)}::bytea])`;
        return sql`show synchronous_commit`;
      }),
      admin.begin(async (sql) => {
        await sql`select * from vault.get(array['person:sync'])`;
        return sql`show synchronous_commit`;
      }),
    ]);
    expect([made[0]?.['synchronous_commit'], looked[0]?.['synchronous_commit']]).toEqual(['on', 'off']);
  });

  test('says within its time that it cannot be asked, and works again afterwards', async () => {
    await using fragile = openVault({ url: server.vaultUrl, kek, role: 'fragile' });
    await fragile.getOrCreate(['person:fragile']);
    await admin.begin(async (sql) => {
      await sql`lock table vault.secret in access exclusive mode`;
      const since = performance.now();
      await expect(fragile.get(['person:fragile'])).rejects.toThrow(VaultUnavailable);
      expect(performance.now() - since).toBeLessThan(3_000);
    });
    await server.kill('SIGKILL');
    await expect(fragile.get(['person:fragile'])).rejects.toThrow(VaultUnavailable);
    await server.restart();
    expect((await fragile.get(['person:fragile'])).size).toBe(1);
  });
});

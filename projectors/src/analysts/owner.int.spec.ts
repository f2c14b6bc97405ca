import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrationFolders } from '@parley/dev/servers-up';
import { migrate } from '@parley/kernel/stores/migrate';
import type { Sql } from '@parley/kernel/stores/postgres';
import { startServers, type Servers } from '@parley/tests/harness/servers';

/** Goal: where the database's owner is no superuser, as with most who rent one, analysts are known and nobody else is taken for one. */
let servers: Servers;
let owner: Sql;
let ownerUrl: string;

beforeAll(async () => {
  servers = await startServers({ redis: false, prepared: false });
  const admin = postgres(servers.postgres.databaseUrl, { max: 1, onnotice: () => {} });
  await admin.unsafe(`create extension if not exists pg_trgm; create role renter login createrole password 'secret-of-renter'`);
  await admin.unsafe('create database rented owner renter');
  await admin.end();
  const url = Object.assign(new URL(servers.postgres.urlOf('rented')), { username: 'renter', password: 'secret-of-renter' });
  ownerUrl = url.href;
  await migrate(ownerUrl, migrationFolders.read);
  owner = postgres(ownerUrl, { max: 2, onnotice: () => {} }) as unknown as Sql;
}, 60_000);
afterAll(async () => {
  await owner?.end();
  await servers?.stop();
});

test('who made the roles of analysts is none', async () => {
  await owner`select ops.create_analyst('ada', 'secret-of-ada'), ops.create_analyst('tom', 'secret-of-tom', with_text => true)`;
  const admin = postgres(servers.postgres.urlOf('rented'), { max: 1, onnotice: () => {} });
  // Who gives itself what it may give away; and an analyst who may have others join.
  await admin.unsafe(`set role renter; set createrole_self_grant = 'set, inherit'; grant parley_analyst to renter with inherit true; reset role`);
  await admin.unsafe(`create role lead login; grant parley_analyst to lead with admin option`);
  await admin.end();
  expect(await owner`select name, with_text from ops.analyst where name <> 'lead' order by name`).toEqual([{ name: 'ada', with_text: false }, { name: 'tom', with_text: true }]);
  expect(await owner`select name from ops.analyst where name = 'lead'`).toHaveLength(1);
});

test('long work of the owner goes on', async () => {
  const work = owner`select 'finished' as how from pg_sleep(1.5)`.then((rows) => [...rows], (error: Error) => error.message);
  const ended: number[] = [];
  const deadline = performance.now() + 1_200;
  while (performance.now() < deadline) ended.push((await owner<[{ ended: number }]>`select ops.end_long_analyses(0.2) as ended`)[0].ended);
  expect(await work).toEqual([{ how: 'finished' }]);
  expect(Math.max(...ended)).toBe(0);
});

test('a role that is no analyst is not made one by its name', async () => {
  await expect(owner`select ops.create_analyst('renter', 'x')`).rejects.toThrow(/there is a role renter that is no analyst/);
});

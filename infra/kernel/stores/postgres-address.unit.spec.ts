import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { addressWith, postgresAddress, postgresUrl } from './postgres-address.ts';

const dir = mkdtempSync(join(tmpdir(), 'parley-address-'));
const root = join(dir, 'root.pem');
writeFileSync(root, 'a certificate');
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const at = 'postgres://ann:p%40ss@db.example:5433/parley';

describe('TLS, as libpq means it', () => {
  test.each([
    ['an address that says nothing', '', undefined],
    ['none', '?sslmode=disable', false],
    ['where the server has it', '?sslmode=prefer', 'prefer'],
    ['of whoever answers', '?sslmode=require', 'require'],
    ['of who has a certificate that the system trusts', '?sslmode=verify-full', {}],
    ['the same, said with the system’s own', '?sslrootcert=system', {}],
    ['of who has a certificate of ours', `?sslmode=verify-full&sslrootcert=${root}`, { ca: 'a certificate' }],
    ['a certificate of ours goes without saying the mode', `?sslrootcert=${root}`, { ca: 'a certificate' }],
    ['of whoever has one of ours, whatever their name', `?sslmode=verify-ca&sslrootcert=${root}`, { ca: 'a certificate', checkServerIdentity: expect.any(Function) }],
    ['the same, by the rule for old settings', `?sslmode=require&sslrootcert=${root}`, { ca: 'a certificate', checkServerIdentity: expect.any(Function) }],
    ['with a certificate of one’s own', `?sslmode=require&sslcert=${root}&sslkey=${root}`, { cert: 'a certificate', key: 'a certificate', rejectUnauthorized: false }],
  ])('%s', (_, params, ssl) => expect(postgresAddress(`${at}${params}`)).toEqual({ url: at, ...(ssl !== undefined && { ssl }) }));

  test.each(['127.0.0.1:5433', '[::1]:5433', '10.0.0.7'])('a server that is named by its number %s is looked for under it', (host) =>
    expect(postgresAddress(`postgres://ann@${host}/parley?sslmode=verify-full`).ssl).toEqual({ host: host.replace(/:\d*$/, '').replace(/[[\]]/g, '') }));
});

test('what only libpq understands is not told to the server, which would refuse it; what the server understands is', () => {
  expect(postgresAddress(`${at}?channel_binding=prefer&gssencmode=disable&options=-csearch_path%3Drm&keepalives=1&target_session_attrs=primary`).url).toBe(`${at}?options=-csearch_path%3Drm&target_session_attrs=primary`);
  expect(postgresAddress('postgres://a:5432,b:5433/parley?sslmode=require')).toEqual({ url: 'postgres://a:5432,b:5433/parley', ssl: 'require' });
});

describe('a server', () => {
  test.each([
    ['of IPv6', 'ann:p%40ss@[::1]:5433/parley', { host: ['::1'], port: [5433] }],
    ['of IPv6 at the usual port', 'ann:p%40ss@[fd00::7]/parley', { host: ['fd00::7'], port: [5432] }],
    ['of several', 'ann:p%40ss@[fd00::7]:5433,db.example/parley', { host: ['fd00::7', 'db.example'], port: [5433, 5432] }],
    ['named behind the question mark', 'ann:p%40ss@/parley?host=a,b&port=5433', { host: ['a', 'b'], port: [5433, 5433] }],
    ['at a port named there', 'ann:p%40ss@db.example/parley?port=5433', { host: ['db.example'], port: [5433] }],
    ['behind a socket', 'ann:p%40ss@/parley?host=/run/postgresql', { path: '/run/postgresql/.s.PGSQL.5432', ssl: false }],
    ['behind a socket in place of a host', 'ann:p%40ss@%2Frun%2Fpostgresql:5433/parley', { path: '/run/postgresql/.s.PGSQL.5433', ssl: false }],
    ['behind a socket, whatever is said of TLS', 'ann:p%40ss@/parley?host=/run/postgresql&sslmode=verify-full', { path: '/run/postgresql/.s.PGSQL.5432', ssl: false }],
  ])('%s', (_, rest, place) => expect(postgresAddress(`postgres://${rest}`)).toEqual({ url: 'postgres://ann:p%40ss@host/parley', ...place }));

  test('that is sought by its number in a list is looked for under it', () =>
    expect(postgresAddress('postgres://ann@[::1]:5433/parley?sslmode=verify-full').ssl).toEqual({ host: '::1' }));
});

test.each([
  ['no address', 'db.example/parley', /begins with postgres:/],
  ['a port that is none', 'postgres://ann:p%40ss@db.example,127.0.0.1:99999/parley', /begins with postgres:/],
  ['a word for a mode', `${at}?sslmode=on`, /sslmode must be one of disable/],
  ['a file that is not there', `${at}?sslrootcert=/nowhere.pem`, /sslrootcert: .*\/nowhere\.pem/],
  ['a wish that cannot be kept', `${at}?channel_binding=require`, /channel_binding=require is not supported: leave it out/],
  ['a port by the word', 'postgres://ann:p%40ss@/parley?host=a&port=many', /port must be a number/],
  ['a socket beside others', 'postgres://ann:p%40ss@/parley?host=/run,b', /stands alone/],
  ['a password at the end', 'postgres://db.example/parley?user=ann&password=p%40ss', /postgres:\/\/user:password@host:port\/database/],
  ['a list of what is revoked', `${at}?sslcrl=${root}`, /sslcrl/],
])('%s is refused, and no password is said', (_, text, expected) => {
  const { error } = postgresUrl.safeParse(text);
  expect(error?.issues[0]?.message).toMatch(expected);
  expect(error?.message).not.toContain('p%40ss');
});

test('another database, or another role, of the same server', () => {
  expect(addressWith(`${at}?sslmode=require`, { database: 'scratch' })).toBe('postgres://ann:p%40ss@db.example:5433/scratch?sslmode=require');
  expect(addressWith('postgresql://a:1,b:2/parley', { user: 'kim', password: 'a/b' })).toBe('postgresql://kim:a%2Fb@a:1,b:2/parley');
});

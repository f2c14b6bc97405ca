import { createHmac } from 'node:crypto';
import { type Command, InvalidArgumentError } from 'commander';
import { UserId } from '@parley/contracts/ids';
import type { Run } from '../commands.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { need } from '../settings.ts';
import { positive } from './import.ts';

const secondsMax = 600;

export function tokenCommand(program: Command, run: Run): void {
  program
    .command('token')
    .description('make a short-lived token with which the query-service can be asked directly, for debugging')
    .argument('[userId]', 'in whose name to ask; the system if left out', personId)
    .option('--seconds <n>', `how long it lives, at most ${secondsMax}`, positive, 60)
    .addHelpText('after', '\nExample:\n  curl -H "authorization: Bearer $(parley token 0190a3b0-1111-7000-8000-000000000001)" http://127.0.0.1:PORT/v1/me/rooms')
    .action(run(async ({ output, settings }, userId: string | undefined, { seconds }: { seconds: number }) => {
      if (seconds > secondsMax) throw new CliError(exitCodes.usage, `A token lives ${secondsMax} s at most.`);
      const token = internalToken(Buffer.from(need(settings, 'PARLEY_INTERNAL_KEY'), 'base64url'), userId ?? 'system', userId === undefined ? 'system' : 'user', seconds, Date.now());
      output.answer({ token, seconds }, () => token);
    }));
}

function personId(text: string): string {
  if (!UserId.safeParse(text).success) throw new InvalidArgumentError('must be a person’s id.');
  return text;
}

/** A JWT (RFC 7519) signed with HMAC-SHA-256, as gateways make them for the query-service. */
export function internalToken(key: Uint8Array, sub: string, kind: string, seconds: number, nowMs: number): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const iat = Math.floor(nowMs / 1_000);
  const body = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ kind, sub, iss: 'parley-gateway', aud: 'parley-query', iat, exp: iat + seconds })}`;
  return `${body}.${createHmac('sha256', key).update(body).digest('base64url')}`;
}

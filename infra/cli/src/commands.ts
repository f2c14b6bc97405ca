import type { Command } from 'commander';
import { analystsCommand } from './commands/analysts.ts';
import { benchCommand } from './commands/bench.ts';
import { completionCommand } from './commands/completion.ts';
import { doctorCommand } from './commands/doctor.ts';
import { eraseCommand } from './commands/erase.ts';
import { explainCommand } from './commands/explain.ts';
import { exportCommand } from './commands/export.ts';
import { headCommand } from './commands/head.ts';
import { importCommand } from './commands/import.ts';
import { lagCommand } from './commands/lag.ts';
import { logCommand } from './commands/log.ts';
import { parkedCommand } from './commands/parked.ts';
import { replayCommand } from './commands/replay.ts';
import { roomCommand } from './commands/room.ts';
import { rebuildCommand } from './commands/rebuild.ts';
import { searchCommand } from './commands/search.ts';
import { tokenCommand } from './commands/token.ts';
import { verifyCommand } from './commands/verify.ts';
import { whoCouldSeeCommand } from './commands/who-could-see.ts';
import type { Context } from './context.ts';

/** Wraps a command's work: it gets a context, which is closed after it; errors become one line and an exit code. */
export type Run = <A extends unknown[]>(work: (context: Context, ...args: A) => Promise<void>) => (...args: A) => Promise<void>;

/** Every command, in the order of the help. */
export const commands: Readonly<Record<string, (program: Command, run: Run) => void>> = {
  import: importCommand,
  export: exportCommand,
  log: logCommand,
  room: roomCommand,
  'who-could-see': whoCouldSeeCommand,
  explain: explainCommand,
  replay: replayCommand,
  verify: verifyCommand,
  head: headCommand,
  search: searchCommand,
  parked: parkedCommand,
  lag: lagCommand,
  rebuild: rebuildCommand,
  erase: eraseCommand,
  analysts: analystsCommand,
  doctor: doctorCommand,
  bench: benchCommand,
  token: tokenCommand,
  completion: completionCommand,
};

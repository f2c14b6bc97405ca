import type { Command } from 'commander';
import type { Context } from './context.ts';

/** Wraps a command's work: it gets a context, which is closed after it; errors become one line and an exit code. */
export type Run = <A extends unknown[]>(work: (context: Context, ...args: A) => Promise<void>) => (...args: A) => Promise<void>;

type Add = (program: Command, run: Run) => void;

/** Every command, in the order of the help. One is loaded when it is asked for: all of them together are half of Parley. */
export const commands: Readonly<Record<string, () => Promise<Add>>> = {
  import: async () => (await import('./commands/import.ts')).importCommand,
  export: async () => (await import('./commands/export.ts')).exportCommand,
  log: async () => (await import('./commands/log.ts')).logCommand,
  room: async () => (await import('./commands/room.ts')).roomCommand,
  'who-could-see': async () => (await import('./commands/who-could-see.ts')).whoCouldSeeCommand,
  explain: async () => (await import('./commands/explain.ts')).explainCommand,
  replay: async () => (await import('./commands/replay.ts')).replayCommand,
  verify: async () => (await import('./commands/verify.ts')).verifyCommand,
  head: async () => (await import('./commands/head.ts')).headCommand,
  search: async () => (await import('./commands/search.ts')).searchCommand,
  parked: async () => (await import('./commands/parked.ts')).parkedCommand,
  lag: async () => (await import('./commands/lag.ts')).lagCommand,
  rebuild: async () => (await import('./commands/rebuild.ts')).rebuildCommand,
  erase: async () => (await import('./commands/erase.ts')).eraseCommand,
  analysts: async () => (await import('./commands/analysts.ts')).analystsCommand,
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand,
  bench: async () => (await import('./commands/bench.ts')).benchCommand,
  token: async () => (await import('./commands/token.ts')).tokenCommand,
  secrets: async () => (await import('./commands/secrets.ts')).secretsCommand,
  completion: async () => (await import('./commands/completion.ts')).completionCommand,
};

import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A forked program of the bench that is told what to do and answers, one order at a time. */
export type Helper = { readonly pid: number; readonly ready: Record<string, unknown>; ask<T>(order: object, answerMsMax?: number): Promise<T>; stop(): void };

export async function startHelper(file: string, execArgv: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<Helper> {
  const child: ChildProcess = fork(fileURLToPath(new URL(file, import.meta.url)), [], { execArgv: ['--conditions=parley-source', '--expose-gc', ...execArgv], env: { ...process.env, ...env }, stdio: ['ignore', 'inherit', 'inherit', 'ipc'], serialization: 'advanced' });
  const answer = <T>(msMax: number) => new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${file} did not answer within ${msMax} ms`)), msMax);
    child.once('message', (message) => {
      clearTimeout(timer);
      resolve(message as T);
    });
  });
  const ready = await answer<Record<string, unknown>>(20_000);
  return {
    pid: child.pid ?? 0,
    ready,
    ask: (order, answerMsMax = 120_000) => {
      const answered = answer<never>(answerMsMax);
      child.send(order);
      return answered;
    },
    stop: () => void child.kill('SIGKILL'),
  };
}

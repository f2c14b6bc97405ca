// Run by the files in bin under Node 24, from source, before anything is installed: only `node:` imports here and below.
import { bringDependencies, buildAll } from './build.ts';
import { ROOT } from './paths.ts';
import { fetchEarly } from './servers/fetch-early.ts';
import { printFailure } from './steps.ts';

type Program = { readonly main: (args: readonly string[], fetched?: Promise<void>) => Promise<number> };

const [mode = 'start', ...args] = process.argv.slice(2);

process.chdir(ROOT);
// The launcher ends in order on Ctrl-C; until it runs there is nothing to end but this process and npm's.
const leave = (): void => {
  process.stdout.write('\n');
  process.exit(130);
};
process.on('SIGINT', leave);
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));

try {
  // A whole run of the tests needs every server: they come while npm lays dependencies and sources are compiled.
  const fetched = mode === 'test' && args.length === 0 ? fetchEarly() : undefined;
  await bringDependencies();
  if (mode !== 'check') await buildAll();
  const program = (await import(new URL(mode === 'check' ? './check.ts' : `../dist/${mode}.js`, import.meta.url).href)) as Program;
  process.off('SIGINT', leave);
  process.exit(await program.main(args, fetched));
} catch (error) {
  printFailure(error);
  if (mode === 'test') process.stdout.write('0 passed, 1 failed\n');
  process.exit(1);
}

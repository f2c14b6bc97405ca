import { runUnderNode24 } from './node24.mjs';

await runUnderNode24('src/prepare.ts', ['test', ...process.argv.slice(2)]);

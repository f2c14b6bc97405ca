#!/usr/bin/env node
// Runs on whatever Node there is: hands over to Node 24, and from sources where nothing was built.
import { runUnderNode24 } from '../../dev/bin/node24.mjs';

const built = (await import('node:fs')).existsSync(new URL('../dist/main.js', import.meta.url));
await runUnderNode24(built ? '../cli/dist/main.js' : '../cli/bin/from-source.mjs', process.argv.slice(2));

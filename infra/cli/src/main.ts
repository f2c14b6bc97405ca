import { setLogLevel } from '@parley/kernel/telemetry/log';
import { main } from './program.ts';

// Standard output belongs to the answer.
setLogLevel(process.env['LOG_LEVEL'] ?? 'silent');
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever read us has read enough (`parley log show … | head`).
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});
const code = await main(process.argv.slice(2));
// What a slow reader has not taken yet waits in this process, and would be lost with it.
await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((resolve) => { stream.write('', resolve); })));
process.exit(code);

import { setLogLevel } from '@parley/kernel/telemetry/log';
import { main } from './program.ts';

// Standard output belongs to the answer.
setLogLevel(process.env['LOG_LEVEL'] ?? 'silent');
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever read us has read enough (`parley log show … | head`).
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});
process.exit(await main(process.argv.slice(2)));

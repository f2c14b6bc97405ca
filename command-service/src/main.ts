import { runService } from '@parley/kernel/lifecycle/run-service';
import { CommandServiceConfig } from './config.ts';
import { startCommandService } from './start.ts';

await runService('command-service', startCommandService, CommandServiceConfig);

import { runService } from '@parley/kernel/lifecycle/run-service';
import { projectorsConfig } from './config.ts';
import { startProjectors } from './start.ts';

await runService('projectors', startProjectors, projectorsConfig);

import { runService } from '@parley/kernel/lifecycle/run-service';
import { queryServiceConfig } from './config.ts';
import { startQueryService } from './start.ts';

await runService('query-service', startQueryService, queryServiceConfig);

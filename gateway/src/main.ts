import { runService } from '@parley/kernel/lifecycle/run-service';
import { gatewayConfig } from './config.ts';
import { startGateway } from './start.ts';

const role = process.argv.find((argument) => argument.startsWith('--role='))?.slice('--role='.length);
if (role !== undefined) process.env['GATEWAY_ROLE'] = role;

await runService('gateway', startGateway, gatewayConfig);

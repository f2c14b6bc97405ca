import { runService } from '@parley/kernel/lifecycle/run-service';
import { standBack } from '@parley/kernel/lifecycle/stand-back';
import { projectorsConfig, type ProjectorsConfig } from './config.ts';
import { startProjectors } from './start.ts';

/** Nobody waits for a projector but a question that comes right after a message; everybody waits for the message. */
async function start(config: ProjectorsConfig): ReturnType<typeof startProjectors> {
  await standBack(config.NICE);
  return startProjectors(config);
}

await runService('projectors', start, projectorsConfig);

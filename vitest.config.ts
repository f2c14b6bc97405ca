import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes a minute and more begins first, so that no worker waits for it at the end; the others as ever, the largest files first. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean => /(start|erase|rebuild|search-faults)\.(e2e|int)\.spec/.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

const shared = {
  resolve: { conditions: ['parley-source'] },
  ssr: { resolve: { conditions: ['parley-source'], externalConditions: ['parley-source', 'node', 'import', 'default'] } },
} as const;
const ignored = ['**/node_modules/**', '**/dist/**'];

const project = (name: string, testTimeout: number, fileParallelism: boolean, isolate = true) => ({
  ...shared,
  test: { name, isolate, include: [`**/*.${name}.spec.ts`, `**/*.${name}.spec.tsx`], exclude: ignored, testTimeout, hookTimeout: Math.max(testTimeout, 60_000), fileParallelism },
});

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    // Unit specs touch nothing outside of themselves, so they need no process each (40 s became 16); what saturates the machine or compares times has it for itself.
    projects: [project('unit', 60_000, true, false), project('int', 120_000, true), project('e2e', 600_000, true), project('load', 600_000, false)],
    maxWorkers: 2,
  },
});

import { defineConfig } from 'vitest/config';

const shared = {
  resolve: { conditions: ['parley-source'] },
  ssr: { resolve: { conditions: ['parley-source'], externalConditions: ['parley-source', 'node', 'import', 'default'] } },
} as const;
const ignored = ['**/node_modules/**', '**/dist/**'];

const project = (name: string, testTimeout: number, fileParallelism: boolean) => ({
  ...shared,
  test: { name, include: [`**/*.${name}.spec.ts`, `**/*.${name}.spec.tsx`], exclude: ignored, testTimeout, hookTimeout: Math.max(testTimeout, 60_000), fileParallelism },
});

export default defineConfig({
  test: {
    // Whole products with people in a browser, and what saturates the machine or compares times, have it for themselves.
    projects: [project('unit', 60_000, true), project('int', 120_000, true), project('e2e', 600_000, false), project('load', 600_000, false)],
    maxWorkers: 2,
  },
});

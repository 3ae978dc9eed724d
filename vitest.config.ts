import { defineConfig } from 'vitest/config'

const common = { isolate: false, testTimeout: 30_000, hookTimeout: 60_000 }

export default defineConfig({
  test: {
    reporters: ['default', './test/plain-line-reporter.ts'],
    projects: [
      {
        test: {
          ...common,
          name: 'unit',
          include: [
            '{src,web}/**/*.test.ts',
            'nano/**/*.test.ts',
            'test/{browser,faults,fuzz,life,cli,trajectories}/**/*.test.ts',
          ],
        },
      },
      {
        test: {
          ...common,
          name: 'full',
          include: ['test/e2e/**/*.test.ts', 'test/infra/**/*.test.ts'],
          testTimeout: 1_800_000,
          fileParallelism: false, // they measure what runs in the time
        },
      },
    ],
  },
})

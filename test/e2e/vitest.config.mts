import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: resolve(__dirname, '../..'),
    include: ['test/e2e/**/*.test.ts'],
    // One editor and one browser at a time: two would only slow each other down.
    maxWorkers: 1,
    fileParallelism: false,
    // The first run downloads and builds the editor.
    hookTimeout: 300_000,
    testTimeout: 120_000,
    teardownTimeout: 30_000,
    // Where a person decides about the result, a flaky test shows itself; a gate gives it a second try.
    retry: process.env.CI ? 1 : 0,
    expect: { poll: { timeout: 15_000, interval: 100 } },
  },
});

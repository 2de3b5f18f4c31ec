import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: resolve(__dirname, '../..'),
    include: ['test/fuzz/**/*.fuzz.ts'],
    // One after the other: each has the time that it was given, and the machine.
    maxWorkers: 1,
    fileParallelism: false,
  },
});

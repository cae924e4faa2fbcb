import { defineConfig } from 'vitest/config';
import { tokens } from './tokens.mjs';

export default defineConfig({
  plugins: [tokens()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  test: {
    environment: 'jsdom',
    // Ends what hangs. A machine with two busy cores types a form in six seconds.
    testTimeout: 30_000,
    include: ['test/**/*.test.{ts,tsx}', 'client/src/**/*.test.ts', 'src/**/*.test.{ts,tsx}'],
  },
});

import { defineConfig } from 'vitest/config';
import { tokens } from './tokens.mjs';

export default defineConfig({
  plugins: [tokens()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  test: {
    environment: 'jsdom',
    include: ['test/**/*.test.{ts,tsx}', 'client/src/**/*.test.ts', 'src/**/*.test.{ts,tsx}'],
  },
});

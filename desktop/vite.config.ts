import { brotliCompressSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** What an agent downloads before the first paint, all JavaScript of index.html after brotli: a slow hotel line is 3 s. */
const FIRST_PAINT = 150 * 1024;

/** Fails the build when the first paint needs more JavaScript than its budget. */
const budget: Plugin = {
  name: 'budget',
  apply: 'build',
  generateBundle(_, bundle) {
    const needed = new Set<string>();
    const need = (file: string) => {
      const chunk = bundle[file];
      if (chunk?.type !== 'chunk' || needed.has(file)) return;
      needed.add(file);
      for (const other of chunk.imports) need(other);
    };
    for (const [file, chunk] of Object.entries(bundle))
      if (chunk.type === 'chunk' && chunk.isEntry) need(file);
    let bytes = 0;
    for (const file of needed) {
      const chunk = bundle[file];
      if (chunk?.type === 'chunk') bytes += brotliCompressSync(chunk.code).length;
    }
    const words = `first paint: ${bytes} B of JavaScript (brotli), budget ${FIRST_PAINT} B`;
    if (bytes > FIRST_PAINT) this.error(words);
    console.log(words);
  },
};

export default defineConfig({
  base: '/desktop/',
  plugins: [react(), budget],
  // What may be how large is the budget's to say, after compression.
  build: { target: 'es2022', chunkSizeWarningLimit: Number.POSITIVE_INFINITY },
  test: {
    environment: 'jsdom',
    // Ends what hangs; two busy cores are slow, not broken.
    testTimeout: 30_000,
    setupFiles: ['test/setup.ts'],
    include: ['test/**/*.test.{ts,tsx}'],
  },
});

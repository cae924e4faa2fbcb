import { readdirSync, readFileSync } from 'node:fs';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'vite';
import { tokens } from './tokens.mjs';

/**
 * Bytes of brotli that a visitor of the website may be charged: for the script itself, for the first open, and for all that a
 * conversation needs, the first open included.
 */
const BUDGET = { loader: 2_048, 'first open': 16_384, conversation: 28_672 };

const common = {
  configFile: false,
  logLevel: 'warn',
  publicDir: false,
  plugins: [tokens()],
  // Without marks for tree shaking: nobody bundles this again, and each costs bytes.
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact', pure: false } },
};
const target = 'es2022';

// The app and what it loads later. A library build, because an app build adds a helper for preloads.
await build({
  ...common,
  build: {
    target,
    outDir: 'dist',
    lib: { entry: 'src/mount.tsx', formats: ['es'] },
    rollupOptions: {
      output: {
        entryFileNames: 'assets/app-[hash].js',
        chunkFileNames: 'assets/[name]-[hash].js',
        minify: true, // library builds keep white space otherwise
      },
    },
  },
});
const assets = readdirSync('dist/assets');
const app = assets.find((file) => file.startsWith('app-'));
const talk = assets.find((file) => file.startsWith('talk-'));

// The loader keeps its name: websites embed it for years.
await build({
  ...common,
  define: {
    APP: JSON.stringify(`assets/${app}`),
    SHARED: JSON.stringify([...withImports(app)].slice(1).map((file) => `assets/${file}`)),
    TALK: JSON.stringify(`assets/${talk}`),
  },
  build: {
    target,
    outDir: 'dist',
    emptyOutDir: false,
    lib: { entry: 'src/loader.ts', formats: ['iife'], name: 'parley', fileName: () => 'widget.js' },
  },
});

/** The files that importing one brings along at once. */
function withImports(file, seen = new Set()) {
  if (seen.has(file)) return seen;
  seen.add(file);
  const code = readFileSync(`dist/assets/${file}`, 'utf8');
  for (const [, other] of code.matchAll(/(?:import|from)\s*"\.\/([^"]+)"/g)) withImports(other, seen);
  return seen;
}

const sizes = Object.fromEntries(
  ['widget.js', ...assets.map((file) => `assets/${file}`)].map((file) => {
    const code = readFileSync(`dist/${file}`);
    return [
      file,
      { raw: code.length, gz: gzipSync(code, { level: 9 }).length, br: brotliCompressSync(code).length },
    ];
  }),
);
for (const [file, { raw, gz, br }] of Object.entries(sizes)) {
  console.log(
    `${file.padEnd(30)} ${String(raw).padStart(7)}  gz ${String(gz).padStart(6)}  br ${String(br).padStart(6)}`,
  );
}
const total = (files) => [...files].reduce((sum, file) => sum + sizes[`assets/${file}`].br, 0);
const measured = {
  loader: sizes['widget.js'].br,
  'first open': total(withImports(app)),
  conversation: total(withImports(talk, withImports(app))),
};
for (const [name, most] of Object.entries(BUDGET)) {
  const over = measured[name] > most;
  console.log(`${name}: ${measured[name]} of ${most} bytes${over ? ', over budget' : ''}`);
  if (over) process.exitCode = 1;
}

// Pictures of every state of the panel, light, dark, right to left and on a phone, each checked with axe (WCAG 2.2 A and AA). They go to
// dev/dist/. CHROMIUM names the browser; Playwright and axe are those of infra/e2e (npm ci there).
import { copyFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { build } from 'vite';
import { tokens } from '../tokens.mjs';

const here = (name) => new URL(name, import.meta.url);
const e2e = createRequire(here('../../infra/e2e/package.json'));
const { chromium } = e2e('@playwright/test');
const { AxeBuilder } = e2e('@axe-core/playwright');

await build({
  configFile: false,
  logLevel: 'warn',
  publicDir: false,
  root: here('..').pathname,
  plugins: [tokens()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: 'dev/dist',
    lib: { entry: 'dev/states.tsx', formats: ['iife'], name: 'states', fileName: () => 'states.js' },
  },
});
copyFileSync(here('states.html'), here('dist/states.html'));

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--font-render-hinting=none',
  ],
});
let violations = 0;
for (const [name, query] of [
  ['light', ''],
  ['dark', '?theme=dark'],
  ['rtl', '?dir=rtl'],
  ['phone', '?phone'],
]) {
  const context = await browser.newContext({
    viewport: { width: 1_860, height: 1_000 },
    deviceScaleFactor: 1.25,
  });
  const page = await context.newPage();
  page.on('pageerror', (e) => console.log(name, e.message));
  await page.goto(here('dist/states.html').href + query);
  // What only shows after a click.
  await page.locator('#form').getByLabel('E-mail').fill('ana.lima@');
  await page.locator('#form').getByRole('button', { name: 'Start chat' }).click();
  await page.locator('#refused').getByRole('button', { name: 'Insert an emoji' }).click();
  await page.locator('#refused').getByRole('group', { name: 'Emoji' }).waitFor();
  await page.locator('#ended').getByRole('textbox').fill('One more thing:\nhow often do I water it?');
  await page.locator('#waiting').getByRole('button', { name: 'More options' }).click();
  // The line about the network comes after a moment, and what moves in comes to rest.
  await page.waitForTimeout(2_000);
  await page.screenshot({ path: here(`dist/${name}.png`).pathname, fullPage: true });
  const { violations: list } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
    .analyze();
  const found = list.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id} ${node.target.flat().join(' ')} ${node.any[0]?.message ?? ''}`),
  );
  violations += found.length;
  console.log(name, found.length ? found : 'axe clean');
  await context.close();
}
await browser.close();
process.exitCode = violations ? 1 : 0;

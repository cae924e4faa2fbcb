// Draws the still pictures of dev/stills.tsx in Chromium, light and dark, and checks each with axe (WCAG 2.2 A and AA).
// node dev/shots.mjs [still ...]; pictures go to dev/out/.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import { createServer } from 'vite';

const all = [
  'chats offers ready paused offline missed connecting closed away down refused signin signin-error'.split(
    ' ',
  ),
  ['chats@1024x720', 'chats@390x800', 'menu', 'close'],
].flat();
const wanted = process.argv.length > 2 ? process.argv.slice(2) : all;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const out = new URL('./out/', import.meta.url);
mkdirSync(out, { recursive: true });

const server = await createServer({ server: { host: '127.0.0.1', port: 0, hmr: false }, logLevel: 'warn' });
await server.listen();
const { port } = server.httpServer.address();
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
for (const theme of ['light', 'dark']) {
  for (const want of wanted) {
    const [name, size = '1440x900'] = want.split('@');
    const [width, height] = size.split('x').map(Number);
    const still = { menu: 'chats', close: 'chats' }[name] ?? name;
    const page = await browser.newPage({ viewport: { width, height }, colorScheme: theme });
    page.on('pageerror', (e) => console.log(want, theme, 'error:', e.message));
    page.on('console', (m) => m.type() === 'error' && console.log(want, theme, 'console:', m.text()));
    await page.goto(
      `http://127.0.0.1:${port}/desktop/dev/?still=${still}#${still === 'refused' ? '/chats/s-ana' : ''}`,
    );
    await page.locator('h1').first().waitFor();
    await page.evaluate(() => document.fonts.ready);
    if (name === 'menu') await page.getByRole('button', { name: /Your status/ }).click();
    if (name === 'close') await page.getByRole('button', { name: 'Close chat' }).click();
    await page.waitForTimeout(500);
    await page.screenshot({ path: new URL(`${want}-${theme}.png`, out).pathname });
    await page.evaluate(axe);
    const found = await page.evaluate(() =>
      window.axe
        .run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
        .then((r) =>
          r.violations.map(
            (v) => `${v.id}: ${v.nodes.map((n) => `${n.target} ${n.any[0]?.message ?? ''}`).join(' | ')}`,
          ),
        ),
    );
    violations += found.length;
    console.log(want.padEnd(16), theme.padEnd(6), found.length ? found : 'axe clean');
    await page.close();
  }
}
await browser.close();
await server.close();
process.exitCode = violations ? 1 : 0;

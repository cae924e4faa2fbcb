// Draws the still pictures of dev/stills.tsx in Chromium, light and dark, and checks each with axe (WCAG 2.2 A and AA).
// node dev/shots.mjs [still ...]; pictures go to dev/out/. A still may have a size and a direction: chats@390x800~rtl.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import { createServer } from 'vite';

const all = [
  'chats offers ready paused offline missed connecting closed away down refused signin signin-error'.split(
    ' ',
  ),
  'next wrapup wrapup-empty set'.split(' '),
  'rings rings-help declined handed transfer transfer-queue transfer-nobody help'.split(' '),
  'team team-undo team-menu team-busy team-queue team@390x800 team~rtl team@1024x720'.split(' '),
  'messages messages-none messages-refused messages-queue left'.split(' '),
  [
    'messages@390x800',
    'messages~rtl',
    'messages-refused@390x800',
    'messages@1024x720',
    'left@390x800',
    'left~rtl',
  ],
  'helped helping idle who end-help more'.split(' '),
  [
    'helped@390x800',
    'helping@1024x720',
    'chats~rtl',
    'helped~rtl',
    'transfer-queue~rtl',
    'why~rtl',
    'menu-after~rtl',
  ],
  'handover again why'.split(' '),
  ['why@390x800', 'handover@390x800', 'transfer-queue@390x800', 'rings@390x800'],
  ['chats@1024x720', 'chats@390x800', 'menu', 'menu-after', 'next@390x800', 'close'],
].flat();
/** Stills that are not of the first page. */
const places = { refused: '/chats/s-ana', left: '/chats/s-ana', team: '/team', messages: '/messages' };

/** Opens the dialog and looks for somebody. */
async function transfer(page, text = '') {
  await page.keyboard.press('Alt+KeyT');
  await page.getByRole('option').first().waitFor();
  await page.getByRole('combobox').fill(text);
}

/** Pictures that are a still with something done to it. */
const steps = {
  menu: ['chats', (page) => page.getByRole('button', { name: /Your status/ }).click()],
  'menu-after': [
    'chats',
    async (page) => {
      await page.getByRole('button', { name: /Your status/ }).click();
      await page.getByRole('menuitem', { name: 'Pause after these chats' }).click();
    },
  ],
  transfer: ['next', (page) => transfer(page)],
  'transfer-queue': ['next', (page) => transfer(page, 'ord')],
  'transfer-nobody': ['next', (page) => transfer(page, 'trade')],
  who: [
    'idle',
    async (page) => {
      await page.getByRole('button', { name: 'More about this chat' }).click();
      await page.getByRole('menuitem', { name: 'Who was asked' }).click();
    },
  ],
  'team-menu': ['team', (page) => page.getByRole('button', { name: 'Set the state of Jonas Berg' }).click()],
  'team-queue': ['team', (page) => page.getByRole('button', { name: /^Orders/ }).click()],
  'team-busy': [
    'team',
    async (page) => {
      await page.getByRole('button', { name: 'Set the state of Jonas Berg' }).click();
      await page.getByRole('menuitem', { name: 'Offline' }).click();
    },
  ],
  'messages-refused': [
    'messages',
    async (page) => {
      await page.getByRole('button', { name: 'Answer Ana Lima' }).click();
      await page.getByRole('button', { name: 'Answer Tomás Ortega' }).click();
    },
  ],
  'messages-queue': ['messages', (page) => page.getByRole('button', { name: /^Plant care/ }).click()],
  more: ['helped', (page) => page.getByRole('button', { name: 'More about this chat' }).click()],
  'end-help': ['helped', (page) => page.getByRole('button', { name: 'Jonas Berg helps here' }).click()],
  why: ['again', (page) => page.getByRole('button', { name: 'Why did I get this?' }).click()],
  help: [
    'next',
    async (page) => {
      await transfer(page);
      await page.getByText('Ask for help').click();
      await page.getByRole('combobox').fill('ben');
      await page.getByLabel('What you need').fill('Is the orbifolia covered by the 30-day guarantee?');
    },
  ],
  close: ['chats', (page) => page.getByRole('button', { name: 'Close chat' }).click()],
};
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
    const [what, dir] = want.split('~');
    const [name, size = '1440x900'] = what.split('@');
    const [width, height] = size.split('x').map(Number);
    const [still, step] = steps[name] ?? [name];
    const page = await browser.newPage({ viewport: { width, height }, colorScheme: theme });
    page.on('pageerror', (e) => console.log(want, theme, 'error:', e.message));
    page.on('console', (m) => m.type() === 'error' && console.log(want, theme, 'console:', m.text()));
    await page.goto(
      `http://127.0.0.1:${port}/desktop/dev/?still=${still}#${places[still.split('-')[0]] ?? ''}`,
    );
    await page.locator('h1').first().waitFor();
    if (dir) await page.evaluate((dir) => document.documentElement.setAttribute('dir', dir), dir);
    await page.evaluate(() => document.fonts.ready);
    await step?.(page);
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

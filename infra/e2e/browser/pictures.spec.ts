import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import type { Agent } from './agent';
import type { Customer } from './customer';
import { type Demo, demo } from './demo';
import { expect, rightToLeft, type Stage, test } from './stage';

const folder = fileURLToPath(new URL('../../../build/screenshots/', import.meta.url));
const desk = { viewport: { width: 1440, height: 900 }, deviceScaleFactor: 1.5 };
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

/** A shop with two queues, where offers ring as long as they do by default. */
const shop: Demo = {
  ...demo({ timeout: 20 }),
  websites: demo().websites.map((w) => ({ ...w, queues: ['plants', 'orders'], askEmail: true })),
  queues: [
    { id: 'plants', name: 'Plant care', strategy: 'beepall', timeout: 20 },
    { id: 'orders', name: 'Orders', strategy: 'rrmemory', timeout: 20 },
  ],
  agents: demo().agents.map((a) => ({ ...a, queues: ['plants', 'orders'], email: `${a.id}@example.com` })),
};
test.use({ demo: shop });

test.beforeAll(() => {
  mkdirSync(folder, { recursive: true });
});

async function picture(page: Page, name: string): Promise<void> {
  await page.mouse.move(0, 0); // nothing is hovered over
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled', caret: 'hide' });
}

/** Ana asks about her plant and Marta helps her. */
async function helps(marta: Agent, ana: Customer): Promise<void> {
  await marta.accept('Ana Lima');
  await marta.write('Oh no, poor thing! Let’s save it 🌿');
  await marta.write('How far does it stand from the window, and from the heating?');
  await expect(ana.messages).toHaveCount(3);
  await ana.write('Two metres from the window, but right above the heating');
  await expect(marta.messages).toHaveCount(4);
  await marta.write(
    'That explains it: the air is too dry there. Move it a metre to the side and mist it in the mornings',
  );
  await expect(ana.messages).toHaveCount(5);
  await ana.write('I will! Do I cut off the brown edges?');
  await expect(marta.messages).toHaveCount(6);
}

test('pictures of the shop and the widget', async ({ stage }) => {
  const marta = await stage.agent('marta');
  const ana = await stage.customer('Ana Lima', desk);
  await ana.launcher.waitFor();
  await picture(ana.page, 'shop');
  await ana.launcher.click();
  await ana.panel.getByRole('textbox', { name: 'Your name' }).fill('Ana Lima');
  await ana.panel.getByRole('textbox', { name: 'E-mail' }).fill('ana.lima@example.com');
  const question = 'Hi! My Calathea’s leaves are turning brown at the edges 😟';
  await ana.panel.getByRole('textbox', { name: 'Your question' }).fill(question);
  await picture(ana.page, 'widget-first-message');

  await marta.become('Lunch');
  const tomas = await stage.customer('Tomás Ortega');
  await tomas.ask('¿Tienen macetas azules?');
  await expect(tomas.status('You’re next')).toBeVisible();
  await ana.ask(question);
  await expect(ana.status('You’re second in line')).toBeVisible();
  await picture(ana.page, 'widget-waiting');

  await marta.page.getByRole('button', { name: 'Go available' }).click();
  await marta.accept('Tomás Ortega');
  await helps(marta, ana);
  await marta.write('Only if they bother you: the leaf lives on either way');
  await expect(ana.messages).toHaveCount(7);
  await expect(ana.log.getByText('Read', { exact: true }).last()).toBeVisible();
  await ana.field.fill('Thank you so much, you');
  await picture(ana.page, 'widget-conversation');
  await ana.write('Thank you so much, you saved it 🌱');
  await expect(marta.messages).toHaveCount(8);
  await marta.close('Solved');
  await expect(ana.log.getByText('Marta closed the chat')).toBeVisible();
  await picture(ana.page, 'widget-closed');
});

test('a picture of the widget on a phone, dark and from right to left', async ({ stage }) => {
  const sofia = await stage.agent('sofia');
  const sara = await stage.customer('سارة', {
    ...phone,
    colorScheme: 'dark',
    locale: 'ar',
    prepare: rightToLeft,
  });
  await sara.ask('مرحبا، أين طلبي رقم 40218؟', { topic: 'Orders' });
  await sofia.accept('سارة');
  await sofia.write('أهلاً سارة! سأتحقق من الطلب حالاً 🌿');
  await expect(sara.messages).toHaveCount(2);
  await sara.write('شكرًا، سأنتظر');
  await expect(sofia.messages).toHaveCount(3);
  await sofia.write('خرج الطلب هذا الصباح، ويصلك يوم الخميس');
  await expect(sara.messages).toHaveCount(4);
  await sara.field.fill('رائع');
  await picture(sara.page, 'widget-phone-dark-rtl');
});

test('pictures of the desktop', async ({ stage, browser }) => {
  await test.step('signing in', async () => {
    const page = await stage.page('marta', desk);
    await page.goto(`${stage.house.origin}/desktop/`);
    const signIn = page.getByRole('button', { name: 'Sign in' });
    await signIn.waitFor();
    await picture(page, 'desktop-door');
    await signIn.click();
    await page.getByRole('button', { name: 'Marta Kovač' }).waitFor();
    await picture(page, 'sign-in');
  });

  const marta = await stage.agent('marta', desk);
  await marta.page.getByRole('button', { name: 'Enable sound' }).click();
  await marta.page.getByRole('button', { name: 'Sound alerts are on' }).waitFor();
  await picture(marta.page, 'desktop-empty');

  const ana = await stage.customer('Ana Lima', desk);
  await ana.ask('Hi! My Calathea’s leaves are turning brown at the edges 😟', {
    email: 'ana.lima@example.com',
  });
  await marta.offer('Ana Lima').waitFor();
  await picture(marta.page, 'desktop-offer');
  await helps(marta, ana);
  await others(stage, marta);
  await marta.tab('Ana Lima').click();
  await expect(ana.log.getByText('Read', { exact: true }).last()).toBeVisible();

  // Two more customers come; Jonas takes one of them.
  const chloe = await stage.customer('Chloé Bernard', { locale: 'fr-FR' });
  await chloe.ask('Bonjour, mon colis est arrivé abîmé…');
  await marta.offer('Chloé Bernard').waitFor();
  const jonas = await stage.agent('jonas');
  const pierre = await stage.customer('Pierre Martin', { locale: 'fr-FR' });
  await pierre.ask('Do you repot plants too?');
  await Promise.all([jonas, marta].map((a) => a.offer('Pierre Martin').waitFor()));
  await jonas.accept('Pierre Martin');
  await expect(marta.status('Jonas Brandt took the chat with Pierre Martin')).toBeVisible();
  await ana.field.pressSequentially('About');
  await expect(marta.status('Ana Lima is typing')).toBeVisible();
  await picture(marta.page, 'desktop');
  await marta.page.emulateMedia({ colorScheme: 'dark' });
  await picture(marta.page, 'desktop-dark');

  // The README shows a copy of it: docs/images/parley.png.
  await test.step('both on one picture', async () => {
    await marta.page.emulateMedia({ colorScheme: 'light' });
    await ana.page.setViewportSize({ width: 540, height: 900 });
    await picture(ana.page, 'shop-narrow');
    const context = await browser.newContext({ viewport: { width: 1920, height: 900 } });
    const page = await context.newPage();
    const image = (name: string) =>
      `data:image/png;base64,${readFileSync(join(folder, `${name}.png`), 'base64')}`;
    // Flat colours, because the README wants a small file.
    await page.setContent(`<!doctype html><style>
      body { margin: 0; background: #e7ece5 }
      div { position: absolute; overflow: hidden; border-radius: 12px; border: 1px solid #c9d3cb; background: 0 0 / cover }
      .desk { inset: 40px auto auto 40px; inline-size: 1310px; block-size: 819px; background-image: url(${image('desktop')}) }
      .shop { inset: 40px 40px auto auto; inline-size: 490px; block-size: 819px; background-image: url(${image('shop-narrow')}) }
    </style><div class="desk"></div><div class="shop"></div>`);
    await picture(page, 'parley');
  });
});

/** Two more chats of Marta's, with something unread in one of them. */
async function others(stage: Stage, marta: Agent): Promise<void> {
  const tomas = await stage.customer('Tomás Ortega', { at: '/plants.html', locale: 'es-ES' });
  await tomas.ask('Hello! Do you have the hanging pots?');
  await marta.accept('Tomás Ortega');
  await marta.write('We do, in green and in terracotta');
  await expect(tomas.messages).toHaveCount(2);

  const layla = await stage.customer('ليلى حسن', { locale: 'ar' });
  await layla.ask('مرحبا، أين طلبي رقم 40218؟', { topic: 'Orders' });
  await marta.accept('ليلى حسن');
  await marta.write('أهلاً ليلى! سأتحقق حالاً 🌿');
  await expect(layla.messages).toHaveCount(2);
  await layla.write('شكرًا، سأنتظر');

  await tomas.write('Is the blue one back in stock?');
  await tomas.write('I would take two');
  await expect(marta.tab('Tomás Ortega')).toContainText('2 unread messages');
}

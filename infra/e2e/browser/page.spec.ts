import { clean } from './axe';
import { expect, rightToLeft, said, test } from './stage';

test('a page with the widget pays one request and no cookie until somebody wants to chat', async ({
  stage,
}) => {
  const asked: string[] = [];
  const ana = await stage.customer('Ana Lima', {
    prepare: (page) => page.on('request', (r) => asked.push(new URL(r.url()).pathname)),
  });
  await expect(ana.launcher).toBeVisible();
  await ana.page.waitForLoadState('networkidle');
  const own = ['/', '/shop.css', '/shop.js'];
  expect(asked.filter((path) => !own.includes(path))).toEqual(['/widget/widget.js']);
  expect(await ana.page.context().storageState()).toEqual({ cookies: [], origins: [] });

  // The app comes with the intent, the socket with the first message. A cookie never comes.
  await ana.launcher.hover();
  await expect.poll(() => asked.some((path) => path.startsWith('/widget/assets/app-'))).toBe(true);
  const jonas = await stage.agent('jonas');
  await ana.ask('Hello?');
  await jonas.accept('Ana Lima');
  expect((await ana.page.context().storageState()).cookies).toEqual([]);
});

test('the widget holds its own on a page that fights its guests', async ({ stage }) => {
  const jonas = await stage.agent('jonas');
  const ana = await stage.customer('', { at: '/hostile.html' });
  await expect(ana.launcher).toHaveCSS('opacity', '1');
  const corner = await ana.launcher.boundingBox();
  const { width, height } = ana.page.viewportSize() ?? { width: 0, height: 0 };
  expect(corner?.width).toBe(corner?.height); // a turned circle has a larger box, a squeezed one none
  expect(width - (corner?.x ?? 0) - (corner?.width ?? 0)).toBeLessThan(40);
  expect(height - (corner?.y ?? 0) - (corner?.height ?? 0)).toBeLessThan(40);

  await ana.ask('Can you see me?');
  await jonas.accept('Guest');
  await ana.field.pressSequentially('a/b');
  await expect(ana.page).toHaveTitle('A hostile page');
  await ana.field.press('Enter');
  await expect(jonas.messages.last()).toContainText('a/b');
  await jonas.write('I can');
  await expect(ana.messages).toHaveText(
    said(['You', 'Can you see me?'], ['You', 'a/b'], ['Jonas Brandt', 'I can']),
  );
  await expect(ana.messages.first()).toHaveCSS('text-transform', 'none');
  await expect(ana.messages.first()).toHaveCSS('font-style', 'normal');
  // What was typed into the page itself is the page's.
  await ana.page.locator('h1').click();
  await ana.page.keyboard.press('/');
  await expect(ana.page).toHaveTitle('The page took a key');
});

test('on a page from right to left the widget is one too', async ({ stage }) => {
  const jonas = await stage.agent('jonas');
  const ana = await stage.customer('سارة', { prepare: rightToLeft });
  await ana.ask('مرحبا، أين طلبي؟');
  await jonas.accept('سارة');
  await jonas.write('Order 40218 is on its way');
  await jonas.write('يصلك الطلب يوم الخميس 🌿');
  await expect(ana.messages).toHaveCount(3);
  // Each message goes as its own words do, whatever the page and the names around them are written in.
  for (const { messages } of [ana, jonas]) {
    const words = messages.locator('[dir=auto]');
    await expect(words.nth(0)).toHaveCSS('direction', 'rtl');
    await expect(words.nth(1)).toHaveCSS('direction', 'ltr');
    await expect(words.nth(2)).toHaveCSS('direction', 'rtl');
  }
  await expect(ana.field).toHaveCSS('direction', 'rtl');
  await ana.field.fill('Thanks');
  await expect(ana.field).toHaveCSS('direction', 'ltr');
  const [panel, asked, answered] = await Promise.all([
    ana.panel.boundingBox(),
    ana.messages.first().boundingBox(),
    ana.messages.last().boundingBox(),
  ]);
  if (!panel || !asked || !answered) throw new Error('nothing is there');
  // At the left edge of the page; own messages at the left of the panel, the others' at its right.
  expect(panel.x).toBeLessThan(60);
  expect(asked.x - panel.x).toBeLessThan(30);
  expect(panel.x + panel.width - answered.x - answered.width).toBeLessThan(30);
  await clean(ana.page);
});

test('on a phone the panel is the page', async ({ stage }) => {
  const jonas = await stage.agent('jonas');
  const viewport = { width: 390, height: 844 };
  const ana = await stage.customer('Ana Lima', {
    viewport,
    isMobile: true,
    hasTouch: true,
    colorScheme: 'dark',
  });
  await ana.launcher.tap();
  await expect(ana.panel).toHaveAttribute('aria-modal', 'true');
  await expect.poll(() => ana.panel.boundingBox()).toEqual({ x: 0, y: 0, ...viewport });
  await expect(ana.page.locator('main')).toHaveJSProperty('inert', true);
  await ana.panel.getByRole('button', { name: 'Minimise chat' }).tap();
  await expect(ana.panel).toBeHidden();
  await expect(ana.page.locator('main')).toHaveJSProperty('inert', false);

  await ana.ask('Does it fit on a phone?');
  await jonas.accept('Ana Lima');
  await jonas.write('It does');
  await expect(ana.messages.last()).toContainText('It does');
  await expect(ana.field).toHaveCSS('font-size', '16px'); // below it, an iPhone zooms into the field
  await clean(ana.page);
});

import { demo } from './demo';
import { expect, ringing, said, test } from './stage';

for (const strategy of ['beepall', 'rrmemory'] as const) {
  test.describe(strategy, () => {
    test.use({ demo: demo({ strategy }) });

    test('a pause takes a ringing card away, and another agent has it', async ({ stage }) => {
      const agents = await Promise.all([stage.agent('jonas'), stage.agent('marta')]);
      const customer = await stage.customer('Ana Lima');
      await customer.ask('Is the blue pot back?');
      const paused = await ringing('Ana Lima', agents);
      const other = agents.find((a) => a !== paused) ?? paused;

      await paused.become('Lunch');
      await expect(paused.offer('Ana Lima')).toBeHidden();
      await expect(paused.page.getByRole('heading', { level: 1 })).toHaveText('You’re on a break: Lunch');
      await other.accept('Ana Lima');
      await expect(customer.panel.getByRole('heading')).toHaveText(other.name);
    });
  });
}

test.describe('one agent', () => {
  test.use({ demo: demo({ capacity: 1 }) });

  test('who waits is told their place, and moves up', async ({ stage }) => {
    const jonas = await stage.agent('jonas');
    await jonas.become('Break');
    const ana = await stage.customer('Ana Lima');
    await ana.ask('Do you water on Sundays?');
    await expect(ana.status('You’re next')).toBeVisible();
    const tomas = await stage.customer('Tomás Ortega');
    await tomas.ask('¿Tienen macetas azules?');
    await expect(tomas.status('You’re second in line')).toBeVisible();
    const chloe = await stage.customer('Chloé Bernard');
    await chloe.ask('Mon colis est arrivé abîmé');
    await expect(chloe.status('You’re third in line')).toBeVisible();
    await jonas.page.reload();
    await expect(jonas.page.getByRole('banner')).toContainText(/3\s*waiting/);

    await jonas.page.getByRole('button', { name: 'Go available' }).click();
    await jonas.accept('Ana Lima');
    await expect(tomas.status('You’re next')).toBeVisible();
    await expect(chloe.status('You’re second in line')).toBeVisible();

    await tomas.panel.getByRole('button', { name: 'More options' }).click();
    await tomas.panel.getByRole('button', { name: 'End chat' }).click();
    await expect(tomas.log.getByText('You left the line')).toBeVisible();
    await expect(chloe.status('You’re next')).toBeVisible();
  });
});

test('the keyboard is enough', async ({ stage }) => {
  // With a colleague, or what is rejected would ring again at once: a new lap begins when everybody has said no.
  const [jonas] = await Promise.all([stage.agent('jonas'), stage.agent('marta')]);
  const keys = jonas.page.keyboard;

  const ana = await stage.customer('Ana Lima');
  await ana.launcher.focus();
  await ana.page.keyboard.press('Enter');
  await expect(ana.panel.getByRole('textbox', { name: 'Your name' })).toBeFocused();
  await ana.page.keyboard.type('Ana Lima');
  await ana.page.keyboard.press('Tab');
  await ana.page.keyboard.type('Can it stand in the bathroom?');
  await ana.page.keyboard.press('Tab');
  await ana.page.keyboard.press('Enter');
  await expect(ana.messages).toHaveText(said(['You', 'Can it stand in the bathroom?']));

  await jonas.offer('Ana Lima').waitFor();
  await keys.press('Alt+KeyA');
  await expect(jonas.field).toBeFocused();
  await keys.type('It loves it there');
  await keys.press('Enter');
  await expect(ana.messages.last()).toContainText('It loves it there');

  // Another chat rings while a reply is half written: the keys reject it, and the reply is not touched.
  await keys.type('Water it when');
  const tomas = await stage.customer('Tomás Ortega');
  await tomas.ask('¿Y en la cocina?');
  await jonas.offer('Tomás Ortega').waitFor();
  await expect(jonas.field).toBeFocused();
  await keys.press('Alt+KeyR');
  await expect(jonas.offer('Tomás Ortega')).toBeHidden();
  await expect(jonas.field).toHaveValue('Water it when');

  // The way back for the customer: Escape closes the panel, and what comes meanwhile shows at the launcher.
  await ana.field.focus();
  await ana.page.keyboard.press('Escape');
  await expect(ana.panel).toBeHidden();
  await expect(ana.launcher).toBeFocused();
  await keys.press('Enter');
  await expect(ana.launcher).toHaveAccessibleName('Chat, 1 new message');
  await ana.page.keyboard.press('Enter');
  await expect(ana.messages.last()).toContainText('Water it when');
  await expect(jonas.log.getByText('Read', { exact: true })).toBeVisible();
});

test('an offer rings once sound is enabled, until it is answered', async ({ stage }) => {
  const jonas = await stage.agent('jonas', {
    prepare: (page) =>
      page.addInitScript(() => {
        const heard = new Set<HTMLMediaElement>();
        const { play } = HTMLMediaElement.prototype;
        HTMLMediaElement.prototype.play = function () {
          heard.add(this);
          return play.call(this);
        };
        Object.assign(window, { heard });
      }),
  });
  const rings = () =>
    jonas.page.evaluate(() =>
      [...(window as unknown as { heard: Set<HTMLMediaElement> }).heard].some((it) => it.loop && !it.paused),
    );
  // Until a click or a key, the browser lets nothing play: the desktop says so and offers the click.
  await jonas.page.getByRole('button', { name: 'Enable sound' }).click();
  const on = jonas.page.getByRole('button', { name: 'Sound alerts are on. Turn them off' });
  await expect(on).toBeVisible();
  expect(await rings()).toBe(false);

  const ana = await stage.customer('Ana Lima');
  await ana.ask('Hello?');
  await jonas.offer('Ana Lima').waitFor();
  await expect.poll(rings).toBe(true);
  await on.click();
  await expect.poll(rings).toBe(false);
  await jonas.page.getByRole('button', { name: 'Sound alerts are off. Turn them on' }).click();
  await expect.poll(rings).toBe(true);
  await jonas.accept('Ana Lima');
  await expect.poll(rings).toBe(false);
});

test('the agent is told that the customer ended the chat', async ({ stage }) => {
  const jonas = await stage.agent('jonas');
  const ana = await stage.customer('Ana Lima');
  await ana.ask('Never mind');
  await jonas.accept('Ana Lima');
  await ana.panel.getByRole('button', { name: 'More options' }).click();
  await ana.panel.getByRole('button', { name: 'End chat' }).click();
  await expect(ana.log.getByText('You ended the chat')).toBeVisible();
  await expect(jonas.log.getByText('Ana Lima ended this chat')).toBeVisible();
  await jonas.page.getByRole('button', { name: 'Close tab' }).first().click();
  await expect(jonas.page.getByRole('heading', { level: 1 })).toHaveText('You’re ready for the next chat');
});

test('nobody signs out with an open chat', async ({ stage }) => {
  const jonas = await stage.agent('jonas');
  const ana = await stage.customer('Ana Lima');
  await ana.ask('Hello?');
  await jonas.accept('Ana Lima');
  const signOut = async () => {
    await jonas.page.getByRole('button', { name: /, your account$/ }).click();
    await jonas.page.getByRole('menuitem', { name: 'Sign out' }).click();
  };
  await signOut();
  await expect(jonas.status('1 chat is open: close, transfer or return it first.')).toBeVisible();
  await ana.write('Still there?');
  await expect(jonas.messages.last()).toContainText('Still there?');

  await jonas.close('Solved');
  await expect(jonas.log.getByText('You closed this chat')).toBeVisible();
  // By way of the sign-in service, which forgets them too, and back.
  const back = jonas.page.waitForEvent('load');
  await signOut();
  await back;
  await jonas.page.reload();
  await expect(jonas.page.getByRole('button', { name: 'Sign in' })).toBeVisible();
});

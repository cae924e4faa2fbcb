import { cleanInLightAndDark } from './axe';
import { demo } from './demo';
import { expect, said, test } from './stage';

const ANA = 'Ana Lima';

/** How long a lost agent keeps their chats, and how long a chat may be silent, in seconds. */
const LOST_AFTER = 8;
const IDLE = 20;

test.use({ hasty: true });

test.describe('an agent is gone', () => {
  test.use({ demo: demo({ queue: { lostAfter: LOST_AFTER } }) });

  test('the laptop is closed: the chat goes back, and a colleague has it', async ({ stage }) => {
    stage.cut = true;
    const jonas = await stage.agent('jonas');
    const ana = await stage.customer(ANA);
    await ana.ask('Do you have it in blue?');
    await jonas.accept(ANA);
    await jonas.write('One moment');
    await expect(ana.messages).toHaveCount(2);
    const marta = await stage.agent('marta');

    await jonas.offline(true);
    await expect(ana.log.getByText('Jonas was disconnected. You keep your place in line.')).toBeVisible({
      timeout: 30_000,
    });
    await marta.accept(ANA);
    await expect(ana.panel.getByRole('heading')).toHaveText(marta.name);
    await expect(
      marta.log.getByText(`${jonas.name} was away for too long: back in the Plant care queue`),
    ).toBeVisible();
    await expect(marta.messages).toHaveText(
      said([ANA, 'Do you have it in blue?'], [jonas.name, 'One moment']),
    );
    await marta.write('We do');
    await expect(ana.messages.last()).toHaveText(said([marta.name, 'We do'])[0] ?? '');
    await cleanInLightAndDark(ana.page);

    await jonas.offline(false);
    await expect(jonas.page.getByText('This chat is no longer yours')).toBeVisible();
    await expect(
      jonas.page.getByText('It went to Plant care, so that Ana Lima is not left alone.'),
    ).toBeVisible();
    await expect(jonas.page.getByRole('button', { name: /^Your status/ })).toHaveAccessibleName(/Offline/);
  });
});

test.describe('nobody writes', () => {
  test.use({ demo: demo({ queue: { idle: IDLE } }) });

  test('both are warned, whoever writes keeps the chat, and in the end it is closed', async ({ stage }) => {
    const jonas = await stage.agent('jonas');
    const ana = await stage.customer(ANA);
    await ana.ask('Do you have it in blue?');
    await jonas.accept(ANA);
    const write = ana.panel.getByRole('button', { name: 'Write', exact: true });
    const counting = /Still there\? This chat closes in 0:\d\d/;
    const warning = jonas.status('Nobody has written for a while. The chat closes by itself in');
    const warned = { timeout: 2_000 * IDLE };

    await test.step('a warning counts down on both sides', async () => {
      await expect(ana.panel.getByText(counting)).toBeVisible(warned);
      await expect(warning).toContainText(/0:\d\d$/);
      const left = await ana.panel.getByText(counting).innerText();
      await expect(ana.panel.getByText(counting)).not.toHaveText(left);
    });
    await test.step('a message ends it', async () => {
      await write.click();
      await expect(ana.field).toBeFocused();
      await ana.page.keyboard.type('I am still here');
      await ana.page.keyboard.press('Enter');
      await expect(ana.panel.getByText(counting)).toBeHidden();
      await expect(warning).toBeHidden();
      await expect(jonas.messages.last()).toContainText('I am still here');
    });
    await test.step('silence closes it', async () => {
      await expect(ana.panel.getByText(counting)).toBeVisible(warned);
      await expect(warning).toBeVisible();
      await Promise.all([cleanInLightAndDark(ana.page), cleanInLightAndDark(jonas.page)]);
      await expect(ana.log.getByText('Closed because nobody wrote. Write again to go on.')).toBeVisible(
        warned,
      );
      await expect(jonas.log.getByText('Closed: nobody wrote for a while')).toBeVisible();
      await expect(warning).toBeHidden();
    });
    await ana.write('Oh, I am back');
    await jonas.accept(ANA);
  });
});

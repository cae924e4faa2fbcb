import { cleanInLightAndDark } from './axe';
import { demo } from './demo';
import { expect, said, test } from './stage';

const ANA = 'Ana Lima';
const TOMAS = 'Tomás Ortega';

test.describe('a licence of one chat', () => {
  test.describe('with a form', () => {
    test.use({ demo: demo({ licence: 1, website: { messages: ['full'] } }) });

    test('who comes while it is full leaves a message', async ({ stage }) => {
      const jonas = await stage.agent('jonas');
      const ana = await stage.customer(ANA);
      const tomas = await stage.customer(TOMAS);
      await test.step('the panel is open when it fills', async () => {
        await tomas.launcher.click();
        await expect(tomas.panel.getByRole('form', { name: 'Start a chat' })).toBeVisible();
        await ana.ask('Do you water on Sundays?');
        await jonas.accept(ANA);
        await tomas.panel.getByRole('textbox', { name: 'Your name' }).fill(TOMAS);
        await tomas.panel.getByRole('textbox', { name: 'Your question' }).fill('¿Tienen macetas azules?');
        await tomas.panel.getByRole('button', { name: 'Start chat' }).click();
      });

      const form = tomas.panel.getByRole('form', { name: 'Leave us a message' });
      await test.step('refused in words, nothing of it is lost', async () => {
        await expect(tomas.panel.getByRole('alert')).toContainText(/busy.* What you wrote is still here/);
        await expect(form.getByRole('textbox', { name: 'Your message' })).toHaveValue(
          '¿Tienen macetas azules?',
        );
        await expect(form.getByRole('textbox', { name: 'Your name' })).toHaveValue(TOMAS);
        await cleanInLightAndDark(tomas.page);
      });

      await test.step('the message is left, and nobody is asked', async () => {
        await form.getByRole('textbox', { name: 'E-mail' }).fill('tomas@example.com');
        await form.getByRole('button', { name: 'Send message' }).click();
        await expect(tomas.status('We have your message')).toContainText('tomas@example.com');
        await expect(tomas.messages).toHaveText(said(['You', '¿Tienen macetas azules?']));
        await cleanInLightAndDark(tomas.page);
        await expect(jonas.offer(TOMAS)).toBeHidden();
      });

      await test.step('when there is room again it can be a chat', async () => {
        await jonas.close('Solved');
        await expect(jonas.log.getByText('You closed this chat')).toBeVisible();
        await tomas.page.reload();
        await tomas.write('¿Y ahora?');
        await jonas.accept(TOMAS);
        await expect(jonas.messages).toHaveText(
          said([TOMAS, '¿Tienen macetas azules?'], [TOMAS, '¿Y ahora?']),
        );
      });
    });
  });

  test.describe('without one', () => {
    test.use({ demo: demo({ licence: 1 }) });

    test('who comes while it is full waits for the place that frees', async ({ stage }) => {
      const jonas = await stage.agent('jonas');
      const ana = await stage.customer(ANA);
      await ana.ask('Do you water on Sundays?');
      await jonas.accept(ANA);
      const tomas = await stage.customer(TOMAS);
      await tomas.launcher.click();
      await expect(tomas.panel.getByRole('heading')).toHaveText('Everybody is busy right now');
      await expect(tomas.status('your message keeps its place in the line')).toBeVisible();
      await cleanInLightAndDark(tomas.page);
      await tomas.ask('¿Tienen macetas azules?');
      await expect(tomas.status('You’re next')).toBeVisible();
      await expect(jonas.offer(TOMAS)).toBeHidden();
      await jonas.close('Solved');
      await jonas.accept(TOMAS);
      await expect(tomas.panel.getByRole('heading')).toHaveText(jonas.name);
    });
  });
});

test.describe('while nobody is there', () => {
  test.use({ demo: demo({ website: { messages: ['nobody'] } }), hasty: true });

  test('an open panel says so, and when somebody comes', async ({ stage }) => {
    const ana = await stage.customer(ANA);
    await ana.launcher.click();
    await expect(ana.panel.getByRole('heading')).toHaveText('Nobody is here right now');
    await ana.panel.getByRole('textbox', { name: 'Your message' }).fill('Is the blue pot back?');
    await cleanInLightAndDark(ana.page);

    const jonas = await stage.agent('jonas');
    await expect(ana.panel).toContainText('We’re here to help');
    await expect(ana.panel.getByRole('textbox', { name: 'Your question' })).toHaveValue(
      'Is the blue pot back?',
    );
    await jonas.become('Lunch');
    await expect(ana.panel.getByRole('heading')).toHaveText('Nobody is here right now');
    await jonas.page.getByRole('button', { name: 'Go available' }).click();
    await expect(ana.panel).toContainText('We’re here to help');
    await ana.panel.getByRole('button', { name: 'Start chat' }).click();
    await jonas.offer('Guest').waitFor();
  });
});

test('a supervisor pauses an agent at whom a chat rings', async ({ stage }) => {
  const [jonas, marta, sofia] = await stage.agents();
  await sofia.become('Meeting');
  const ana = await stage.customer(ANA);
  await ana.ask('Is the blue pot back?');
  await jonas.offer(ANA).waitFor();
  await marta.offer(ANA).waitFor();
  await expect(jonas.page.getByRole('link', { name: 'Team' })).toBeHidden();

  const set = sofia.page.getByRole('button', { name: `Set the state of ${jonas.name}` });
  await test.step('Sofia sees the team, and pauses Jonas', async () => {
    await sofia.page.getByRole('link', { name: 'Team' }).click();
    const row = sofia.page.getByRole('row').filter({ hasText: jonas.name });
    await expect(row).toContainText('Available');
    await expect(sofia.page.getByRole('button', { name: 'Plant care' })).toContainText('1 waiting');
    await cleanInLightAndDark(sofia.page);
    await set.click();
    await sofia.page.getByRole('menuitem', { name: 'Training' }).click();
    await expect(row).toContainText('Paused · Training');
    await expect(sofia.status(`${jonas.name} is paused now`)).toBeVisible();
  });

  await test.step('Jonas loses the card and hears who did it', async () => {
    await expect(jonas.offer(ANA)).toBeHidden();
    await expect(jonas.status(`${sofia.name} paused you: Training.`)).toBeVisible();
    await expect(jonas.page.getByRole('heading', { level: 1 })).toHaveText('You’re on a break: Training');
    await expect(jonas.page.getByText(`${sofia.name} set this for you`)).toBeVisible();
    await cleanInLightAndDark(jonas.page);
  });

  await test.step('Marta takes the chat, and Sofia undoes it', async () => {
    await marta.accept(ANA);
    await sofia.page
      .getByRole('status')
      .filter({ hasText: `${jonas.name} is paused now` })
      .getByRole('button', { name: 'Undo' })
      .click();
    await expect(jonas.page.getByRole('heading', { level: 1 })).toHaveText('You’re ready for the next chat');
    await expect(jonas.status(`${sofia.name} made you available.`)).toBeVisible();
  });
});

test.describe('with time to wrap up', () => {
  test.use({ demo: demo({ queue: { wrapUp: 60 } }) });

  test('an agent leaves after these chats, or wraps up', async ({ stage }) => {
    const jonas = await stage.agent('jonas');
    const ana = await stage.customer(ANA);
    await ana.ask('Do you water on Sundays?');
    await jonas.accept(ANA);
    await test.step('the next status is shown, and keeps new chats away', async () => {
      await jonas.page.getByRole('button', { name: /^Your status/ }).click();
      await jonas.page.getByRole('menuitem', { name: 'Pause after these chats' }).click();
      const reasons = jonas.page.getByRole('menu').filter({ hasNotText: 'Pause after these chats' });
      await reasons.getByRole('menuitem', { name: 'Lunch' }).click();
      await expect(jonas.page.getByRole('button', { name: /^Your status/ })).toHaveAccessibleName(
        /Pausing after 1 chat · Lunch/,
      );
      await cleanInLightAndDark(jonas.page);
    });
    const tomas = await stage.customer(TOMAS);
    await tomas.ask('¿Tienen macetas azules?');
    await expect(tomas.status('You’re next')).toBeVisible();
    await jonas.close('Solved');
    await test.step('it comes with the last chat', async () => {
      await jonas.page.getByRole('button', { name: 'Close tab' }).first().click();
      await expect(jonas.page.getByRole('heading', { level: 1 })).toHaveText('You’re on a break: Lunch');
      await expect(jonas.offer(TOMAS)).toBeHidden();
    });
    await test.step('and a wrap-up after the next', async () => {
      await jonas.page.getByRole('button', { name: 'Go available' }).click();
      await jonas.accept(TOMAS);
      await jonas.close('Solved');
      await jonas.page.getByRole('button', { name: 'Close tab' }).first().click();
      await expect(jonas.page.getByRole('heading', { level: 1 })).toHaveText('Time to wrap up');
      await cleanInLightAndDark(jonas.page);
      await tomas.write('¿Y rojas?');
      await expect(tomas.status('You’re next')).toBeVisible();
      await expect(jonas.offer(TOMAS)).toBeHidden();
      await jonas.page.getByRole('banner').getByRole('button', { name: 'Ready now' }).click();
      await jonas.accept(TOMAS);
    });
  });
});

test.describe('who had it before', () => {
  test.use({ demo: demo({ queue: { previous: true } }) });

  test('is asked first when the customer writes again', async ({ stage }) => {
    const jonas = await stage.agent('jonas');
    const ana = await stage.customer(ANA);
    await ana.ask('Do you have it in blue?');
    await jonas.accept(ANA);
    const marta = await stage.agent('marta');
    await jonas.write('In blue only');
    await jonas.close('Solved');
    await expect(ana.panel.getByRole('heading')).toHaveText('Jonas closed the chat');

    await ana.write('Then I take two');
    const card = jonas.offer(ANA);
    await expect(card).toContainText('Then I take two');
    await expect(card).toContainText(`You spoke with ${ANA} before`);
    await expect(marta.offer(ANA)).toBeHidden();
    await card.getByRole('button', { name: 'Why did I get this?' }).click();
    const why = jonas.page.getByRole('dialog', { name: 'Why did I get this?' });
    await expect(why).toContainText('You had this customer before, so you are asked first.');
    await cleanInLightAndDark(jonas.page);
    await jonas.page.keyboard.press('Escape');
    await jonas.accept(ANA);
    await expect(ana.log.getByText('You reopened the chat')).toBeVisible();
    await expect(ana.panel.getByRole('heading')).toHaveText(jonas.name);
    const all: [string, string][] = [
      [ANA, 'Do you have it in blue?'],
      [jonas.name, 'In blue only'],
      [ANA, 'Then I take two'],
    ];
    const seen = (me: string) =>
      said(...all.map(([who, text]): [string, string] => [who === me ? 'You' : who, text]));
    await expect(jonas.messages).toHaveText(seen(jonas.name));
    await expect(ana.messages).toHaveText(seen(ANA));
  });
});

test.describe('one after the other', () => {
  test.use({ demo: demo({ strategy: 'rrmemory' }) });

  test('an offer says why it came, and a chat who was asked', async ({ stage }) => {
    const [jonas, marta, sofia] = await stage.agents();
    await sofia.become('Lunch');
    const ana = await stage.customer(ANA);
    await ana.ask('Do you have it in blue?');
    await jonas.reject(ANA);
    await marta.offer(ANA).getByRole('button', { name: 'Why did I get this?' }).click();
    const why = marta.page.getByRole('dialog', { name: 'Why did I get this?' });
    await expect(why).toContainText(
      'Plant care asks one after the other, in turn: it was the next one’s turn.',
    );
    const person = (name: string) => why.getByRole('listitem').filter({ hasText: name }).last();
    await expect(why.getByRole('heading', { name: 'Ringing now' })).toBeVisible();
    await expect(person('You')).toContainText('has it on the screen');
    await expect(person(jonas.name)).toContainText('declined after');
    await expect(why).toContainText(`Not asked: ${jonas.name} (asked before); ${sofia.name} (paused).`);
    await cleanInLightAndDark(marta.page);
    await marta.page.keyboard.press('Escape');
    await marta.accept(ANA);
    await expect(jonas.status(`${marta.name} took the chat with ${ANA}`)).toBeVisible();

    await marta.page.getByRole('button', { name: 'More about this chat' }).click();
    await marta.page.getByRole('menuitem', { name: 'Who was asked' }).click();
    const asked = marta.page.getByRole('dialog', { name: `Who was asked to take the chat with ${ANA}` });
    await expect(asked.getByRole('heading', { name: `${marta.name} took the chat` })).toBeVisible();
    await expect(asked.getByRole('listitem').filter({ hasText: 'accepted after' }).last()).toContainText(
      'You',
    );
    await cleanInLightAndDark(marta.page);
  });
});

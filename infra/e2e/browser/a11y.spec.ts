import { cleanInLightAndDark } from './axe';
import { expect, said, test } from './stage';

test('the widget is accessible in every state', async ({ stage }) => {
  const jonas = await stage.agent('jonas');
  const ana = await stage.customer('Ana Lima');
  const state = (name: string, reach: () => Promise<unknown>) =>
    test.step(name, async () => {
      await reach();
      await cleanInLightAndDark(ana.page);
    });
  const question = ana.panel.getByRole('textbox', { name: 'Your question' });
  const start = ana.panel.getByRole('button', { name: 'Start chat' });

  await state('closed', () => ana.launcher.waitFor());
  await state('the first message', async () => {
    await ana.launcher.click();
    await question.waitFor();
  });
  await state('an error in words', async () => {
    await start.click();
    await expect(question).toHaveAccessibleDescription('Write what you would like to ask');
  });
  await state('waiting', async () => {
    await question.fill('My order 40218 is late, see https://fern.example/40218');
    await start.click();
    await expect(ana.status('You’re next')).toBeVisible();
  });
  await state('a conversation', async () => {
    await jonas.accept('Guest');
    await jonas.field.pressSequentially('I am look');
    await expect(ana.status('Jonas is typing')).toBeVisible();
    await jonas.write('I am looking');
    await expect(ana.messages).toHaveCount(2);
  });
  await state('the emoji', async () => {
    await ana.panel.getByRole('button', { name: 'Insert an emoji' }).click();
    await ana.panel.getByRole('group', { name: 'Emoji' }).waitFor();
  });
  await state('more options', async () => {
    await ana.panel.getByRole('button', { name: 'Insert an emoji' }).click();
    await ana.panel.getByRole('button', { name: 'More options' }).click();
    await ana.panel.getByRole('button', { name: 'End chat' }).waitFor();
  });
  await state('something new while it is closed', async () => {
    await ana.panel.getByRole('button', { name: 'Minimise chat' }).click();
    await jonas.write('On its way');
    await expect(ana.launcher).toHaveAccessibleName('Chat, 1 new message');
  });
  await state('too long', async () => {
    await ana.launcher.click();
    await ana.field.fill('x'.repeat(4001));
    await expect(ana.field).toHaveAccessibleDescription(/too long/);
  });
  await state('closed by the agent', async () => {
    await ana.field.fill('');
    await jonas.close('Solved');
    await expect(ana.panel.getByRole('heading')).toHaveText('Jonas closed the chat');
  });
});

test('the desktop is accessible in every state', async ({ stage }) => {
  const page = await stage.page('jonas');
  await test.step('the door', async () => {
    await page.goto(`${stage.house.origin}/desktop/`);
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    await cleanInLightAndDark(page);
  });
  await test.step('the sign-in page', async () => {
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Jonas Brandt' }).waitFor();
    await cleanInLightAndDark(page);
  });

  const marta = await stage.agent('marta');
  const state = (name: string, reach: () => Promise<unknown>) =>
    test.step(name, async () => {
      await reach();
      await cleanInLightAndDark(marta.page);
    });
  const ana = await stage.customer('Ana Lima');
  await state('available, nothing to do', async () => {});
  await state('the menu of availabilities', () =>
    marta.page.getByRole('button', { name: /^Your status/ }).click(),
  );
  await state('paused', async () => {
    await marta.page.getByRole('menuitem', { name: 'Meeting' }).click();
    await marta.page.getByRole('heading', { name: 'You’re on a break: Meeting' }).waitFor();
  });
  await state('an offer', async () => {
    await marta.page.getByRole('button', { name: 'Go available' }).click();
    await ana.ask('My order 40218 is late, see https://fern.example/40218');
    await marta.offer('Ana Lima').waitFor();
  });
  await state('a conversation, with another offer', async () => {
    await marta.accept('Ana Lima');
    await marta.write('I am looking');
    await ana.field.pressSequentially('Thank');
    await expect(marta.status('Ana Lima is typing')).toBeVisible();
    const tomas = await stage.customer('');
    await tomas.ask('¿Tienen macetas azules?');
    await marta.offer('Guest').waitFor();
  });
  await state('two chats, one with something new', async () => {
    await marta.accept('Guest');
    await ana.write('Thank you');
    await expect(marta.tab('Ana Lima')).toContainText('1 unread message');
  });
  await state('closing', async () => {
    await marta.tab('Ana Lima').click();
    await expect(marta.messages.last()).toHaveText(said(['Ana Lima', 'Thank you'])[0] ?? '');
    await marta.page.getByRole('button', { name: 'Close chat' }).click();
    await marta.page.getByRole('dialog').waitFor();
  });
  await state('closed', async () => {
    const dialog = marta.page.getByRole('dialog');
    await dialog.getByText('Solved').click();
    await dialog.getByRole('button', { name: 'Close chat' }).click();
    await expect(dialog).toBeHidden();
    await expect(marta.log.getByText('You closed this chat')).toBeVisible();
  });
  await state('without a network', async () => {
    stage.cut = true;
    await marta.offline(true);
    await expect(marta.status('Connection lost')).toBeVisible();
    await marta.offline(false);
  });
});

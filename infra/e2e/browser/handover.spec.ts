import type { Agent } from './agent';
import { cleanInLightAndDark } from './axe';
import { twoQueues } from './demo';
import { expect, type Stage, said, test } from './stage';

test.use({ demo: twoQueues() });

const ANA = 'Ana Lima';

/** Ana in a chat with Jonas. */
async function talk(stage: Stage) {
  const jonas = await stage.agent('jonas');
  const ana = await stage.customer(ANA);
  await ana.ask('Do you have it in blue?');
  await jonas.accept(ANA);
  await expect(ana.panel.getByRole('heading')).toHaveText(jonas.name);
  return { ana, jonas };
}

/** Says no to a chat that a colleague wants to hand over. */
const declines = (agent: Agent, by: string) =>
  agent.asked(by, 'wants to hand you a chat', ANA).getByRole('button', { name: 'Reject' }).click();

test('a transfer is declined, chosen again and accepted', async ({ stage }) => {
  const { ana, jonas } = await talk(stage);
  const marta = await stage.agent('marta');
  await jonas.write('Let me ask a colleague');

  await test.step('it is offered to Marta, and stays with Jonas', async () => {
    await jonas.page.getByRole('button', { name: 'Transfer' }).click();
    const dialog = jonas.page.getByRole('dialog', { name: `Hand over the chat with ${ANA}` });
    await dialog.getByRole('option', { name: marta.name }).waitFor();
    await cleanInLightAndDark(jonas.page);
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await jonas.handOver(marta.name, { note: 'She wants the blue pot' });
    await expect(jonas.status(`Offered to ${marta.name}.`)).toContainText('You keep the chat');
    const card = marta.asked(jonas.name, 'wants to hand you a chat', ANA);
    await expect(card).toContainText('She wants the blue pot');
    await expect(card).toContainText('Do you have it in blue?');
    await Promise.all([cleanInLightAndDark(jonas.page), cleanInLightAndDark(marta.page)]);
    await ana.write('Or in green?');
    await expect(jonas.messages.last()).toContainText('Or in green?');
  });

  await test.step('Marta declines, and Jonas hears so', async () => {
    await declines(marta, jonas.name);
    await expect(jonas.status(`${marta.name} declined. The chat is still yours.`)).toBeVisible();
    await cleanInLightAndDark(jonas.page);
    await jonas.write('In blue only');
    await expect(ana.messages.last()).toContainText('In blue only');
  });

  await test.step('asked again, Marta accepts', async () => {
    await jonas.page.getByRole('button', { name: 'Choose again' }).click();
    const dialog = jonas.page.getByRole('dialog');
    await dialog.getByRole('option', { name: marta.name }).click();
    await dialog.getByRole('textbox', { name: 'Note for' }).fill('Please! I am off at five');
    await dialog.getByRole('button', { name: `Offer to ${marta.name}` }).click();
    await marta
      .asked(jonas.name, 'wants to hand you a chat', ANA)
      .getByRole('button', { name: 'Accept' })
      .click();
    await expect(jonas.status(`${marta.name} has the chat with ${ANA} now`)).toBeVisible();
    await expect(jonas.tab(ANA)).toBeHidden();
    await expect(ana.panel.getByRole('heading')).toHaveText(marta.name);
    await expect(ana.log.getByText('You’re now talking with Marta')).toBeVisible();
  });

  await test.step('Marta has read everything, with the note, which Ana has not', async () => {
    await expect(marta.messages).toHaveText(
      said(
        [ANA, 'Do you have it in blue?'],
        [jonas.name, 'Let me ask a colleague'],
        [ANA, 'Or in green?'],
        [jonas.name, 'In blue only'],
      ),
    );
    await expect(marta.log.getByText(`You took this chat over from ${jonas.name}`)).toBeVisible();
    await expect(marta.log.getByText('Please! I am off at five')).toBeVisible();
    await expect(ana.log.getByText('off at five')).toBeHidden();
    await marta.write('Blue it is');
    await expect(ana.messages.last()).toHaveText(said([marta.name, 'Blue it is'])[0] ?? '');
    await ana.write('Lovely');
    await expect(marta.messages.last()).toContainText('Lovely');
    await Promise.all([cleanInLightAndDark(marta.page), cleanInLightAndDark(ana.page)]);
  });
});

test('a transfer is taken back, and the chat sent to a queue at once', async ({ stage }) => {
  const { ana, jonas } = await talk(stage);
  const sofia = await stage.agent('sofia');
  await jonas.handOver('Orders');
  const card = sofia.asked(jonas.name, 'wants to hand you a chat', ANA);
  await card.waitFor();
  await jonas.page.getByRole('button', { name: 'Take back' }).click();
  await expect(card).toBeHidden();
  await expect(sofia.status(`The chat with ${ANA} is no longer offered`)).toBeVisible();
  await expect(jonas.status('Offered to Orders')).toBeHidden();

  await sofia.become('Lunch');
  await jonas.handOver('Orders', { atOnce: true, note: 'Where is order 40218?' });
  await expect(jonas.status(`The chat with ${ANA} waits in Orders now`)).toBeVisible();
  await expect(jonas.tab(ANA)).toBeHidden();
  await expect(ana.log.getByText('Moved to Orders. You keep your place in line.')).toBeVisible();
  await expect(ana.status('You’re next')).toBeVisible();
  await cleanInLightAndDark(ana.page);

  await sofia.page.getByRole('button', { name: 'Go available' }).click();
  await sofia.accept(ANA);
  await expect(sofia.log.getByText('Where is order 40218?')).toBeVisible();
  await expect(ana.panel.getByRole('heading')).toHaveText(sofia.name);
});

test('a colleague is asked for help, writes along, and goes', async ({ stage }) => {
  const { ana, jonas } = await talk(stage);
  const marta = await stage.agent('marta');
  const helps = async () => {
    await jonas.handOver(marta.name, { help: true, note: 'Which pot fits?' });
    const card = marta.asked(jonas.name, 'asks for your help', ANA);
    await expect(card).toContainText('Which pot fits?');
    await card.getByRole('button', { name: 'Accept' }).click();
    await expect(jonas.status(`${marta.name} joined the chat with ${ANA}`)).toBeVisible();
  };

  await test.step('Marta joins', async () => {
    await helps();
    await expect(marta.page.getByText(`You help ${jonas.name}`)).toBeVisible();
    await expect(ana.log.getByText('Marta joined the chat')).toBeVisible();
    await expect(ana.panel).toContainText('Plant care · with Marta');
    await expect(marta.page.getByRole('button', { name: 'Close chat' })).toBeHidden();
  });

  await test.step('all three read what each of them writes', async () => {
    await marta.write('The big one fits');
    await expect(ana.messages.last()).toHaveText(said([marta.name, 'The big one fits'])[0] ?? '');
    await jonas.write('Shall I keep one for you?');
    await expect(marta.messages.last()).toContainText('Shall I keep one for you?');
    await ana.write('Yes, please');
    for (const agent of [jonas, marta]) await expect(agent.messages.last()).toContainText('Yes, please');
    await Promise.all([jonas, marta, ana].map(({ page }) => cleanInLightAndDark(page)));
  });

  await test.step('Marta leaves', async () => {
    await marta.page.getByRole('button', { name: 'Leave' }).click();
    await expect(ana.log.getByText('Marta left the chat')).toBeVisible();
    await expect(jonas.log.getByText(`${marta.name} no longer helps here`)).toBeVisible();
    await expect(marta.field).toBeHidden();
  });

  await test.step('asked again, she is sent away', async () => {
    await helps();
    await jonas.page.getByRole('button', { name: `${marta.name} helps here` }).click();
    await jonas.page.getByRole('menuitem', { name: 'End their help' }).click();
    await expect(marta.status(`You no longer help in the chat with ${ANA}`)).toBeVisible();
    await expect(marta.field).toBeHidden();
    await expect(ana.panel).not.toContainText('with Marta');
    await jonas.write('It is in the back');
    await expect(ana.messages.last()).toContainText('It is in the back');
  });
});

import type { Agent } from './agent';
import { cleanInLightAndDark } from './axe';
import { demo } from './demo';
import { expect, said, test } from './stage';

const ANA = 'Ana Lima';
const EMAIL = 'ana.lima@example.com';
const QUESTION = 'Do you ship to Madeira?';
const ANSWER = 'We do, every Tuesday';

test.use({ demo: demo({ website: { messages: ['nobody'] } }) });

test('a message that was left while nobody was there is answered, and read later', async ({
  stage,
  house,
}) => {
  const ana = await stage.customer(ANA);
  await test.step('Ana leaves it, and goes', async () => {
    await ana.launcher.click();
    const form = ana.panel.getByRole('form', { name: 'Leave us a message' });
    await form.getByRole('textbox', { name: 'Your name' }).fill(ANA);
    await form.getByRole('textbox', { name: 'E-mail' }).fill(EMAIL);
    await form.getByRole('textbox', { name: 'Your message' }).fill(QUESTION);
    await form.getByRole('button', { name: 'Send message' }).click();
    await expect(ana.status('We have your message')).toContainText(EMAIL);
    await ana.page.goto('about:blank');
  });

  const jonas = await stage.agent('jonas');
  const marta = await stage.agent('marta');
  const answer = (agent: Agent) => agent.page.getByRole('button', { name: `Answer ${ANA}` });
  await test.step('agents see it counted, without a ring, and listed', async () => {
    for (const agent of [jonas, marta]) {
      await agent.page.getByRole('link', { name: 'Messages 1 unanswered' }).click();
      await expect(answer(agent)).toBeVisible();
      await expect(agent.offer(ANA)).toBeHidden();
    }
    const message = jonas.page.getByRole('listitem').filter({ hasText: ANA });
    await expect(message).toContainText('Fern & Fable · Plant care');
    await expect(message).toContainText(/Today \d+:\d\d/);
    await expect(message).toContainText(QUESTION);
    await expect(message.getByRole('link', { name: EMAIL })).toHaveAttribute(
      'href',
      `mailto:${EMAIL}?subject=Your%20message%20to%20Fern%20%26%20Fable`,
    );
    await cleanInLightAndDark(jonas.page);
  });

  const [winner, loser] =
    await test.step('both answer at once: one has it, the other hears who', async () => {
      const taken = (agent: Agent) =>
        agent.page.getByRole('alert').filter({
          hasText: `${agent === jonas ? marta.name : jonas.name} took this message.`,
        });
      const agents = [jonas, marta];
      const [first, second] = await Promise.all([
        Promise.any(agents.map((a) => a.field.waitFor().then(() => a))),
        // It is said for a few seconds only.
        Promise.any(
          agents.map((a) =>
            taken(a)
              .waitFor()
              .then(() => a),
          ),
        ),
        ...agents.map((a) => answer(a).click()),
      ]);
      expect(first).not.toBe(second);
      return [first, second];
    });
  await test.step('where it was too late, it goes', async () => {
    await expect(loser.page.getByRole('heading', { level: 1 })).toHaveText('No messages');
    await expect(loser.page.getByText('When nobody can answer, customers leave one here.')).toBeVisible();
    await expect(loser.page.getByRole('link', { name: 'Messages' })).toHaveAccessibleName('Messages');
    await cleanInLightAndDark(loser.page);
  });

  const away = winner.page.getByText(
    `${ANA} is not waiting here: they read your answer when they come back.`,
  );
  await test.step('the chat is open, its field in focus, and says that nobody waits', async () => {
    await expect(winner.field).toBeFocused();
    await expect(winner.tab(ANA)).toHaveAttribute('aria-selected', 'true');
    await expect(winner.log.getByText('You took this message from the Plant care queue')).toBeVisible();
    await expect(away).toBeVisible();
    await expect(winner.page.getByRole('link', { name: 'Write an e-mail' })).toBeVisible();
    await winner.write(ANSWER);
    await expect(winner.messages).toHaveText(said([ANA, QUESTION], ['You', ANSWER]));
    await expect(winner.log.getByText('Sent')).toBeVisible();
    await cleanInLightAndDark(winner.page);
    await expect(away).toBeVisible();
    await winner.page.reload();
    await expect(away).toBeVisible();
  });

  await test.step('Ana comes back and reads it, and then it is a chat', async () => {
    await ana.page.goto(house.origin); // where the panel opens as she left it
    await expect(ana.panel.getByRole('heading')).toHaveText(winner.name);
    await expect(ana.messages).toHaveText(said(['You', QUESTION], [winner.name, ANSWER]));
    await expect(winner.log.getByText('Read', { exact: true })).toBeVisible();
    await expect(away).toBeHidden();
    await ana.write('Then I take two');
    await expect(winner.messages).toHaveText(
      said([ANA, QUESTION], ['You', ANSWER], [ANA, 'Then I take two']),
    );
    await winner.close('Solved');
    await expect(ana.panel.getByRole('heading')).toContainText('closed the chat');
  });
});

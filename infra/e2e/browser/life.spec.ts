import { demo } from './demo';
import { expect, ringing, said, test } from './stage';

/** How long an offer rings here, in seconds: the test waits for the end of one, and answers the others on a busy machine. */
const TIMEOUT = 7;
/** A socket whose network vanished counts as dead when it has not answered for 8 s, in milliseconds with some to spare. */
const NOTICED = 20_000;

for (const strategy of ['beepall', 'rrmemory'] as const) {
  test.describe(strategy, () => {
    test.use({ demo: demo({ strategy, timeout: TIMEOUT }) });

    test('one customer, three agents, from the first question to the second chat', async ({ stage }) => {
      const ana = 'Ana Lima';
      const all = await stage.agents();
      const customer = await stage.customer(ana);

      const asked = await test.step('the question rings', async () => {
        await customer.ask('My Calathea’s leaves turn brown');
        await expect(customer.messages).toHaveText(said(['You', 'My Calathea’s leaves turn brown']));
        const asked = await ringing(ana, all);
        await expect(asked.offer(ana)).toContainText('My Calathea’s leaves turn brown');
        await expect(asked.offer(ana)).toContainText('Plant care');
        const others = all.filter((a) => a !== asked);
        for (const other of others) {
          if (strategy === 'beepall') await expect(other.offer(ana)).toBeVisible();
          else await expect(other.offer(ana)).toBeHidden();
        }
        return asked;
      });

      const second = await test.step('rejected, it goes on to the next', async () => {
        const others = all.filter((a) => a !== asked);
        await asked.reject(ana);
        await expect(asked.offer(ana)).toBeHidden();
        return ringing(ana, others);
      });

      const winner = await test.step('unanswered, it goes on again', async () => {
        await expect(second.status(`The chat with ${ana} went on: nobody answered in time`)).toBeVisible();
        return ringing(
          ana,
          all.filter((a) => a !== asked && a !== second),
        );
      });

      const losers = all.filter((a) => a !== winner);
      await test.step('one accepts, the others are told who', async () => {
        await winner.accept(ana);
        // Who was asked together hears who took it; who was asked before, alone, has nothing on the screen to be told about.
        if (strategy === 'beepall') {
          for (const loser of losers) {
            await expect(loser.status(`${winner.name} took the chat with ${ana}`)).toBeVisible();
          }
        }
        for (const loser of losers) await expect(loser.offer(ana)).toBeHidden();
        await expect(customer.panel.getByRole('heading')).toHaveText(winner.name);
      });

      // Who wrote what, as both sides shall see it.
      const talk: [by: 'customer' | 'agent', text: string][] = [
        ['customer', 'My Calathea’s leaves turn brown'],
      ];
      const bothShow = async (agent = winner) => {
        const asSeenBy = (side: string, other: string) =>
          said(...talk.map(([by, text]): [string, string] => [by === side ? 'You' : other, text]));
        await expect(customer.messages).toHaveText(asSeenBy('customer', agent.name));
        await expect(agent.messages).toHaveText(asSeenBy('agent', ana));
      };

      await test.step('both talk, and see that the other writes and reads', async () => {
        await winner.field.pressSequentially('Oh no! ');
        await expect(customer.status(/ is typing$/)).toBeVisible();
        await winner.field.pressSequentially('How far is it from the window?');
        await winner.field.press('Enter');
        await expect(winner.log.getByText('Read', { exact: true })).toBeVisible();
        await customer.field.pressSequentially('Two ');
        await expect(winner.status(`${ana} is typing`)).toBeVisible();
        await customer.field.pressSequentially('metres');
        await customer.field.press('Enter');
        await expect(customer.log.getByText('Read', { exact: true }).last()).toBeVisible();
        talk.push(['agent', 'Oh no! How far is it from the window?'], ['customer', 'Two metres']);
        await bothShow();
      });

      await test.step('a reload on both sides loses nothing, not even what was half written', async () => {
        await customer.field.fill('It is only the');
        await winner.field.fill('Dry air, I');
        await Promise.all([customer.page.reload(), winner.page.reload()]);
        await bothShow();
        await expect(customer.field).toHaveValue('It is only the');
        await expect(winner.field).toHaveValue('Dry air, I');
        // One after the other: of two that are written at once, the one that is stored first stands first.
        await customer.write('It is only the old leaves');
        talk.push(['customer', 'It is only the old leaves']);
        await bothShow();
        await winner.write('Dry air, I think');
        talk.push(['agent', 'Dry air, I think']);
        await bothShow();
      });

      await test.step('the customer walks through the shop and stays in the conversation', async () => {
        await customer.page.getByRole('link', { name: 'Care guides' }).click();
        await expect(customer.page).toHaveTitle(/^Care guides/);
        await bothShow();
        await winner.write('The care guide says more');
        talk.push(['agent', 'The care guide says more']);
        await bothShow();
      });

      await test.step('the network goes and comes back on both sides', async () => {
        stage.cut = true;
        await Promise.all([customer.offline(true), winner.offline(true)]);
        await customer.write('Is anybody there?');
        await winner.write('I am');
        await Promise.all([
          expect(customer.status('No connection')).toBeVisible({ timeout: NOTICED }),
          expect(winner.status('Connection lost')).toBeVisible({ timeout: NOTICED }),
        ]);
        await customer.write('I read it meanwhile');
        await customer.offline(false);
        await expect(customer.log.getByText('Sending')).toBeHidden();
        await winner.offline(false);
        talk.push(['customer', 'Is anybody there?'], ['customer', 'I read it meanwhile'], ['agent', 'I am']);
        await bothShow();
        await expect(customer.status('No connection')).toBeHidden();
        await expect(winner.status('Connection lost')).toBeHidden();
      });

      await test.step('the agent closes', async () => {
        await winner.close('Solved');
        await expect(winner.log.getByText('You closed this chat')).toBeVisible();
        await expect(customer.log.getByText(`${first(winner.name)} closed the chat`)).toBeVisible();
      });

      await test.step('the customer writes again: it rings again, and somebody else takes it', async () => {
        await customer.write('It grows!');
        talk.push(['customer', 'It grows!']);
        const next = await ringing(ana, losers);
        await expect(next.offer(ana)).toContainText('It grows!');
        await next.accept(ana);
        if (strategy === 'beepall') {
          await expect(winner.status(`${next.name} took the chat with ${ana}`)).toBeVisible();
        }
        await expect(customer.panel.getByRole('heading')).toHaveText(next.name);
        await next.write('Wonderful');
        await expect(customer.messages.last()).toHaveText(said([next.name, 'Wonderful'])[0] ?? '');
      });
    });
  });
}

const first = (name: string) => name.split(' ')[0];

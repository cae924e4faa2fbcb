import type { Page } from '@playwright/test';
import { Customer } from './customer';
import { expect, said, test } from './stage';

test('two tabs of the shop are one customer with one socket', async ({ stage }) => {
  let opened = 0;
  const count = (page: Page) => page.on('websocket', () => opened++);
  const jonas = await stage.agent('jonas');
  const first = await stage.customer('Ana Lima', { prepare: count });
  await first.ask('Do you deliver to Porto?');
  await jonas.accept('Ana Lima');

  const page = await first.page.context().newPage();
  count(page);
  await page.goto(`${stage.house.origin}/plants.html`);
  const second = new Customer(page, 'Ana Lima');
  await second.launcher.click();
  await jonas.write('We do');
  for (const tab of [first, second]) {
    await expect(tab.messages).toHaveText(
      said(['You', 'Do you deliver to Porto?'], ['Jonas Brandt', 'We do']),
    );
  }
  // Written where the socket is not.
  await second.write('By Friday?');
  await expect(jonas.messages.last()).toContainText('By Friday?');
  await expect(first.messages.last()).toContainText('By Friday?');
  expect(opened).toBe(1);

  // The tab that held the socket goes: the other one opens its own and misses nothing.
  await first.page.close();
  await jonas.write('Thursday even');
  await expect(second.messages.last()).toContainText('Thursday even');
  await second.write('Great');
  await expect(jonas.messages).toHaveText(
    said(
      ['Ana Lima', 'Do you deliver to Porto?'],
      ['You', 'We do'],
      ['Ana Lima', 'By Friday?'],
      ['You', 'Thursday even'],
      ['Ana Lima', 'Great'],
    ),
  );
  expect(opened).toBe(2);
});

test('a second desktop of the same agent shows the same chats', async ({ stage }) => {
  const [desk, laptop] = await Promise.all([stage.agent('jonas'), stage.agent('jonas')]);
  const ana = await stage.customer('Ana Lima');
  await ana.ask('Hello?');
  await laptop.offer('Ana Lima').waitFor();
  await desk.accept('Ana Lima');
  await expect(laptop.offer('Ana Lima')).toBeHidden();
  await laptop.tab('Ana Lima').click();
  await laptop.write('From the laptop');
  await expect(desk.messages.last()).toContainText('From the laptop');
  await expect(ana.messages.last()).toContainText('From the laptop');
});

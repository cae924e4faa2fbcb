import type { Locator, Page } from '@playwright/test';

/** An agent at their desktop. */
export class Agent {
  readonly log: Locator;
  /** Every message of the conversation in front, oldest first; notes are none. */
  readonly messages: Locator;
  /** Where replies are written. */
  readonly field: Locator;

  constructor(
    readonly page: Page,
    readonly name: string,
  ) {
    this.log = page.getByRole('log');
    this.messages = this.log.locator('div:has(> [dir=auto])').filter({ hasNotText: /^Note to team — / });
    this.field = page.getByRole('textbox', { name: /^Reply to/ });
  }

  /** The card of an offer while it rings. */
  offer(customer: string): Locator {
    return this.page.getByRole('alertdialog', { name: `New chat · ${customer}` });
  }

  /** The card of a chat that a colleague wants to hand over, or in which they want help. */
  asked(by: string, what: 'wants to hand you a chat' | 'asks for your help', customer: string): Locator {
    return this.page.getByRole('alertdialog', { name: `${by} ${what} · ${customer}` });
  }

  tab(customer: string): Locator {
    return this.page.getByRole('tab', { name: customer });
  }

  /** What the desktop says about what goes on, and news in the corner. */
  status(text: string): Locator {
    return this.page.getByRole('status').filter({ hasText: text });
  }

  async accept(customer: string): Promise<void> {
    await this.offer(customer).getByRole('button', { name: 'Accept' }).click();
    await this.tab(customer).waitFor();
  }

  async reject(customer: string): Promise<void> {
    await this.offer(customer).getByRole('button', { name: 'Reject' }).click();
  }

  async write(text: string): Promise<void> {
    await this.field.fill(text);
    await this.field.press('Enter');
  }

  /** Ends the conversation in front. */
  async close(disposition: string): Promise<void> {
    await this.page.getByRole('button', { name: 'Close chat' }).click();
    const dialog = this.page.getByRole('dialog');
    await dialog.getByText(disposition).click();
    await dialog.getByRole('button', { name: 'Close chat' }).click();
  }

  /** Offers the conversation in front to a colleague or to a queue, or asks them for help in it. */
  async handOver(to: string, { note = '', help = false, atOnce = false } = {}): Promise<void> {
    if (help) {
      await this.page.getByRole('button', { name: 'More about this chat' }).click();
      await this.page.getByRole('menuitem', { name: 'Ask for help' }).click();
    } else {
      await this.page.getByRole('button', { name: 'Transfer' }).click();
    }
    const dialog = this.page.getByRole('dialog');
    await dialog.getByRole('option', { name: to }).click();
    if (atOnce) await dialog.getByRole('radio', { name: 'Send at once' }).check();
    if (note)
      await dialog.getByRole('textbox', { name: help ? 'What you need help with' : 'Note for' }).fill(note);
    await dialog
      .getByRole('button', { name: `${help ? 'Ask' : atOnce ? 'Send to' : 'Offer to'} ${to}` })
      .click();
    await dialog.waitFor({ state: 'hidden' });
  }

  /** Chooses from the menu of availabilities. */
  async become(state: string): Promise<void> {
    await this.page.getByRole('button', { name: /^Your status/ }).click();
    await this.page.getByRole('menuitem', { name: state }).click();
  }

  /** The network is gone, or there again. Frames on the open socket vanish, as they do when a cable is pulled. */
  async offline(gone: boolean): Promise<void> {
    await this.page.context().setOffline(gone);
  }
}

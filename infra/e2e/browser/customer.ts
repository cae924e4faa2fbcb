import type { Locator, Page } from '@playwright/test';

/** Somebody in the shop, with the widget as they see it. */
export class Customer {
  readonly launcher: Locator;
  readonly panel: Locator;
  readonly log: Locator;
  /** Every message of the conversation, oldest first. */
  readonly messages: Locator;
  /** Where messages are written, once there is a conversation. */
  readonly field: Locator;

  constructor(
    readonly page: Page,
    readonly name: string,
  ) {
    const widget = page.locator('parley-chat');
    this.launcher = widget.getByRole('button', { name: /^Chat/ });
    this.panel = widget.getByRole('dialog');
    this.log = this.panel.getByRole('log');
    this.messages = this.log.locator('div:has(> [dir=auto])');
    this.field = this.panel.getByRole('textbox', { name: /^Write/ });
  }

  /** What the panel says about what goes on. */
  status(text: string | RegExp): Locator {
    return this.panel.getByRole('status').filter({ hasText: text });
  }

  /** Opens the panel and writes the first message, with what else the website asks for. */
  async ask(question: string, { topic, email }: { topic?: string; email?: string } = {}): Promise<void> {
    if (await this.panel.isHidden()) await this.launcher.click();
    const name = this.panel.getByRole('textbox', { name: 'Your name' });
    if (this.name) await name.fill(this.name);
    if (email) await this.panel.getByRole('textbox', { name: 'E-mail' }).fill(email);
    if (topic) await this.panel.getByRole('combobox').selectOption({ label: topic });
    await this.panel.getByRole('textbox', { name: 'Your question' }).fill(question);
    await this.panel.getByRole('button', { name: 'Start chat' }).click();
  }

  async write(text: string): Promise<void> {
    await this.field.fill(text);
    await this.field.press('Enter');
  }

  /** The network is gone, or there again. Frames on the open socket vanish, as they do when a cable is pulled. */
  async offline(gone: boolean): Promise<void> {
    await this.page.context().setOffline(gone);
  }
}

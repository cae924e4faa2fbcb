import { mkdirSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, test as base, expect, type Page } from '@playwright/test';
import { Agent } from './agent';
import { Customer } from './customer';
import { type Demo, demo } from './demo';
import { Runner } from './runner';

export { expect };

/** What a browser says on its own when the network is gone. */
const NETWORK = /net::ERR_|WebSocket connection to/;

/** A runner of one test's own, with the customers and agents who come to it. Everybody has a browser of their own. */
export class Stage {
  /** The test cuts the network: what the browser itself says about that is no error. */
  cut = false;
  private readonly errors: string[] = [];

  constructor(
    readonly runner: Runner,
    private readonly browser: Browser,
    private readonly options: BrowserContextOptions,
  ) {}

  /** Somebody comes to a page of the shop. Without a name they are a guest. */
  async customer(name: string, { at = '/', ...options }: BrowserContextOptions & { at?: string } = {}) {
    const page = await this.page(name, options);
    await page.goto(this.runner.origin + at);
    return new Customer(page, name);
  }

  /** An agent signs in and is available. */
  async agent(id: string, options: BrowserContextOptions = {}) {
    const page = await this.page(id, options);
    await page.goto(`${this.runner.origin}/desktop/?login_hint=${id}`);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('You’re ready for the next chat');
    const name = await page.getByRole('button', { name: /, your account$/ }).getAttribute('aria-label');
    return new Agent(page, name?.replace(/, your account$/, '') ?? id);
  }

  /** All three agents of the demo, in the order in which the queue knows them. */
  async agents(): Promise<[Agent, Agent, Agent]> {
    return Promise.all([this.agent('jonas'), this.agent('marta'), this.agent('sofia')]);
  }

  /** A page in a browser of somebody's own. */
  async page(who: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.browser.newContext({ ...this.options, ...options });
    context.on('weberror', (e) => this.errors.push(`${who}: ${e.error().message}`));
    context.on('console', (m) => m.type() === 'error' && this.errors.push(`${who}: ${m.text()}`));
    return context.newPage();
  }

  /** No page had anything to complain about. */
  check(): void {
    expect(this.errors.filter((e) => !(this.cut && NETWORK.test(e)))).toEqual([]);
  }
}

/** The messages of a log: who wrote what. Only the first of a group says who, and the time that is read out may be any. */
export function said(...lines: [who: string, text: string][]): RegExp[] {
  return lines.map(
    ([who, text]) => new RegExp(`^(${quote(who)}(, \\d+:\\d\\d( [AP]M)?)?: )?${quote(text)}$`),
  );
}

const quote = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** The first of these agents at whom the customer's chat rings. */
export async function ringing(customer: string, agents: Agent[]): Promise<Agent> {
  return Promise.any(
    agents.map(async (agent) => {
      await agent.offer(customer).waitFor();
      return agent;
    }),
  );
}

export const test = base.extend<{ demo: Demo; runner: Runner; stage: Stage }>({
  demo: [demo(), { option: true }],
  runner: async ({ demo }, use, info) => {
    mkdirSync(info.outputDir, { recursive: true });
    const runner = await Runner.start(demo, info.outputDir);
    await use(runner);
    await runner.stop();
  },
  stage: async ({ runner, browser, contextOptions, locale }, use) => {
    const stage = new Stage(runner, browser, { ...contextOptions, ...(locale && { locale }) });
    await use(stage);
    await Promise.all(browser.contexts().map((context) => context.close()));
    stage.check();
  },
});

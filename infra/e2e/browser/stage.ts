import { mkdirSync, writeFileSync } from 'node:fs';
import {
  type Browser,
  type BrowserContextOptions,
  test as base,
  expect,
  type Page,
  type TestInfo,
} from '@playwright/test';
import { Agent } from './agent';
import { Customer } from './customer';
import { type Demo, demo } from './demo';
import { type House, noHaste, open } from './house';

export { expect };

/** What a browser says on its own when the network is gone. */
const NETWORK = /net::ERR_|WebSocket connection to/;

/** How the button is called that shows whose desktop it is, behind the name. */
const ACCOUNT = /, your account$/;

type Coming = BrowserContextOptions & { prepare?(page: Page): unknown };

/** A house with the customers and agents who come to it. Everybody has a browser of their own. */
export class Stage {
  /** The test cuts the network: what the browser itself says about that is no error. */
  cut = false;
  private readonly errors: string[] = [];
  /** What went over everybody's sockets. */
  private readonly frames: string[] = [];

  constructor(
    readonly house: House,
    private readonly hasty: boolean,
    private readonly browser: Browser,
    private readonly options: BrowserContextOptions,
  ) {}

  /** Somebody comes to a page of the shop. `prepare` may change the page before it loads. */
  async customer(name: string, { at = '/', prepare, ...options }: Coming & { at?: string } = {}) {
    const page = await this.page(name, options);
    await prepare?.(page);
    await page.goto(this.house.origin + at);
    return new Customer(page, name);
  }

  /** An agent signs in and is available. */
  async agent(id: string, { prepare, ...options }: Coming = {}) {
    const page = await this.page(id, options);
    await prepare?.(page);
    await page.goto(`${this.house.origin}/desktop/?login_hint=${id}`);
    const account = page.getByRole('button', { name: ACCOUNT });
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('You’re ready for the next chat');
    const name = await account.getAttribute('aria-label');
    return new Agent(page, name?.replace(ACCOUNT, '') ?? id);
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
    context.on('page', (page) => this.record(who, page));
    const page = await context.newPage();
    if (this.hasty) await hurry(page);
    return page;
  }

  private record(who: string, page: Page): void {
    const note = (what: string) =>
      this.frames.push(`${new Date().toISOString().slice(11, -1)} ${who} ${what}`);
    page.on('framenavigated', (f) => f === page.mainFrame() && note(`loads ${new URL(f.url()).pathname}`));
    page.on('websocket', (socket) => {
      note('dials');
      socket.on('framesent', ({ payload }) => note(`> ${payload}`));
      socket.on('framereceived', ({ payload }) => note(`< ${payload}`));
      socket.on('close', () => note('is cut off'));
    });
  }

  /** Leaves the frames beside the pictures of a test that failed. */
  report(info: TestInfo): void {
    writeFileSync(info.outputPath('frames.txt'), `${this.frames.join('\n')}\n`);
  }

  /** No page had anything to complain about. */
  check(): void {
    expect(this.errors.filter((e) => !(this.cut && NETWORK.test(e)))).toEqual([]);
  }
}

/** Turns a page from right to left as soon as there is one, before its scripts run. */
export const rightToLeft = (page: Page) =>
  page.addInitScript(() => {
    new MutationObserver((_, observer) => {
      if (!document.documentElement) return;
      observer.disconnect();
      document.documentElement.dir = 'rtl';
      document.documentElement.lang = 'ar';
    }).observe(document, { childList: true });
  });

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

/** What a page does once a minute or twice it does every second in a hasty house, in milliseconds. */
const SELDOM = 30_000;
const HASTY = 1_000;

/** Lets a page beat so often that it is not taken for gone where a sign of life counts for seconds, and look how the website is. */
const hurry = (page: Page) =>
  page.addInitScript(
    ([seldom, hasty]) => {
      const { setInterval } = window;
      window.setInterval = ((run: TimerHandler, delay = 0, ...args: unknown[]) =>
        setInterval(run, delay < seldom ? delay : hasty, ...args)) as typeof setInterval;
    },
    [SELDOM, HASTY] as const,
  );

export const test = base.extend<{ demo: Demo; hasty: boolean; house: House; stage: Stage }>({
  demo: [demo(), { option: true }],
  hasty: [false, { option: true }],
  house: async ({ demo, hasty }, use, info) => {
    const why = hasty && noHaste();
    if (why) info.skip(true, `out of reach: ${why}`);
    mkdirSync(info.outputDir, { recursive: true });
    const house = await open(demo, info.outputDir, hasty);
    await use(house);
    await house.close();
  },
  stage: async ({ house, hasty, browser, contextOptions, locale }, use, info) => {
    const stage = new Stage(house, hasty, browser, { ...contextOptions, ...(locale && { locale }) });
    await use(stage);
    if (info.status !== info.expectedStatus) stage.report(info);
    await Promise.all(browser.contexts().map((context) => context.close()));
    stage.check();
  },
});

import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

/** WCAG 2.2, levels A and AA. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** Waits for what fades in or out: half-way, a text has less contrast than it will have. */
async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const shadows = [...document.querySelectorAll('*')].flatMap((it) => it.shadowRoot ?? []);
    const running = [document, ...shadows].flatMap((root) => root.getAnimations());
    const ending = running.filter(
      (it) => it.effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY,
    );
    await Promise.allSettled(ending.map((it) => it.finished));
  });
}

/** Nothing on the page, shadow roots included, breaks a rule of accessibility that a program can see. */
export async function clean(page: Page): Promise<void> {
  await settled(page);
  const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
  expect(
    violations.map((v) => `${v.id}: ${v.nodes.map((n) => `${n.target} ${n.any[0]?.message}`).join(' | ')}`),
  ).toEqual([]);
}

/** The same, with light colours and with dark ones. */
export async function cleanInLightAndDark(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await clean(page);
  }
}

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { page } from './page';

beforeEach(() => {
  page();
  vi.useRealTimers();
  vi.resetModules();
  vi.stubGlobal('APP', 'assets/app.js');
  vi.stubGlobal('SHARED', []);
  vi.stubGlobal('TALK', 'assets/talk.js');
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

async function load(attributes: Record<string, string> = {}) {
  const script = document.createElement('script');
  script.src = 'https://chat.example/widget/widget.js';
  for (const [name, value] of Object.entries({ 'data-website': 'fern', ...attributes })) {
    script.setAttribute(name, value);
  }
  document.body.append(script);
  vi.spyOn(document, 'currentScript', 'get').mockReturnValue(script);
  await import('../src/loader');
  const host = document.querySelector('parley-chat') as HTMLElement;
  return { host, button: host.shadowRoot?.querySelector('button') as HTMLButtonElement };
}

test('draws the launcher at once, and asks for nothing and stores nothing', async () => {
  const fetched = vi.fn();
  vi.stubGlobal('fetch', fetched);
  const { host, button } = await load();
  expect(button.ariaLabel).toBe('Chat');
  expect(button.ariaExpanded).toBe('false');
  expect(host.style.getPropertyPriority('all')).toBe('important');
  expect([fetched.mock.calls.length, localStorage.length, sessionStorage.length]).toEqual([0, 0, 0]);
});

test('takes the owner’s label and colour, with an icon that is readable on it', async () => {
  const { host, button } = await load({ 'data-label': 'Ask us', 'data-brand': '#ffb703' });
  expect(button.ariaLabel).toBe('Ask us');
  expect(host.style.getPropertyValue('--launcher')).toBe('#ffb703');
  expect(host.style.getPropertyValue('--launcher-ink')).toBe('#000');
});

test('remembers the colour of the last page', async () => {
  localStorage.setItem('parley:fern:brand', '#112233');
  const { host } = await load();
  expect(host.style.getPropertyValue('--launcher')).toBe('#112233');
});

test('says so when the app does not load, and tries again with the next click', async () => {
  const { button } = await load();
  button.click();
  await vi.waitFor(() => expect(button.title).toBe('The chat did not load. Please try again.'));
});

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { endOfWorld, FakeBrowser, FakeSocket, settle, world } from '../test/fakes';
import { Link, Lost, Refused } from './tabs';
import type { ServerFrame } from './wire.gen';

let browser: FakeBrowser;
const links: Link[] = [];

beforeEach(() => {
  world();
  browser = new FakeBrowser();
  browser.install();
});
afterEach(() => {
  for (const link of links.splice(0)) link.stop();
  browser.uninstall();
  endOfWorld();
});

function tab() {
  const options = {
    name: 'parley:fern',
    dial: async () => ({ url: 'wss://x', token: 'jwt' }),
    onFrame: vi.fn(),
    onUp: vi.fn(),
    onNote: vi.fn(),
    catchUp: vi.fn((): ServerFrame | undefined => undefined),
  };
  const link = new Link(options);
  links.push(link);
  link.start();
  return { ...options, link };
}

async function tabs<N extends number>(count: N) {
  const made = Array.from({ length: count }, tab);
  await settle();
  FakeSocket.last.open();
  await settle();
  return made as [Tab, Tab, ...Tab[]];
}
type Tab = ReturnType<typeof tab>;

const since = { action: 'customer', type: 'since', session: 's', after: 1 } as const;

test('three tabs have one socket, and all hear all frames', async () => {
  const all = await tabs(3);
  expect(FakeSocket.all.length).toBe(1);
  expect(all.map((t) => t.link.leader)).toEqual([true, false, false]);
  expect(all.map((t) => t.onUp.mock.calls)).toEqual([[[true, true]], [[true, false]], [[true, false]]]);
  FakeSocket.last.say({ type: 'pong' });
  await settle();
  for (const t of all) expect(t.onFrame).toHaveBeenCalledWith({ type: 'pong' });
});

test('a request of any tab goes out once, and its answer finds its way back', async () => {
  const [first, second] = await tabs(2);
  const answer = second.link.request(since);
  await settle();
  expect(FakeSocket.last.requests('since').length).toBe(1);
  FakeSocket.last.answer('since', { type: 'rows', session: 's', head: 1, rows: [] });
  await expect(answer).resolves.toMatchObject({ type: 'rows' });

  const refused = first.link.request(since);
  await settle();
  const ids = FakeSocket.last.requests('since').map((frame) => frame.id);
  expect(new Set(ids).size).toBe(2);
  FakeSocket.last.answer('since', { type: 'error', code: 'taken', message: 'Jonas was first.' });
  await expect(refused).rejects.toMatchObject({ code: 'taken', message: 'Jonas was first.' });
  await expect(refused).rejects.toBeInstanceOf(Refused);
});

test('when the tab with the socket closes, the next one opens its own and repeats what is open', async () => {
  const [first, second] = await tabs(2);
  const answer = second.link.request(since);
  await settle();
  first.link.stop();
  await settle();
  expect(FakeSocket.all.length).toBe(2);
  expect(second.onUp).toHaveBeenLastCalledWith(false, false);
  FakeSocket.last.open();
  expect(second.onUp).toHaveBeenLastCalledWith(true, true);
  FakeSocket.last.answer('since', { type: 'done' });
  await expect(answer).resolves.toEqual({ type: 'done', re: FakeSocket.last.request('since').id });
});

test('a page that is hidden for good lets go of everything, and joins again when it is shown', async () => {
  const [first, second] = await tabs(2);
  // One window stands for both tabs here; only the first one is hidden.
  second.link.stop();
  window.dispatchEvent(new Event('pagehide'));
  await settle();
  expect(first.link.leader).toBe(false);
  expect(FakeSocket.last.readyState).toBe(3);
  expect(browser.channels.size).toBe(0);
  window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }));
  await settle();
  expect(first.link.leader).toBe(true);
  FakeSocket.last.open();
  expect(first.onUp).toHaveBeenLastCalledWith(true, true);
});

test('a new tab is told what was heard before it came', async () => {
  const [first] = await tabs(2);
  first.catchUp.mockReturnValue({ type: 'done', re: 0 });
  const late = tab();
  await settle();
  expect(late.onFrame).toHaveBeenCalledWith({ type: 'done', re: 0 });
  expect(late.link.up).toBe(true);
});

test('without an answer in 8 s the socket is retired and the request repeated with the same id', async () => {
  const [, second] = await tabs(2);
  const answer = second.link.request(since);
  await vi.advanceTimersByTimeAsync(8_000);
  expect(FakeSocket.all[0]?.readyState).toBe(3);
  await vi.advanceTimersByTimeAsync(500);
  FakeSocket.last.open();
  await settle();
  expect(FakeSocket.last.request('since').id).toBe(FakeSocket.all[0]?.request('since').id);
  FakeSocket.last.answer('since', { type: 'done' });
  await expect(answer).resolves.toBeDefined();
});

test('a request that nobody answers ends as lost, but not one that may take forever', async () => {
  const [first] = await tabs(2);
  const lost = expect(first.link.request(since)).rejects.toBeInstanceOf(Lost);
  const patient = vi.fn();
  void first.link.request(since, null).then(patient, patient);
  await vi.advanceTimersByTimeAsync(30_000);
  await lost;
  await vi.advanceTimersByTimeAsync(600_000);
  expect(patient).not.toHaveBeenCalled();
});

test('a request that belongs to its socket ends with it', async () => {
  const [first] = await tabs(2);
  const brief = expect(first.link.request(since, null, false)).rejects.toBeInstanceOf(Lost);
  FakeSocket.last.close(1006);
  await brief;
  await vi.advanceTimersByTimeAsync(500);
  FakeSocket.last.open();
  expect(FakeSocket.last.sent).toEqual([]);
});

test('takes the socket over from a tab that is frozen', async () => {
  const [first, second] = await tabs(2);
  // Frozen: its channel and its socket are there, and nothing is done with what arrives.
  const [frozen] = browser.channels;
  if (frozen) frozen.onmessage = null;
  void second.link.request(since, null).catch(() => {});
  await vi.advanceTimersByTimeAsync(8_000);
  expect(second.link.leader).toBe(false);
  void second.link.request(since, null).catch(() => {});
  await vi.advanceTimersByTimeAsync(8_000);
  expect(second.link.leader).toBe(true);
  expect(first.link.leader, 'steps down when it wakes').toBe(false);
  FakeSocket.last.open();
  expect(FakeSocket.last.requests('since').length).toBe(2);
});

test('somebody who looks, in any tab, makes the pings brisk until they stop looking', async () => {
  const [, second] = await tabs(2);
  second.link.brisk(true);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(FakeSocket.last.sent.length).toBe(1);
  FakeSocket.last.say({ type: 'pong' });
  second.link.brisk(false);
  await vi.advanceTimersByTimeAsync(60_000);
  const sent = FakeSocket.last.sent.length;
  FakeSocket.last.say({ type: 'pong' });
  await vi.advanceTimersByTimeAsync(120_000);
  expect(FakeSocket.last.sent.length).toBe(sent);
});

test('without locks every tab has its own socket', async () => {
  browser.uninstall();
  tab();
  tab();
  await settle();
  expect(FakeSocket.all.length).toBe(2);
});

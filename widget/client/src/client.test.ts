import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { endOfWorld, FakeBrowser, FakeSocket, settle, world } from '../test/fakes';
import type { Client } from './client';
import { CustomerClient } from './customer';
import type { Row, View } from './wire.gen';

const clients: Client[] = [];
beforeEach(world);
afterEach(() => {
  for (const client of clients.splice(0)) client.stop();
  endOfWorld();
});

const NOW = 1_800_000_000_000;
const row = (place: number, more: Partial<Row> = {}): Row => ({
  place,
  kind: 'message',
  side: 'agent',
  text: `row ${place}`,
  at: NOW + place,
  ...more,
});
const rowsTo = (head: number) => Array.from({ length: head }, (_, i) => row(i + 1));
const view = (more: Partial<View> = {}): View => ({
  session: 's1',
  generation: 1,
  state: 'ACTIVE',
  head: 1,
  queue: { id: 'q', name: 'Plant care' },
  ...more,
});

function make(): CustomerClient {
  const client = new CustomerClient({
    name: 'parley:fern',
    dial: async () => ({ url: 'wss://x', token: 'jwt' }),
    about: () => ({ language: 'en', page: { url: 'https://shop.example/', title: 'Shop' } }),
  });
  clients.push(client);
  client.connect();
  return client;
}

/** A client that has said hello and knows these sessions. */
async function welcomed(...sessions: View[]) {
  const client = make();
  await settle();
  await greet(...sessions);
  return client;
}

async function greet(...sessions: View[]) {
  FakeSocket.last.open();
  FakeSocket.last.answer('hello', { type: 'welcome', now: Date.now(), sessions });
  await drawn();
}

const drawn = () => vi.advanceTimersByTimeAsync(16);
const places = (client: Client) => client.state.sessions[0]?.rows.map((r) => r.place);
const texts = (client: Client) => client.state.sessions[0]?.rows.map((r) => r.text);
const pending = (client: Client) => client.state.sessions[0]?.pending.map((item) => item.text);

test('the first frame is hello, with who and where', async () => {
  const client = make();
  await settle();
  FakeSocket.last.open();
  expect(FakeSocket.last.sent).toEqual([
    {
      action: 'customer',
      type: 'hello',
      id: expect.any(Number),
      cursors: {},
      language: 'en',
      page: { url: 'https://shop.example/', title: 'Shop' },
    },
  ]);
  expect([client.state.up, client.state.ready]).toEqual([true, false]);
  FakeSocket.last.answer('hello', { type: 'welcome', now: NOW + 5_000, sessions: [] });
  await drawn();
  expect(client.state.ready).toBe(true);
  expect(client.clock.now() - Date.now()).toBeCloseTo(5_000, -2);
});

test('a first message becomes a session; what was written meanwhile follows it', async () => {
  const client = await welcomed();
  client.start({ text: 'Hi', name: 'Ana' });
  client.start({ text: 'Are you there?' });
  expect(client.state.starting.map((item) => item.text)).toEqual(['Hi', 'Are you there?']);
  await settle();
  expect(FakeSocket.last.requests('start').length).toBe(1);
  const { cid, nonce } = FakeSocket.last.request('start');
  expect(FakeSocket.last.request('start')).toMatchObject({ text: 'Hi', name: 'Ana', language: 'en' });
  expect(nonce).toBeTruthy();
  FakeSocket.last.answer('start', {
    type: 'session',
    now: Date.now(),
    session: view({
      state: 'WAITING',
      position: 1,
      rows: [row(1, { side: 'customer', cid, text: 'Hi' } as Row)],
    }),
  });
  await drawn();
  expect(client.state.starting).toEqual([]);
  expect([texts(client), pending(client)]).toEqual([['Hi'], ['Are you there?']]);
  expect(FakeSocket.last.request('send')).toMatchObject({ session: 's1', text: 'Are you there?', after: 1 });
});

test('sends one message at a time, in order, and shows all at once', async () => {
  const client = await welcomed(view({ rows: [row(1)] }));
  client.send('s1', 'one');
  client.send('s1', 'two');
  expect(pending(client)).toEqual(['one', 'two']);
  await settle();
  expect(FakeSocket.last.requests('send').map((f) => f.text)).toEqual(['one']);
  const { cid } = FakeSocket.last.request('send');
  FakeSocket.last.answer('send', { type: 'ack', session: 's1', cid, place: 2, at: NOW });
  await drawn();
  expect(FakeSocket.last.requests('send').map((f) => [f.text, f.after])).toEqual([
    ['one', 1],
    ['two', 2],
  ]);
  expect([texts(client), pending(client)]).toEqual([['row 1', 'one'], ['two']]);
});

test('an acknowledged message behind a gap stays pending until the gap is filled, and is not sent again', async () => {
  const client = await welcomed(view({ rows: [row(1)] }));
  client.send('s1', 'mine');
  await settle();
  const { cid } = FakeSocket.last.request('send');
  FakeSocket.last.answer('send', { type: 'ack', session: 's1', cid, place: 3, at: NOW });
  await drawn();
  expect([places(client), pending(client)]).toEqual([[1], ['mine']]);
  await vi.advanceTimersByTimeAsync(300);
  expect(FakeSocket.last.request('since')).toMatchObject({ session: 's1', after: 1 });
  FakeSocket.last.answer('since', { type: 'rows', session: 's1', head: 3, rows: [row(2)] });
  await drawn();
  expect([places(client), pending(client)]).toEqual([[1, 2, 3], []]);
  expect(FakeSocket.last.requests('send').length).toBe(1);
});

test('repeats a message on the next socket with the same cid, behind what the replay brought without it', async () => {
  const client = await welcomed(view({ rows: [row(1)] }));
  client.send('s1', 'mine');
  await settle();
  const first = FakeSocket.last.request('send');
  FakeSocket.last.close(1006);
  await vi.advanceTimersByTimeAsync(500);
  await greet(view({ head: 2, rows: [row(2)] }));
  // The request that was open is repeated as it was: that is exact too.
  expect(FakeSocket.last.request('send')).toMatchObject({ cid: first.cid, after: 1 });
  FakeSocket.last.close(1006);
  client.stop();

  // A new page has only the store: it raises `after` past the replay.
  const next = make();
  await settle();
  expect(next.state.sessions[0]?.pending.map((item) => item.text)).toEqual(['mine']);
  await greet(view({ head: 2 }));
  expect(FakeSocket.last.request('send')).toMatchObject({ cid: first.cid, after: 2 });
});

test('a message that the replay contains is not sent again', async () => {
  const client = await welcomed(view({ rows: [row(1)] }));
  client.send('s1', 'mine');
  await settle();
  const { cid } = FakeSocket.last.request('send');
  client.stop();
  const next = make();
  await settle();
  await greet(view({ head: 2, rows: [row(2, { side: 'customer', cid, text: 'mine' } as Row)] }));
  expect(FakeSocket.last.requests('send')).toEqual([]);
  expect([pending(next), texts(next)]).toEqual([[], ['row 1', 'mine']]);
});

test('a refusal that may pass is waited out; another is shown, and the next message goes on', async () => {
  const client = await welcomed(view({ rows: [row(1)] }));
  client.send('s1', 'x');
  client.send('s1', 'y');
  await settle();
  FakeSocket.last.answer('send', { type: 'error', code: 'busy', message: 'Too many.', retry: true });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(FakeSocket.last.requests('send').map((f) => f.text)).toEqual(['x', 'x']);
  FakeSocket.last.answer('send', { type: 'error', code: 'too_long', message: 'Too long.' });
  await settle();
  expect(client.state.sessions[0]?.pending[0]?.failed).toEqual({ code: 'too_long', message: 'Too long.' });
  expect(FakeSocket.last.request('send').text).toBe('y');
  const failed = client.state.sessions[0]?.pending[0]?.cid ?? '';
  client.discard(failed);
  expect(pending(client)).toEqual(['y']);
});

test('asks for a gap after 300 ms, page by page, and only then', async () => {
  const client = await welcomed(view({ rows: [row(1)] }));
  FakeSocket.last.say({ type: 'rows', session: 's1', head: 3, rows: [row(3)] });
  await vi.advanceTimersByTimeAsync(200);
  FakeSocket.last.say({ type: 'rows', session: 's1', head: 3, rows: [row(2)] });
  await vi.advanceTimersByTimeAsync(400);
  expect(FakeSocket.last.requests('since')).toEqual([]);
  expect(places(client)).toEqual([1, 2, 3]);

  FakeSocket.last.say({ type: 'rows', session: 's1', head: 7, rows: [row(7)] });
  await vi.advanceTimersByTimeAsync(300);
  FakeSocket.last.answer('since', { type: 'rows', session: 's1', head: 7, rows: [row(4), row(5)] });
  await settle();
  expect(FakeSocket.last.requests('since').map((f) => f.after)).toEqual([3, 5]);
  FakeSocket.last.answer('since', { type: 'rows', session: 's1', head: 7, rows: [row(6)] });
  await drawn();
  expect(places(client)).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test('a log that does not begin at its beginning is asked for at once', async () => {
  const client = await welcomed(view({ head: 5, rows: [row(5)] }));
  await settle();
  expect(FakeSocket.last.request('since').after).toBe(0);
  FakeSocket.last.answer('since', { type: 'rows', session: 's1', head: 5, rows: rowsTo(4) });
  await drawn();
  expect(places(client)).toEqual([1, 2, 3, 4, 5]);
});

test('begins where the server still has rows', async () => {
  const client = await welcomed(view({ head: 30 }));
  await settle();
  FakeSocket.last.answer('since', {
    type: 'rows',
    session: 's1',
    head: 30,
    rows: [row(29), row(30)],
    resync: true,
  });
  await drawn();
  expect(places(client)).toEqual([29, 30]);
});

test('forgets its picture when the server never had it', async () => {
  const first = await welcomed(view({ head: 4, rows: rowsTo(4) }));
  first.stop();
  const client = make();
  expect(places(client), 'drawn before the network').toEqual([1, 2, 3, 4]);
  await settle();
  FakeSocket.last.open();
  expect(FakeSocket.last.request('hello').cursors).toEqual({ s1: 4 });
  FakeSocket.last.answer('hello', { type: 'welcome', now: NOW, sessions: [view({ head: 2 })] });
  await settle();
  expect(FakeSocket.last.request('since').after).toBe(0);
  FakeSocket.last.answer('since', { type: 'rows', session: 's1', head: 2, rows: rowsTo(2) });
  await drawn();
  expect(places(client)).toEqual([1, 2]);
});

test('a session that is no longer kept is forgotten, and a message to it opens a new one', async () => {
  const client = await welcomed(view({ rows: [row(1)] }));
  client.send('s1', 'hello again');
  await settle();
  const { cid } = FakeSocket.last.request('send');
  FakeSocket.last.answer('send', { type: 'error', code: 'not_found', message: 'No such session.' });
  await settle();
  expect(client.state.sessions).toEqual([]);
  expect(FakeSocket.last.request('start')).toMatchObject({
    cid,
    nonce: cid,
    text: 'hello again',
    language: 'en',
  });
  expect(localStorage.getItem('parley:fern:log')).toBeNull();
});

test('a message that may be for later is left as one when it cannot reopen the session, and once', async () => {
  const client = await welcomed(view({ state: 'CLOSED', rows: [row(1)] }));
  client.send('s1', 'One more thing', true);
  await settle();
  const { cid } = FakeSocket.last.request('send');
  FakeSocket.last.answer('send', { type: 'error', code: 'not_open', message: 'We are closed.' });
  await settle();
  expect(FakeSocket.last.request('start')).toMatchObject({ cid, text: 'One more thing', offline: true });
  const shown = () => [client.state.sessions[0]?.pending, client.state.starting].map((all) => all?.length);
  expect(shown(), 'in one place').toEqual([0, 1]);
  FakeSocket.last.answer('start', {
    type: 'session',
    now: NOW,
    session: view({
      state: 'CLOSED',
      outcome: 'offline',
      head: 2,
      rows: [row(2, { side: 'customer', cid: String(cid) })],
    }),
  });
  await drawn();
  expect(shown()).toEqual([0, 0]);
  expect(client.state.sessions[0]?.rows.length).toBe(2);
});

test('a message that was not for later is refused, until the customer says that it may be', async () => {
  const client = await welcomed(view({ state: 'CLOSED', rows: [row(1)] }));
  client.send('s1', 'One more thing');
  await settle();
  const { cid } = FakeSocket.last.request('send');
  FakeSocket.last.answer('send', { type: 'error', code: 'nobody', message: 'Nobody is here.' });
  await settle();
  expect(client.state.sessions[0]?.pending[0]?.failed?.code).toBe('nobody');
  client.retry(String(cid), true);
  await settle();
  FakeSocket.last.answer('send', { type: 'error', code: 'nobody', message: 'Nobody is here.' });
  await settle();
  expect(FakeSocket.last.request('start')).toMatchObject({ cid, offline: true });
});

test('an old frame does not bring an old state back', async () => {
  const client = await welcomed(view({ state: 'WAITING', rows: [row(1)] }));
  const marta = { id: 'm', name: 'Marta' };
  FakeSocket.last.say({
    type: 'session',
    now: NOW,
    session: view({ head: 2, agent: marta, rows: [row(2, { kind: 'accepted', by: 'm', name: 'Marta' })] }),
  });
  FakeSocket.last.say({ type: 'session', now: NOW, session: view({ state: 'WAITING', position: 1 }) });
  await drawn();
  expect(client.state.sessions[0]?.view).toMatchObject({ state: 'ACTIVE', agent: marta });
});

test('a state that only its row told is known until its frame comes', async () => {
  const client = await welcomed(view({ rows: [row(1)] }));
  const closed = row(2, { kind: 'closed', side: 'system', outcome: 'handled' });
  FakeSocket.last.say({ type: 'rows', session: 's1', head: 2, rows: [closed] });
  await drawn();
  expect(client.state.sessions[0]?.view.state).toBe('CLOSED');
});

test('beats every minute while a session is open, and is told where it stands', async () => {
  const client = await welcomed(view({ state: 'WAITING', position: 3, rows: [row(1)] }));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(FakeSocket.last.request('beat').cursors).toEqual({ s1: 1 });
  FakeSocket.last.answer('beat', {
    type: 'pulse',
    now: Date.now(),
    sessions: [view({ state: 'WAITING', position: 2, head: 2 })],
  });
  await vi.advanceTimersByTimeAsync(316);
  expect(client.state.sessions[0]?.view.position).toBe(2);
  expect(FakeSocket.last.request('since').after).toBe(1);
  FakeSocket.last.answer('since', { type: 'rows', session: 's1', head: 2, rows: [row(2)] });
  FakeSocket.last.say({
    type: 'session',
    now: NOW,
    session: view({ state: 'CLOSED', head: 3, rows: [row(3)] }),
  });
  await vi.advanceTimersByTimeAsync(180_000);
  expect(FakeSocket.last.requests('beat').length).toBe(1);
});

test('typing is told every 3 s at most, and shown for 4 s or until the message comes', async () => {
  const client = await welcomed(view({ rows: [row(1)] }));
  client.typing('s1');
  client.typing('s1');
  expect(FakeSocket.last.requests('typing').length).toBe(1);
  await vi.advanceTimersByTimeAsync(3_000);
  client.typing('s1');
  expect(FakeSocket.last.requests('typing').length).toBe(2);

  const typing = () => client.state.sessions[0]?.typing;
  FakeSocket.last.say({ type: 'typing', session: 's1', side: 'agent', name: 'Marta' });
  await drawn();
  expect(typing()).toEqual({ side: 'agent', name: 'Marta' });
  await vi.advanceTimersByTimeAsync(4_016);
  expect(typing()).toBeUndefined();
  FakeSocket.last.say({ type: 'typing', session: 's1', side: 'agent' });
  FakeSocket.last.say({ type: 'rows', session: 's1', head: 2, rows: [row(2)] });
  await drawn();
  expect(typing()).toBeUndefined();
});

test('what we wrote ourselves needs no receipt', async () => {
  const mine = row(2, { side: 'customer' });
  const client = await welcomed(view({ head: 2, rows: [row(1), mine], read: { customer: 1 } }));
  client.seen('s1');
  expect(FakeSocket.last.requests('read')).toEqual([]);
});

test('what was seen is said once, and what the other side read is kept', async () => {
  const client = await welcomed(view({ head: 2, rows: rowsTo(2), read: { agent: 1 } }));
  client.seen('s1');
  client.seen('s1');
  expect(FakeSocket.last.requests('read')).toMatchObject([{ session: 's1', place: 2 }]);
  FakeSocket.last.say({ type: 'read', session: 's1', side: 'agent', place: 2 });
  FakeSocket.last.say({ type: 'read', session: 's1', side: 'agent', place: 1 });
  await drawn();
  expect(client.state.sessions[0]?.read).toEqual({ customer: 2, agent: 2 });
});

test('a burst of frames is drawn once, and what did not change stays the same object', async () => {
  const client = await welcomed(view({ rows: [row(1)] }));
  const drawings = vi.fn();
  client.subscribe(drawings);
  const before = client.state;
  for (let place = 2; place < 200; place++) {
    FakeSocket.last.say({ type: 'rows', session: 's1', head: place, rows: [row(place)] });
  }
  expect(client.state).toBe(before);
  await drawn();
  expect(drawings).toHaveBeenCalledTimes(1);
  const [session] = client.state.sessions;
  expect(session?.rows.length).toBe(199);
  FakeSocket.last.close(1006);
  expect(client.state.up).toBe(false);
  expect(client.state.sessions[0]).toBe(session);
});

test('a hello that is refused for now is said again', async () => {
  make();
  await settle();
  FakeSocket.last.open();
  FakeSocket.last.answer('hello', { type: 'error', code: 'internal', message: 'Oops', retry: true });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(FakeSocket.last.requests('hello').length).toBe(2);
});

test('what is kept for the next page is bounded', async () => {
  const long = 'x'.repeat(4_000);
  const client = await welcomed(view({ head: 300, rows: rowsTo(300).map((r) => ({ ...r, text: long })) }));
  expect(client.state.sessions[0]?.rows.length).toBe(300);
  const kept = JSON.parse(localStorage.getItem('parley:fern:log') ?? '') as { rows: Row[] };
  expect(kept.rows.map((r) => r.place)).toEqual([289, 290, 291, 292, 293, 294, 295, 296, 297, 298, 299, 300]);
  client.stop();

  const next = make();
  await settle();
  await greet(view({ head: 300 }));
  expect(FakeSocket.last.request('hello').cursors).toEqual({ s1: 300 });
  void next.earlier('s1');
  expect(FakeSocket.last.request('since').after).toBe(268);
  FakeSocket.last.answer('since', { type: 'rows', session: 's1', head: 300, rows: rowsTo(289).slice(268) });
  await drawn();
  expect(next.state.sessions[0]?.rows[0]?.place).toBe(269);
});

test.each(['', '{', '{"view":{}}', '{"view":{"session":"s1","queue":{}},"rows":[{"place":1},{"place":3}]}'])(
  'storage that somebody else wrote is ignored: %s',
  async (text) => {
    localStorage.setItem('parley:fern:log', text);
    localStorage.setItem('parley:fern:out:1', text);
    const client = await welcomed();
    expect(client.state).toMatchObject({ sessions: [], starting: [] });
  },
);

test('two tabs: what one writes, both show; the tab with the socket sends it', async () => {
  const browser = new FakeBrowser();
  browser.install();
  const leader = await welcomed(view({ rows: [row(1)] }));
  const follower = make();
  await drawn();
  expect([places(follower), follower.state.up]).toEqual([[1], true]);
  follower.send('s1', 'from the second tab');
  await drawn();
  expect(pending(leader)).toEqual(['from the second tab']);
  const sends = FakeSocket.last.requests('send');
  expect(sends.length).toBe(1);
  FakeSocket.last.say({
    type: 'ack',
    re: sends[0]?.id,
    session: 's1',
    cid: sends[0]?.cid,
    place: 2,
    at: NOW,
  });
  await drawn();
  for (const client of [leader, follower]) {
    expect([texts(client), pending(client)]).toEqual([['row 1', 'from the second tab'], []]);
  }
  FakeSocket.last.say({ type: 'rows', session: 's1', head: 3, rows: [row(3)] });
  await drawn();
  follower.seen('s1');
  await drawn();
  expect(leader.state.sessions[0]?.read.customer).toBe(3);

  leader.stop();
  await settle();
  expect(FakeSocket.all.length).toBe(2);
  FakeSocket.last.open();
  expect(FakeSocket.last.request('hello').cursors).toEqual({ s1: 3 });
  browser.uninstall();
});

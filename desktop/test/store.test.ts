import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Desk } from '../src/store';
import { accepted, ben, desk, gone, marta, offer, offered, row, sessionFrame, view, welcome } from './server';

beforeEach(() => {
  vi.useFakeTimers();
  sessionStorage.clear();
  localStorage.clear();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const names = (d: Desk) => d.state.offers.map((c) => c.name);
const news = (d: Desk) =>
  d.state.notices.map((n) => ('text' in n ? n.text : [n.kind, n.by, n.who].filter(Boolean).join(' ')));
const error = (code: string, more: object = {}) => ({
  type: 'error',
  code,
  message: `Sorry: ${code}.`,
  ...more,
});

describe('signing in', () => {
  test('the first hello says that the agent has just signed in, and brings the desk', async () => {
    const { desk: d, server } = await desk();
    expect(server.sent('hello')[0]).toMatchObject({ action: 'agent', signIn: true, cursors: {} });
    expect(d.state).toMatchObject({ link: 'up', ready: true, me: { name: 'Marta' }, reasons: ['Lunch'] });
  });

  test('a lost line is said, and the next hello has the cursors of what is known', async () => {
    const { desk: d, server } = await desk(
      welcome({ sessions: [view('s1', [row(1), accepted(2)])], me: { ...marta, open: ['s1'] } }),
    );
    await server.drop();
    expect(d.state.link).toBe('down');
    await vi.advanceTimersByTimeAsync(2000);
    expect(d.state.link).toBe('up');
    expect(server.sent('hello').at(-1)).toMatchObject({ cursors: { s1: 2 } });
    expect(server.sent('hello').at(-1)).not.toHaveProperty('signIn');
  });

  test('a final close is said as such', async () => {
    const { desk: d, server } = await desk();
    await server.drop(4401);
    expect(d.state.link).toBe('refused');
  });
});

describe('offers', () => {
  test('an offer shows, rings, and is marked as delivered and seen', async () => {
    const { desk: d, server, bell } = await desk();
    await server.say(offer('s1'));
    expect(names(d)).toEqual(['Customer s1']);
    expect(bell.rings).toBe(true);
    expect(server.sent('mark')).toMatchObject([{ session: 's1', generation: 1, round: 1, seen: true }]);
  });

  test('offers stack, the oldest first; each has its own end', async () => {
    const { desk: d, server } = await desk();
    await server.say(offer('late', { offered: Date.now() + 1000, until: Date.now() + 30_000 }));
    await server.say(offer('early'));
    expect(names(d)).toEqual(['Customer early', 'Customer late']);
    await server.say(gone('early', { outcome: 'canceled' }));
    expect(names(d)).toEqual(['Customer late']);
  });

  test('taken by another: the card goes, the news says who, the ring stops', async () => {
    const { desk: d, server, bell } = await desk();
    await server.say(offer('s1'));
    await server.say(gone('s1', { by: { id: 'jonas', name: 'Jonas' } }));
    expect(names(d)).toEqual([]);
    expect(news(d)).toEqual(['taken Jonas Customer s1']);
    expect(bell.rings).toBe(false);
    await vi.advanceTimersByTimeAsync(8000);
    expect(news(d)).toEqual([]);
  });

  // A push may overtake another: the `gone` of a round may come before its `offer`.
  test('an offer that comes after its end does not show; its next round does', async () => {
    const { desk: d, server } = await desk();
    await server.say(gone('s1', { outcome: 'expired' }));
    await server.say(offer('s1'));
    expect(names(d)).toEqual([]);
    expect(news(d)).toEqual([]);
    await server.say(offer('s1', { round: 2 }));
    expect(names(d)).toEqual(['Customer s1']);
  });

  test.each([
    ['expired', 'missed Customer s1'],
    ['canceled', 'withdrawn Customer s1'],
  ])('an offer that is %s is explained', async (outcome, text) => {
    const { desk: d, server } = await desk();
    await server.say(offer('s1'));
    await server.say(gone('s1', { outcome }));
    expect(news(d)).toEqual([text]);
  });

  test('an offer whose end nobody told goes by itself', async () => {
    const { desk: d, server } = await desk();
    await server.say(offer('s1'));
    await vi.advanceTimersByTimeAsync(22_000);
    expect(names(d)).toEqual([]);
    expect(news(d)).toEqual(['missed Customer s1']);
  });

  test("the end counts by the server's clock", async () => {
    const ahead = 3_600_000;
    const { desk: d, server } = await desk(welcome({ now: Date.now() + ahead }));
    expect(Math.round(d.state.skew / 1000)).toBe(3600);
    const now = Date.now() + ahead;
    await server.say(offer('s1', { now, offered: now, until: now + 20_000 }));
    expect(names(d)).toEqual(['Customer s1']);
  });

  test('accept opens the tab of the session, and once only', async () => {
    const { desk: d, server, shown } = await desk();
    await server.say(offer('s1'));
    server.answers.accept = () => sessionFrame(view('s1', [row(1), accepted(2)]));
    void d.acceptOldest();
    void d.acceptOldest();
    expect(d.state.offers[0]?.accepting).toBe(true);
    await vi.advanceTimersByTimeAsync(20);
    expect(server.sent('accept')).toHaveLength(1);
    expect(shown).toEqual(['s1']);
    expect(names(d)).toEqual([]);
    expect(d.state.sessions).toMatchObject([{ id: 's1', standing: 'open', unread: 1 }]);
    await server.say(offer('s1'));
    expect(names(d)).toEqual([]);
  });

  test.each([
    [error('taken', { by: { id: 'jonas', name: 'Jonas' } }), 'taken Jonas Customer s1'],
    [error('late'), 'Too late: the offer of the chat with Customer s1 had ended.'],
    [error('paused'), 'Sorry: paused.'],
    [error('full'), 'Sorry: full.'],
    [error('licence_full'), 'Sorry: licence_full.'],
  ])('a refused accept is explained: %o', async (answer, text) => {
    const { desk: d, server } = await desk();
    await server.say(offer('s1'));
    server.answers.accept = () => answer;
    void d.acceptOldest();
    await vi.advanceTimersByTimeAsync(20);
    expect(news(d)).toEqual([text]);
    expect(names(d)).toEqual([]);
  });

  // The server tells the agent's state with beats only: until then the desk knows better what it has accepted and closed.
  test('an accept and a close count at once against the capacity', async () => {
    const { desk: d, server } = await desk(welcome({ me: { ...marta, capacity: 1 } }));
    await server.say(offer('s1'));
    await server.say(offer('s2'));
    server.answers.accept = () => sessionFrame(view('s1', [row(1), accepted(2)]));
    void d.acceptOldest();
    await vi.advanceTimersByTimeAsync(20);
    expect(d.state.me?.open).toEqual(['s1']);
    expect(names(d)).toEqual([]);
    server.answers.close = () =>
      sessionFrame(view('s1', [row(3, { kind: 'closed', side: 'system' })], { state: 'CLOSED' }));
    void d.close('s1', '', '');
    await vi.advanceTimersByTimeAsync(20);
    expect(d.state.me?.open).toEqual([]);
    expect(names(d)).toEqual(['Customer s2']);
  });

  test('an accept that may work later leaves the card, with the reason', async () => {
    const { desk: d, server } = await desk();
    await server.say(offer('s1'));
    server.answers.accept = () => error('busy', { retry: true });
    void d.acceptOldest();
    await vi.advanceTimersByTimeAsync(20);
    expect(d.state.offers).toMatchObject([{ accepting: false, problem: 'Sorry: busy.' }]);
  });

  test('an accept that nobody answered until the offer was over is said to be lost', async () => {
    const { desk: d, server } = await desk();
    await server.say(offer('s1'));
    void d.acceptOldest();
    await vi.advanceTimersByTimeAsync(31_000);
    expect(names(d)).toEqual([]);
    expect(news(d)).toEqual(['No answer came from Parley. Please try again.']);
  });

  test('an offer of a session that is here already, accepted in another window, does not ring', async () => {
    const { desk: d, server, bell } = await desk();
    await server.say(offer('s1'));
    await server.say(sessionFrame(view('s1', [row(1), accepted(2)])));
    expect(names(d)).toEqual([]);
    expect(bell.rings).toBe(false);
  });

  test('reject takes the card away at once; who took the chat later is still told', async () => {
    const { desk: d, server } = await desk();
    await server.say(offer('s1'));
    d.rejectOldest();
    expect(names(d)).toEqual([]);
    expect(server.sent('reject')).toMatchObject([{ session: 's1', generation: 1, round: 1 }]);
    await server.say(offer('s1')); // a repeated push
    expect(names(d)).toEqual([]);
    await server.say(gone('s1', { by: { id: 'jonas', name: 'Jonas' } }));
    expect(news(d)).toEqual(['taken Jonas Customer s1']);
  });

  test('who took the chat in a later round, after it rang for others, is told as well', async () => {
    const { desk: d, server } = await desk();
    await server.say(offer('s1'));
    d.rejectOldest();
    await server.say(gone('s1', { round: 2, by: { id: 'jonas', name: 'Jonas' } }));
    await server.say(gone('s1', { generation: 2, round: 3, by: { id: 'jonas', name: 'Jonas' } })); // not declined
    expect(news(d)).toEqual(['taken Jonas Customer s1']);
  });

  test('a pause hides the cards at the click, before the server has answered; a refused one shows them again', async () => {
    const { desk: d, server } = await desk();
    await server.say(offer('s1'));
    server.answers.status = () => error('busy');
    const done = d.setStatus('PAUSED', { reason: 'Lunch' });
    expect(names(d)).toEqual([]);
    expect(server.sent('status')).toMatchObject([{ state: 'PAUSED', reason: 'Lunch' }]);
    await vi.advanceTimersByTimeAsync(20);
    expect(await done).toBe(false);
    expect(names(d)).toEqual(['Customer s1']);
    expect(news(d)).toEqual(['Sorry: busy.']);
  });

  test.each([
    ['paused', { ...marta, state: 'PAUSED' }],
    ['full', { ...marta, open: ['a', 'b', 'c'] }],
  ])('nothing rings for an agent who is %s', async (_, me) => {
    const { desk: d, server, bell } = await desk(welcome({ me }));
    await server.say(offer('s1'));
    expect(names(d)).toEqual([]);
    expect(bell.rings).toBe(false);
  });
});

describe('availability', () => {
  test('signing out with open chats is refused in the words of the server', async () => {
    const { desk: d, server } = await desk();
    server.answers.status = () => error('open_sessions');
    const done = d.setStatus('OFFLINE');
    await vi.advanceTimersByTimeAsync(20);
    expect(await done).toBe(false);
    expect(news(d)).toEqual(['Sorry: open_sessions.']);
    // And the way that is open is offered with it.
    d.state.notices[0]?.act?.run();
    expect(server.sent('status').at(-1)).toMatchObject({ state: 'OFFLINE', after: true });
  });

  test('a change by somebody else is told with its reason', async () => {
    const { desk: d, server } = await desk();
    await server.say({
      type: 'status',
      me: { ...marta, state: 'NOT_RESPONDING' },
      note: 'You missed 3 chats.',
    });
    expect(d.state.me?.state).toBe('NOT_RESPONDING');
    expect(news(d)).toEqual(['You missed 3 chats.']);
  });

  test('whoever pauses after these chats gets no new ones, and can stay after all', async () => {
    const { desk: d, server } = await desk(
      welcome({ sessions: [view('s1', [row(1), accepted(2)])], me: { ...marta, open: ['s1'] } }),
    );
    await server.say(offer('s2'));
    server.answers.status = (f) => ({
      type: 'status',
      me: { ...marta, open: ['s1'], ...(f.after ? { next: f.state, nextReason: f.reason } : {}) },
    });
    const done = d.setStatus('PAUSED', { reason: 'Lunch', after: true });
    expect(names(d)).toEqual([]);
    await vi.advanceTimersByTimeAsync(20);
    expect(await done).toBe(true);
    expect(d.state.me).toMatchObject({ state: 'READY', next: 'PAUSED', nextReason: 'Lunch' });
    expect(names(d)).toEqual([]);
    void d.stay();
    await vi.advanceTimersByTimeAsync(20);
    expect(server.sent('status')).toMatchObject([
      { state: 'PAUSED', reason: 'Lunch', after: true },
      { state: 'READY' },
    ]);
    expect(d.state.me?.next).toBeUndefined();
    expect(names(d)).toEqual(['Customer s2']);
  });

  test('whoever was to sign out after a break and stays is still on it', async () => {
    const { desk: d, server } = await desk(
      welcome({ me: { ...marta, state: 'PAUSED', reason: 'Lunch', next: 'OFFLINE', open: ['s1'] } }),
    );
    void d.stay();
    expect(server.sent('status')).toMatchObject([{ state: 'PAUSED', reason: 'Lunch' }]);
  });

  test('a shift that was to end after the open chats ends with the last of them', async () => {
    const { server, left } = await desk(welcome({ me: { ...marta, next: 'OFFLINE', open: ['s1'] } }));
    expect(left()).toBe(0);
    await server.say({ type: 'status', me: { ...marta, state: 'OFFLINE' } });
    expect(left()).toBe(1);
  });

  test('going offline otherwise signs nobody out', async () => {
    const { server, left } = await desk();
    await server.say({ type: 'status', me: { ...marta, state: 'OFFLINE' } });
    expect(left()).toBe(0);
  });

  describe('a wrap-up', () => {
    const wrapUp = (until: number, more: object = {}) => ({
      ...marta,
      state: 'WRAPUP',
      until,
      now: Date.now(),
      ...more,
    });

    test("ends by itself, on the server's clock: the desk says so once, which wakes the line", async () => {
      const ahead = 3_600_000;
      const now = Date.now() + ahead;
      const { server } = await desk(welcome({ now, me: wrapUp(now + 30_000, { now }) }));
      await vi.advanceTimersByTimeAsync(29_000);
      expect(server.sent('status')).toEqual([]);
      await vi.advanceTimersByTimeAsync(2_000);
      expect(server.sent('status')).toMatchObject([{ state: 'READY' }]);
      await vi.advanceTimersByTimeAsync(20_000);
      expect(
        server.sent('status').filter((f, i, all) => all.findIndex((g) => g.id === f.id) === i),
      ).toHaveLength(1);
    });

    test('does not take away what rang before it began', async () => {
      const { desk: d, server } = await desk();
      await server.say(offer('s1'));
      await server.say({ type: 'status', me: wrapUp(Date.now() + 30_000) });
      expect(names(d)).toEqual(['Customer s1']);
    });

    test('that the agent has ended is not ended again', async () => {
      const { desk: d, server } = await desk(welcome({ me: wrapUp(Date.now() + 30_000) }));
      server.answers.status = () => ({ type: 'status', me: marta });
      void d.setStatus('READY');
      await vi.advanceTimersByTimeAsync(40_000);
      expect(server.sent('status')).toHaveLength(1);
    });

    test('of an agent who leaves afterwards is left alone: that they are available would keep them here', async () => {
      const { server } = await desk(
        welcome({ me: wrapUp(Date.now() + 30_000, { next: 'PAUSED', open: ['s1'] }) }),
      );
      await vi.advanceTimersByTimeAsync(40_000);
      expect(server.sent('status')).toEqual([]);
    });
  });
});

describe('sessions', () => {
  const open = (rows = [row(1), accepted(2)], more = {}) =>
    desk(welcome({ sessions: [view('s1', rows, more)], me: { ...marta, open: ['s1'] } }));

  test('unread counts what the customer wrote after the last place read', async () => {
    const { desk: d, server } = await open([row(1), accepted(2), row(3)], { read: { agent: 2 } });
    expect(d.state.sessions[0]?.unread).toBe(1);
    d.read('s1', 3);
    expect(d.state.sessions[0]?.unread).toBe(0);
    expect(server.sent('read')).toMatchObject([{ session: 's1', place: 3 }]);
    d.read('s1', 3);
    expect(server.sent('read')).toHaveLength(1);
    await server.say({ type: 'rows', session: 's1', head: 4, rows: [row(4)] });
    expect(d.state.sessions[0]?.unread).toBe(1);
  });

  test('tabs stand in the order of their accepts', async () => {
    const at = (place: number, t: number) => ({ ...accepted(place), at: t });
    const { desk: d } = await desk(
      welcome({
        sessions: [view('second', [row(1), at(2, 2000)]), view('first', [row(1), at(2, 1000)])],
        me: { ...marta, open: ['second', 'first'] },
      }),
    );
    expect(d.state.sessions.map((s) => s.id)).toEqual(['first', 'second']);
  });

  test('a message shows at once, travels with its place, and is acknowledged', async () => {
    const { desk: d, server } = await open();
    d.send('s1', 'Hello');
    expect(d.state.sessions[0]?.pending).toMatchObject([{ text: 'Hello' }]);
    await vi.advanceTimersByTimeAsync(20);
    const send = server.sent('send')[0];
    expect(send).toMatchObject({ session: 's1', text: 'Hello', after: 2 });
    await server.say({ type: 'ack', re: send?.id, session: 's1', cid: send?.cid, place: 3, at: Date.now() });
    expect(d.state.sessions[0]?.pending).toEqual([]);
    expect(d.state.sessions[0]?.rows.at(-1)).toMatchObject({ place: 3, text: 'Hello', by: 'marta' });
  });

  test('a message that is refused is given back with the reason, once', async () => {
    const { desk: d, server } = await open();
    server.answers.send = () => error('too_long');
    d.send('s1', 'Hello');
    await vi.advanceTimersByTimeAsync(20);
    const refused = d.state.sessions[0]?.refused;
    expect(refused).toMatchObject({ text: 'Hello', message: 'Sorry: too_long.' });
    expect(d.state.sessions[0]?.pending).toEqual([]);
    d.takeBack(refused?.cid ?? '');
    expect(d.state.sessions[0]?.refused).toBeUndefined();
  });

  test('typing of the customer shows for a while', async () => {
    const { desk: d, server } = await open();
    await server.say({ type: 'typing', session: 's1', side: 'customer' });
    expect(d.state.sessions[0]?.typing).toBe(true);
    await vi.advanceTimersByTimeAsync(5000);
    expect(d.state.sessions[0]?.typing).toBe(false);
  });

  test('close says how it ended; the tab stays, closed, until it is dismissed', async () => {
    const { desk: d, server } = await open();
    const end = row(3, {
      kind: 'closed',
      side: 'agent',
      by: 'marta',
      name: 'Marta',
      text: '',
      outcome: 'handled',
    });
    server.answers.close = () => sessionFrame(view('s1', [end], { state: 'CLOSED', outcome: 'handled' }));
    const done = d.close('s1', 'Solved', '');
    await vi.advanceTimersByTimeAsync(20);
    expect(await done).toBeUndefined();
    expect(server.sent('close')[0]).toMatchObject({ session: 's1', disposition: 'Solved' });
    expect(server.sent('close')[0]).not.toHaveProperty('note');
    expect(d.state.sessions).toMatchObject([{ standing: 'closed', unread: 0 }]);
    await server.say({ type: 'status', me: marta });
    d.dismiss('s1');
    expect(d.state.sessions).toEqual([]);
  });

  test('a close that is refused says why', async () => {
    const { desk: d, server } = await open();
    server.answers.close = () => error('not_yours');
    const done = d.close('s1', '', '');
    await vi.advanceTimersByTimeAsync(20);
    expect(await done).toBe('Sorry: not_yours.');
  });

  test('a closed session comes back by a new offer into its tab', async () => {
    const { desk: d, server } = await open(
      [row(1), accepted(2), row(3, { kind: 'closed', side: 'agent', by: 'marta' })],
      {
        state: 'CLOSED',
      },
    );
    await server.say(offer('s1', { generation: 2, round: 2 }));
    server.answers.accept = () =>
      sessionFrame(view('s1', [row(4, { kind: 'reopened' }), accepted(5)], { generation: 2 }));
    void d.acceptOldest();
    await vi.advanceTimersByTimeAsync(20);
    expect(d.state.sessions).toMatchObject([{ id: 's1', standing: 'open', generation: 2 }]);
    expect(d.state.sessions[0]?.rows.map((r) => r.place)).toEqual([1, 2, 3, 4, 5]);
  });

  test('a session that went back to the queue is told and stays readable', async () => {
    const { desk: d, server } = await open();
    await server.say(
      sessionFrame(
        view('s1', [row(3, { kind: 'requeued', side: 'system', text: '' })], {
          state: 'WAITING',
          generation: 2,
        }),
      ),
    );
    expect(d.state.sessions).toMatchObject([{ standing: 'away' }]);
    expect(news(d)).toEqual(['returned Customer s1']);
  });

  test('a session that went while the desktop was off is nobody’s that it knows of', async () => {
    const { desk: d, server } = await open();
    server.answers.hello = () => welcome();
    await server.drop();
    await vi.advanceTimersByTimeAsync(5000);
    expect(d.state.sessions).toMatchObject([{ id: 's1', standing: 'away' }]);
    expect(d.state.sessions[0]?.owner).toBeUndefined();
  });

  test('the warning that nobody writes is over with the first word', async () => {
    const until = Date.now() + 60_000;
    const { desk: d, server } = await open([row(1), accepted(2)], { idleUntil: until });
    expect(d.state.sessions[0]?.idleUntil).toBe(until);
    d.send('s1', 'Are you still there?');
    expect(d.state.sessions[0]?.idleUntil).toBeUndefined();
    d.takeBack(d.state.sessions[0]?.pending[0]?.cid ?? '');
    expect(d.state.sessions[0]?.idleUntil).toBe(until);
    await server.say({ type: 'rows', session: 's1', head: 3, rows: [row(3)] });
    expect(d.state.sessions[0]?.idleUntil).toBeUndefined();
  });

  test('what did not change stays the same object: only its own views draw again', async () => {
    const { desk: d, server } = await desk(
      welcome({
        sessions: [view('s1', [row(1), accepted(2)]), view('s2', [row(1), accepted(2)])],
        me: { ...marta, open: ['s1', 's2'] },
      }),
    );
    const [one, two] = d.state.sessions;
    await server.say({ type: 'rows', session: 's2', head: 3, rows: [row(3)] });
    expect(d.state.sessions[0]).toBe(one);
    expect(d.state.sessions[1]).not.toBe(two);
    const before = d.state;
    await server.say({ type: 'pong' });
    expect(d.state).toBe(before);
  });
});

describe('handing over', () => {
  const rows = () => [row(1), accepted(2)];
  const open = (v = view('s1', rows())) => desk(welcome({ sessions: [v], me: { ...marta, open: ['s1'] } }));
  const taken = (more: object = {}) =>
    sessionFrame(
      view('s1', [row(3, { kind: 'transferred', side: 'agent', by: 'ben', name: ben.name, text: '' })], {
        agent: ben,
        generation: 2,
        ...more,
      }),
    );
  const answer = (outcome: string, more: object = {}) => gone('s1', { round: 7, outcome, ...more });

  test('what is offered rings there and stays here; whoever accepts has it, and its tab goes', async () => {
    const { desk: d, server } = await open();
    server.answers.transfer = () => sessionFrame(offered(view('s1', [], { head: 2 })));
    const done = d.transfer('s1', { agent: 'ben', note: 'Wants a refund' });
    await vi.advanceTimersByTimeAsync(20);
    expect(await done).toBeUndefined();
    expect(server.sent('transfer')).toMatchObject([{ session: 's1', agent: 'ben', note: 'Wants a refund' }]);
    expect(d.state.sessions).toMatchObject([
      { standing: 'open', handover: { state: 'rings', to: ben, assist: false, queue: false } },
    ]);
    await server.say(taken());
    await server.say(answer('rescinded', { by: ben }));
    expect(d.state.sessions).toEqual([]);
    expect(d.state.me?.open).toEqual([]);
    expect(news(d)).toEqual(['handed Ben Osei Customer s1']);
  });

  test('it can be read again while the news of it stands, and is forgotten with it', async () => {
    const { desk: d, server, shown } = await open(offered(view('s1', rows())));
    await server.say(taken());
    d.state.notices[0]?.act?.run();
    expect(shown).toEqual(['s1']);
    expect(d.state.sessions).toMatchObject([{ id: 's1', standing: 'away', owner: ben }]);
    const { desk: other, server: far } = await open(offered(view('s1', rows())));
    await far.say(taken());
    const late = other.state.notices[0]?.act;
    await vi.advanceTimersByTimeAsync(15_000);
    expect(other.state.notices).toEqual([]);
    late?.run();
    expect(other.state.sessions).toEqual([]);
  });

  test('what was written and not sent does not go with it', async () => {
    const { desk: d, server } = await open(offered(view('s1', rows())));
    d.draft('s1', 'One more thing');
    await server.say(taken());
    expect(d.state.sessions).toMatchObject([{ id: 's1', standing: 'away' }]);
    expect(news(d)).toEqual(['handed Ben Osei Customer s1']);
  });

  test.each([
    ['rejected', 'declined'],
    ['expired', 'missed'],
    ['canceled', 'failed'],
  ])('an offer that is %s leaves the chat here and is said until it is known', async (outcome, state) => {
    const { desk: d, server } = await open(offered(view('s1', rows())));
    await server.say(answer(outcome));
    expect(d.state.sessions[0]?.handover).toMatchObject({ state, to: ben });
    await server.say(sessionFrame(view('s1', [], { head: 2 })));
    expect(d.state.sessions[0]?.handover).toMatchObject({ state });
    d.forgetHandover('s1');
    expect(d.state.sessions[0]?.handover).toBeUndefined();
  });

  // Either may be first, and a push may be lost.
  test('its end is seen in the session too, and named when it is told', async () => {
    const { desk: d, server } = await open(offered(view('s1', rows())));
    await server.say(sessionFrame(view('s1', [], { head: 2 })));
    expect(d.state.sessions[0]?.handover).toMatchObject({ state: 'failed' });
    await server.say(answer('rejected'));
    expect(d.state.sessions[0]?.handover).toMatchObject({ state: 'declined' });
  });

  test('taken back it is gone at the click; a refusal is said, and it rings on', async () => {
    const { desk: d, server } = await open(offered(view('s1', rows())));
    server.answers.withdraw = () => error('busy');
    void d.takeBackOffer('s1');
    expect(d.state.sessions[0]?.handover).toBeUndefined();
    await vi.advanceTimersByTimeAsync(20);
    expect(d.state.sessions[0]?.handover).toMatchObject({ state: 'rings' });
    expect(news(d)).toEqual(['Sorry: busy.']);
    server.answers.withdraw = () => sessionFrame(view('s1', [], { head: 2 }));
    void d.takeBackOffer('s1');
    await vi.advanceTimersByTimeAsync(20);
    await server.say(answer('canceled'));
    expect(d.state.sessions[0]?.handover).toBeUndefined();
  });

  test('sent to a queue at once it leaves the desk, and where it waits is said', async () => {
    const { desk: d, server } = await open();
    server.answers.transfer = () =>
      sessionFrame(
        view('s1', [row(3, { kind: 'requeued', side: 'agent', by: 'marta', to: 'Orders', text: '' })], {
          state: 'WAITING',
          generation: 2,
          agent: undefined,
          queue: { id: 'orders', name: 'Orders' },
        } as object),
      );
    void d.transfer('s1', { queue: 'orders', blind: true });
    await vi.advanceTimersByTimeAsync(20);
    expect(d.state.sessions).toEqual([]);
    expect(news(d)).toEqual(['sent Orders Customer s1']);
  });

  test('a refusal is given back in the words of the server', async () => {
    const { desk: d, server } = await open();
    server.answers.transfer = () => error('nobody');
    const done = d.transfer('s1', { agent: 'ben' });
    await vi.advanceTimersByTimeAsync(20);
    expect(await done).toBe('Sorry: nobody.');
    expect(d.state.sessions[0]?.handover).toBeUndefined();
  });
});

describe('helping', () => {
  const helped = (more: object = {}) =>
    view('s1', [row(1), row(2, { kind: 'accepted', side: 'agent', by: 'ben', name: ben.name, text: '' })], {
      agent: ben,
      assist: [{ id: 'marta', name: 'Marta' }],
      ...more,
    });

  test('whoever was asked and came is told, and the owner still has the chat', async () => {
    const { desk: d, server } = await desk(
      welcome({
        sessions: [offered(view('s1', [row(1), accepted(2)]), { assist: true })],
        me: { ...marta, open: ['s1'] },
      }),
    );
    await server.say(
      sessionFrame(
        view('s1', [row(3, { kind: 'joined', side: 'agent', by: 'ben', name: ben.name, text: '' })], {
          assist: [ben],
        }),
      ),
    );
    expect(news(d)).toEqual(['joined Ben Osei Customer s1']);
    expect(d.state.sessions).toMatchObject([{ standing: 'open', helping: false, assist: [ben] }]);
    expect(d.state.sessions[0]?.handover).toBeUndefined();
  });

  test('a helper writes along, and leaving takes the tab', async () => {
    const { desk: d, server } = await desk(welcome({ sessions: [helped()], me: { ...marta, open: ['s1'] } }));
    expect(d.state.sessions).toMatchObject([{ standing: 'open', helping: true, owner: ben }]);
    server.answers.leave = () =>
      sessionFrame(
        helped({
          assist: [],
          head: 3,
          rows: [row(3, { kind: 'left', side: 'agent', by: 'marta', text: '' })],
        }),
      );
    void d.leave('s1');
    await vi.advanceTimersByTimeAsync(20);
    expect(d.state.sessions).toEqual([]);
    expect(news(d)).toEqual([]);
  });

  test('a helper whom the owner lets go keeps what was said, and is told', async () => {
    const { desk: d, server } = await desk(welcome({ sessions: [helped()], me: { ...marta, open: ['s1'] } }));
    const left = row(3, { kind: 'left', side: 'agent', by: 'marta', name: 'Marta', text: '' });
    await server.say(sessionFrame(helped({ assist: [], head: 3, rows: [left] })));
    expect(d.state.sessions).toMatchObject([{ standing: 'away' }]);
    expect(news(d)).toEqual(['released Customer s1']);
  });
});

describe('messages that were left', () => {
  test('whoever takes one has its chat before them, and one fewer is counted', async () => {
    const line = [{ queue: { id: 'plants', name: 'Plant care' }, waiting: 0, messages: 2 }];
    const { desk: d, server, shown } = await desk(welcome({ line }));
    server.answers.pick = () => sessionFrame(view('ana', [accepted(2)], { generation: 2 }));
    const answered = d.answer('ana');
    await vi.advanceTimersByTimeAsync(50);
    expect(await answered).toBeUndefined();
    expect(shown).toEqual(['ana']);
    expect(d.state.sessions).toMatchObject([{ id: 'ana', standing: 'open', generation: 2 }]);
    expect(d.state.line[0]?.messages).toBe(1);
    expect(d.state.notices).toEqual([]);
  });

  test.each([
    ['taken', 'Ben Osei took this message.', true],
    ['late', 'Nobody waits for an answer to this message any more.', true],
    ['not_found', 'There is no such session.', true],
    ['forbidden', 'This message is for another queue.', true],
    ['paused', 'You are not available. Set yourself to available first.', false],
    ['full', 'You have 3 chats, which is all you may hold at once.', false],
    ['licence_full', 'All seats of the licence are in use. The message stays where it is.', false],
    ['busy', 'Please try again.', false],
  ])('refused as %s: "%s", over: %s', async (code, message, over) => {
    const { desk: d, server, shown } = await desk();
    server.answers.pick = () => ({ type: 'error', code, message, by: ben });
    const answered = d.answer('ana');
    await vi.advanceTimersByTimeAsync(50);
    expect(await answered).toEqual({ text: message, over });
    expect(shown).toEqual([]);
  });

  test('an answer that was lost says so, and the message can be taken again', async () => {
    const { desk: d, server } = await desk();
    const answered = d.answer('ana');
    await server.drop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await answered).toEqual({ text: 'No answer came from Parley. Please try again.', over: false });
  });
});

test('drafts outlive the page and belong to one agent', async () => {
  const { desk: d } = await desk();
  expect(d.draft('s1', 'half a sen')).toBe('half a sen');
  const options = { client: d as never, bell: { state: 'on' } as never, show: () => {} };
  const client = { state: { sessions: [], offers: [] }, clock: { now: () => 0 } } as never;
  expect(new Desk({ ...options, client, subject: 'marta' }).draft('s1')).toBe('half a sen');
  expect(new Desk({ ...options, client, subject: 'jonas' }).draft('s1')).toBe('');
});

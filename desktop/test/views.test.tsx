import { act, fireEvent, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Router } from 'wouter';
import { memoryLocation } from 'wouter/memory-location';
import { DeskContext } from '../src/hooks/use-desk';
import { DeskView } from '../src/views/desk-view';
import {
  accepted,
  colleague,
  desk,
  gone,
  letter,
  marta,
  messages,
  offer,
  offered,
  row,
  sessionFrame,
  team,
  view,
  welcome,
} from './server';

beforeEach(() => {
  vi.useFakeTimers();
  sessionStorage.clear();
  localStorage.clear();
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener() {}, removeEventListener() {} }));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const busy = (...sessions: ReturnType<typeof view>[]) =>
  welcome({ sessions, me: { ...marta, open: sessions.map((s) => s.session) } });
const ana = () => view('ana', [row(1), accepted(2)]);
const ben = () =>
  view('ben', [row(1), { ...accepted(2), at: Date.now() + 1 }, row(3)], { read: { agent: 2 } });

/** The whole desk in a page, on a real client and a fake far end. */
async function page(greeting?: object) {
  const d = await desk(greeting);
  const where = memoryLocation({ path: '/', record: true });
  const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
  render(
    <Router hook={where.hook}>
      <DeskContext value={d.desk}>
        <DeskView onSignIn={() => {}} onSignOut={() => {}} />
      </DeskContext>
    </Router>,
  );
  const say = (frame: object) => act(() => d.server.say(frame));
  return { ...d, user, say, where };
}

describe('the offer', () => {
  test('says who, from where, what and how long, and leaves the focus where it is', async () => {
    const { say } = await page(busy(ana()));
    const field = screen.getByRole('textbox');
    field.focus();
    await say(offer('zoe'));
    const card = screen.getByRole('alertdialog', { name: 'New chat · Customer zoe' });
    expect(card).toHaveTextContent('Plant care · waits 0:42 · French');
    expect(card).toHaveTextContent('Fern & Fable');
    expect(card).toHaveAccessibleDescription('Bonjour?');
    expect(within(card).getByRole('timer').textContent).toBe('20');
    expect(document.activeElement).toBe(field);
  });

  test('is announced when it comes and again five seconds before its end', async () => {
    const { say } = await page();
    await say(offer('zoe'));
    expect(screen.getByRole('alert')).toHaveTextContent('New chat from Customer zoe in Plant care: Bonjour?');
    await act(() => vi.advanceTimersByTimeAsync(15_500));
    expect(screen.getByRole('alert')).toHaveTextContent('Five seconds left for the chat with Customer zoe.');
  });

  test.each([
    ['Alt+A', { code: 'KeyA', key: 'å' }, 'accept'],
    ['Alt+R', { code: 'KeyR', key: '®' }, 'reject'],
  ])('%s answers the oldest, by the place of the key, even from a field', async (_, key, type) => {
    const { say, server } = await page(busy(ana()));
    await say(offer('old'));
    await say(offer('new', { offered: Date.now() + 5000 }));
    const field = screen.getByRole('textbox');
    expect(fireEvent.keyDown(field, { ...key, altKey: true })).toBe(false); // nothing lands in the field
    expect(server.sent(type)).toMatchObject([{ session: 'old' }]);
  });

  test('flashes in the title', async () => {
    const { say } = await page();
    await say(offer('zoe'));
    expect(document.title).toBe('(1) New chat: Customer zoe');
    await act(() => vi.advanceTimersByTimeAsync(1000));
    expect(document.title).toBe('Parley desk');
    await say(gone('zoe', { outcome: 'expired' }));
    expect(document.title).toBe('Parley desk');
  });

  test('an accept brings its tab to the front', async () => {
    const { say, server, user } = await page(busy(ana()));
    server.answers.accept = () => sessionFrame(view('zoe', [row(1), accepted(2)]));
    await say(offer('zoe'));
    await user.click(screen.getByRole('button', { name: /Accept/ }));
    await act(() => vi.advanceTimersByTimeAsync(50));
    expect(screen.queryByRole('alertdialog')).toBeNull();
    expect(screen.getByRole('tab', { name: /Customer zoe/ })).toBeInTheDocument();
  });

  test('taken by a colleague: the news says who', async () => {
    const { say } = await page();
    await say(offer('zoe'));
    await say(gone('zoe', { by: { id: 'jonas', name: 'Jonas' } }));
    expect(screen.queryByRole('alertdialog')).toBeNull();
    expect(screen.getByText('Jonas').closest('p')).toHaveTextContent('Jonas took the chat with Customer zoe');
  });
});

describe('an offer of a colleague', () => {
  const by = { id: 'ben', name: 'Ben Osei' };

  test('says who hands it over, and why', async () => {
    const { say } = await page();
    await say(offer('zoe', { kind: 'transfer', by, note: 'Wants a refund' }));
    const card = screen.getByRole('alertdialog', {
      name: 'Ben Osei wants to hand you a chat · Customer zoe',
    });
    expect(card).toHaveAccessibleDescription('Wants a refund Bonjour?');
    expect(card).not.toHaveTextContent('waits');
    expect(screen.getByRole('alert')).toHaveTextContent(
      'Ben Osei wants to hand you the chat with Customer zoe: Wants a refund.',
    );
    expect(document.title).toBe('(1) Ben Osei hands you Customer zoe');
  });

  test('asks for help; unanswered, it stays where it is', async () => {
    const { say } = await page();
    await say(offer('zoe', { kind: 'assist', by }));
    expect(screen.getByRole('alertdialog')).toHaveAccessibleName(
      'Ben Osei asks for your help · Customer zoe',
    );
    await say(gone('zoe', { outcome: 'expired' }));
    expect(screen.getByText(/still has the chat/)).toHaveTextContent(
      'Ben Osei still has the chat with Customer zoe',
    );
  });

  test('a customer whom the agent had before is named as such', async () => {
    const { say } = await page();
    await say(offer('zoe', { again: true }));
    expect(screen.getByRole('alertdialog')).toHaveTextContent('You spoke with Customer zoe before');
  });
});

describe('why did I get this', () => {
  const jonas = { id: 'jonas', name: 'Jonas' };
  const sofia = { id: 'sofia', name: 'Sofia' };
  const story = () => ({
    type: 'ledger',
    now: Date.now(),
    session: 'zoe',
    offers: [
      {
        generation: 1,
        round: 2,
        strategy: 'rrmemory',
        offered: Date.now() - 1000,
        until: Date.now() + 19_000,
        asked: [
          { agent: { id: 'marta', name: 'Marta' }, delivered: Date.now() - 900, seen: Date.now() - 800 },
        ],
        candidates: [{ id: 'marta', name: 'Marta' }],
        excluded: [
          { agent: jonas, reason: 'asked before' },
          { agent: sofia, reason: 'on the moon' },
        ],
        ahead: 1,
      },
      {
        generation: 1,
        round: 1,
        strategy: 'rrmemory',
        offered: Date.now() - 9000,
        until: Date.now() + 11_000,
        ended: Date.now() - 4000,
        outcome: 'rejected',
        asked: [{ agent: jonas, decision: 'rejected', decided: Date.now() - 4000 }],
      },
    ],
  });

  test('tells in sentences how the queue chose, who was asked before and who was not', async () => {
    const { say, user, server } = await page();
    server.answers.ledger = story;
    await say(offer('zoe', { strategy: 'rrmemory', round: 2 }));
    await user.click(screen.getByRole('button', { name: 'Why did I get this?' }));
    const box = await screen.findByRole('dialog', { name: 'Why did I get this?' });
    expect(server.sent('ledger')).toMatchObject([{ session: 'zoe' }]);
    expect(await within(box).findByText(/asks one after the other/)).toHaveTextContent(
      '1 chat stood before it in the line.',
    );
    const [now, before] = within(box).getAllByRole('list')[0]?.children ?? [];
    expect(now).toHaveTextContent(/^Ringing now/);
    expect(now).toHaveTextContent('Youhas it on the screen');
    expect(now).toHaveTextContent('Not asked: Jonas (asked before); Sofia (on the moon).');
    expect(before).toHaveTextContent(/^Declined/);
    expect(before).toHaveTextContent('Jonasdeclined after 5.0s');
  });

  test('is asked for again while it rings, and closes with its offer', async () => {
    const { say, user, server } = await page();
    server.answers.ledger = story;
    await say(offer('zoe'));
    await user.click(screen.getByRole('button', { name: 'Why did I get this?' }));
    await screen.findByText('Ringing now');
    await act(() => vi.advanceTimersByTimeAsync(6000));
    expect(server.sent('ledger')).toHaveLength(2);
    await say(gone('zoe', { outcome: 'canceled' }));
    expect(screen.queryByRole('dialog')).toBeNull();
    await act(() => vi.advanceTimersByTimeAsync(6000));
    expect(server.sent('ledger')).toHaveLength(2);
  });

  test('a refusal is said', async () => {
    const { say, user, server } = await page();
    server.answers.ledger = () => ({ type: 'error', code: 'not_yours', message: 'This chat is not yours.' });
    await say(offer('zoe'));
    await user.click(screen.getByRole('button', { name: 'Why did I get this?' }));
    expect(await screen.findByText('This chat is not yours.')).toBeInTheDocument();
  });
});

describe('the status', () => {
  const open = () => page(busy(ana(), ben()));
  const status = () => screen.getByRole('button', { name: /^Your status/ });

  test('a pause after these chats is chosen with its reason, said in words, and taken back', async () => {
    const { user, server } = await open();
    server.answers.status = (f) => ({
      type: 'status',
      me: { ...marta, open: ['ana', 'ben'], ...(f.after ? { next: f.state, nextReason: f.reason } : {}) },
    });
    await user.click(status());
    await user.click(await screen.findByRole('menuitem', { name: 'Pause after these chats' }));
    const reasons = await screen.findByRole('menu', { name: 'Pause after these chats' });
    fireEvent.click(within(reasons).getByRole('menuitem', { name: 'Lunch' }));
    await act(() => vi.advanceTimersByTimeAsync(50));
    expect(server.sent('status')).toMatchObject([{ state: 'PAUSED', reason: 'Lunch', after: true }]);
    expect(status()).toHaveTextContent('Pausing after 2 chats · Lunch');
    await user.click(screen.getByRole('button', { name: 'Undo' }));
    await act(() => vi.advanceTimersByTimeAsync(50));
    expect(status()).toHaveTextContent('Available');
    expect(screen.queryByRole('button', { name: 'Undo' })).toBeNull();
  });

  test('with nothing open there is nothing to wait for: only what comes at once is offered', async () => {
    const { user } = await page();
    await user.click(status());
    expect(await screen.findByRole('menuitem', { name: 'Lunch' })).toBeInTheDocument();
    expect(screen.queryByRole('menuitem', { name: /after these chats/ })).toBeNull();
  });

  test('a wrap-up counts down and ends with one click', async () => {
    const { user, server } = await page(
      welcome({ me: { ...marta, state: 'WRAPUP', until: Date.now() + 42_000, now: Date.now() } }),
    );
    expect(status()).toHaveTextContent('Wrap-up0:42');
    await act(() => vi.advanceTimersByTimeAsync(2000));
    expect(status()).toHaveTextContent('Wrap-up0:40');
    await user.click(screen.getAllByRole('button', { name: 'Ready now' })[0] as HTMLElement);
    expect(server.sent('status')).toMatchObject([{ state: 'READY' }]);
  });

  test('says who set it', async () => {
    const by = { id: 'sofia', name: 'Sofia' };
    const { user } = await page(welcome({ me: { ...marta, state: 'PAUSED', reason: 'Training', by } }));
    expect(screen.getAllByText('Sofia set this for you')).toHaveLength(1);
    await user.click(status());
    await screen.findByRole('menu');
    expect(screen.getAllByText('Sofia set this for you')).toHaveLength(2);
  });
});

describe('the composer', () => {
  test('Enter sends, Shift+Enter and the end of a composition do not', async () => {
    const { user, server } = await page(busy(ana()));
    const field = screen.getByRole('textbox');
    await user.type(field, 'one{Shift>}{Enter}{/Shift}two');
    fireEvent.keyDown(field, { key: 'Enter', isComposing: true });
    expect(server.sent('send')).toHaveLength(0);
    await user.type(field, '{Enter}');
    expect(server.sent('send')).toMatchObject([{ text: 'one\ntwo', session: 'ana' }]);
    expect(field).toHaveValue('');
    expect(screen.getByText('Sending')).toBeInTheDocument();
  });

  test('nothing but spaces is not sent', async () => {
    const { user, server } = await page(busy(ana()));
    await user.type(screen.getByRole('textbox'), '   {Enter}');
    expect(server.sent('send')).toHaveLength(0);
    expect(screen.getByRole('button', { name: 'Send' })).toBeDisabled();
  });

  test('a draft stays with its chat', async () => {
    const { user } = await page(busy(ana(), ben()));
    await user.type(screen.getByRole('textbox'), 'for Ana');
    await user.click(screen.getByRole('tab', { name: /Customer ben/ }));
    expect(screen.getByRole('textbox')).toHaveValue('');
    await user.click(screen.getByRole('tab', { name: /Customer ana/ }));
    expect(screen.getByRole('textbox')).toHaveValue('for Ana');
  });

  test('a refused message comes back with the reason, before what was typed since', async () => {
    const { user, server } = await page(busy(ana()));
    const field = screen.getByRole('textbox');
    await user.type(field, 'first{Enter}');
    await user.type(field, 'second');
    const { id, cid } = server.sent('send')[0] ?? { id: 0, cid: '' };
    await act(() =>
      server.say({
        type: 'error',
        re: id,
        cid,
        session: 'ana',
        code: 'too_long',
        message: 'This is too long.',
      }),
    );
    expect(screen.getByRole('textbox')).toHaveValue('first\nsecond');
    expect(screen.getByRole('alert')).toHaveTextContent('Not sent: This is too long.');
  });

  test('typing is told at most once in three seconds', async () => {
    const { user, server } = await page(busy(ana()));
    await user.type(screen.getByRole('textbox'), 'hello');
    expect(server.sent('typing')).toHaveLength(1);
  });

  test('counts characters as people do', async () => {
    const { user } = await page(busy(ana()));
    const field = screen.getByRole('textbox');
    fireEvent.change(field, { target: { value: '😀'.repeat(4001) } });
    expect(screen.getByText('1 character too long')).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Send' })).toBeDisabled();
    fireEvent.change(field, { target: { value: '😀'.repeat(4000) } });
    expect(screen.getByText('0 characters left')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Send' }));
    expect(field).toHaveValue('');
  });
});

describe('the tabs', () => {
  test('arrows, Home and End move between chats', async () => {
    const { user } = await page(busy(ana(), ben()));
    const [first, second] = screen.getAllByRole('tab');
    act(() => first?.focus());
    await user.keyboard('{ArrowRight}');
    expect(second).toHaveAttribute('aria-selected', 'true');
    expect(document.activeElement).toBe(second);
    await user.keyboard('{Home}');
    expect(first).toHaveAttribute('aria-selected', 'true');
    await user.keyboard('{End}');
    expect(second).toHaveAttribute('aria-selected', 'true');
  });

  test('say in their name what is unread, and that somebody waits', async () => {
    await page(busy(ana(), ben()));
    expect(
      screen.getByRole('tab', { name: /Customer ben.*waits for your reply.*1 unread message/ }),
    ).toBeInTheDocument();
  });

  test('a message in a tab behind is announced and pings; the front one is read', async () => {
    const { say, server, bell } = await page(busy(ana(), ben()));
    expect(server.sent('read')).toMatchObject([{ session: 'ana', place: 2 }]);
    await say({ type: 'rows', session: 'ben', head: 4, rows: [row(4)] });
    expect(screen.getByText('New message from Customer ben')).toBeInTheDocument();
    expect(bell.pings).toBe(1);
    expect(server.sent('read')).toHaveLength(1);
  });

  test('closing: the dialog asks, the tab stays and says so, dismissing it moves the focus to the next', async () => {
    const { user, server } = await page(busy(ana(), ben()));
    server.answers.close = () =>
      sessionFrame(
        view('ana', [row(3, { kind: 'closed', side: 'agent', by: 'marta', text: '' })], { state: 'CLOSED' }),
      );
    await user.click(screen.getByRole('button', { name: 'Close chat' }));
    const dialog = await screen.findByRole('dialog', { name: 'Close the chat with Customer ana?' });
    await user.click(within(dialog).getByRole('radio', { name: 'Solved' }));
    await user.type(within(dialog).getByRole('textbox'), 'Sent a new pot');
    await user.click(within(dialog).getByRole('button', { name: 'Close chat' }));
    await act(() => vi.advanceTimersByTimeAsync(50));
    expect(server.sent('close')).toMatchObject([
      { session: 'ana', disposition: 'Solved', note: 'Sent a new pot' },
    ]);
    expect(screen.getByText('Closed, the customer can write again')).toBeInTheDocument();
    await user.click(screen.getAllByRole('button', { name: 'Close tab' })[0] as HTMLElement);
    await act(() => vi.advanceTimersByTimeAsync(50));
    expect(screen.getAllByRole('tab')).toHaveLength(1);
    expect(document.activeElement).toBe(screen.getByRole('tab', { name: /Customer ben/ }));
  });

  test('the selected tab is in the address', async () => {
    const { user, where } = await page(busy(ana(), ben()));
    await user.click(screen.getByRole('tab', { name: /Customer ben/ }));
    expect(where.history?.at(-1)).toBe('/chats/ben');
  });
});

describe('handing over', () => {
  const rows = () => [row(1), accepted(2)];
  /** The dialog, opened with the keys, after the team has come. */
  async function dialog(user: Awaited<ReturnType<typeof page>>['user'], server: { answers: object }) {
    Object.assign(server.answers, { team });
    fireEvent.keyDown(document.body, { code: 'KeyT', altKey: true });
    const box = await screen.findByRole('dialog');
    await within(box).findByRole('option', { name: /Ben Osei/ });
    return { box, field: within(box).getByRole('combobox'), user };
  }

  test('Alt+T, a few letters and Enter offer it to a colleague; the focus is on taking it back', async () => {
    const { user, server } = await page(busy(ana()));
    server.answers.transfer = () => sessionFrame(offered(view('ana', [], { head: 2 })));
    const { box, field } = await dialog(user, server);
    expect(box).toHaveAccessibleName('Hand over the chat with Customer ana');
    expect(document.activeElement).toBe(field);
    await user.type(field, 'be');
    expect(within(box).getByRole('option', { selected: true })).toHaveTextContent('Ben Osei');
    await user.keyboard('{Enter}');
    await act(() => vi.advanceTimersByTimeAsync(500));
    expect(server.sent('transfer')).toMatchObject([{ session: 'ana', agent: 'ben' }]);
    expect(screen.queryByRole('dialog')).toBeNull();
    const back = screen.getByRole('button', { name: 'Take back' });
    expect(back.closest('[role=status]')).toHaveTextContent('Offered to Ben Osei.');
    expect(document.activeElement).toBe(back);
    expect(screen.queryByRole('button', { name: 'Transfer' })).toBeNull();
  });

  // Found by hand on a slow line: who typed before the team had come had chosen nobody.
  test('what was typed before the team has come chooses when it comes', async () => {
    const { user, server } = await page(busy(ana()));
    fireEvent.keyDown(document.body, { code: 'KeyT', altKey: true });
    await user.type(await screen.findByRole('combobox'), 'be');
    expect(screen.getByText('Looking who is there…')).toBeInTheDocument();
    await act(() => server.say({ ...team(), re: server.sent('team')[0]?.id }));
    expect(screen.getByRole('option', { selected: true })).toHaveTextContent('Ben Osei');
    expect(screen.getByRole('button', { name: 'Offer to Ben Osei' })).toBeEnabled();
  });

  test('arrows choose among those who can; the others say why not', async () => {
    const { user, server } = await page(busy(ana()));
    const { box, field } = await dialog(user, server);
    const chosen = () => within(box).getByRole('option', { selected: true });
    await user.keyboard('{ArrowDown}');
    expect(chosen()).toHaveTextContent('Orders');
    expect(field).toHaveAttribute('aria-activedescendant', chosen().id);
    await user.keyboard('{ArrowUp}');
    expect(chosen()).toHaveTextContent('Ben Osei');
    await user.keyboard('{ArrowDown}');
    expect(chosen()).toHaveTextContent('Orders');
    expect(within(box).getByRole('option', { name: /Sofía Oliveira/ })).toHaveTextContent('Paused · Lunch');
    expect(within(box).getByRole('option', { name: /Jonas Berg/ })).toHaveAttribute('aria-disabled', 'true');
    await user.clear(field);
    await user.type(field, 'sofia');
    expect(within(box).queryByRole('option', { selected: true })).toBeNull();
    expect(within(box).getByRole('button', { name: 'Choose somebody' })).toBeDisabled();
  });

  test('a queue is asked first, or given the chat at once; where nobody is free there is only the second', async () => {
    const { user, server } = await page(busy(ana()));
    const { box, field } = await dialog(user, server);
    await user.type(field, 'ord');
    expect(within(box).getByRole('radio', { name: /Ask first/ })).toBeChecked();
    await user.click(within(box).getByRole('radio', { name: /Send at once/ }));
    await user.type(within(box).getByLabelText(/Note for whoever takes it/), 'Broken pot');
    await user.click(within(box).getByRole('button', { name: 'Send to Orders' }));
    expect(server.sent('transfer')).toMatchObject([{ queue: 'orders', blind: true, note: 'Broken pot' }]);
    await user.clear(field);
    await user.type(field, 'trade');
    expect(within(box).getByRole('radio', { name: /Ask first/ })).toBeDisabled();
    expect(within(box).getByRole('radio', { name: /Send at once/ })).toBeChecked();
  });

  test('help is asked for in the same place', async () => {
    const { user, server } = await page(busy(ana()));
    const { box, field } = await dialog(user, server);
    await user.click(within(box).getByRole('radio', { name: 'Ask for help' }));
    expect(box).toHaveAccessibleName('Get help in the chat with Customer ana');
    await user.type(field, 'ben');
    await user.click(within(box).getByRole('button', { name: 'Ask Ben Osei' }));
    expect(server.sent('transfer')).toMatchObject([{ agent: 'ben', assist: true }]);
    expect(server.sent('transfer')[0]).not.toHaveProperty('blind');
  });

  test('a refusal is said in the dialog, and the note is still there', async () => {
    const { user, server } = await page(busy(ana()));
    server.answers.transfer = () => ({
      type: 'error',
      code: 'nobody',
      message: 'Ben is not available any more.',
    });
    const { box, field } = await dialog(user, server);
    await user.type(within(box).getByLabelText(/Note/), 'Refund');
    await user.type(field, 'ben{Enter}');
    expect(await within(box).findByRole('alert')).toHaveTextContent('Ben is not available any more.');
    expect(within(box).getByLabelText(/Note/)).toHaveValue('Refund');
  });

  test('the team is asked for again while the dialog is open, and no longer', async () => {
    const { user, server } = await page(busy(ana()));
    await dialog(user, server);
    await act(() => vi.advanceTimersByTimeAsync(11_000));
    const asked = server.sent('team').length;
    expect(asked).toBeGreaterThanOrEqual(3);
    await user.keyboard('{Escape}');
    await act(() => vi.advanceTimersByTimeAsync(11_000));
    expect(server.sent('team')).toHaveLength(asked);
  });

  test('a no is said, with the way to choose again', async () => {
    const { say, user, server } = await page(busy(offered(view('ana', rows()))));
    await say(gone('ana', { round: 7, outcome: 'rejected' }));
    const banner = screen.getByText('Ben Osei').closest('[role=status]');
    expect(banner).toHaveTextContent('Ben Osei declined. The chat is still yours.');
    Object.assign(server.answers, { team });
    await user.click(screen.getByRole('button', { name: 'Choose again' }));
    expect(await screen.findByRole('dialog')).toHaveAccessibleName('Hand over the chat with Customer ana');
  });

  test('when it goes, the focus is on the next tab and not in the next chat: half a sentence must not go astray', async () => {
    const { say } = await page(busy(offered(view('ana', rows())), ben()));
    act(() => screen.getByRole('textbox').focus());
    const row3 = row(3, { kind: 'transferred', side: 'agent', by: 'ben', name: 'Ben Osei', text: '' });
    await say(
      sessionFrame(view('ana', [row3], { agent: { id: 'ben', name: 'Ben Osei' }, generation: 2, head: 3 })),
    );
    expect(screen.getByText(/has the chat with/)).toHaveTextContent(
      'Ben Osei has the chat with Customer ana now',
    );
    expect(document.activeElement).toBe(screen.getByRole('tab', { name: /Customer ben/ }));
  });
});

describe('the conversation', () => {
  test('links are anchors, everything else is text', async () => {
    await page(busy(view('ana', [row(1, { text: 'see https://a.example/x <b>now</b>' }), accepted(2)])));
    const link = screen.getByRole('link', { name: 'https://a.example/x' });
    expect(link).toHaveAttribute('rel', 'noopener noreferrer');
    expect(within(screen.getByRole('log')).getByText(/<b>now<\/b>/)).toBeInTheDocument();
  });

  test('tells who came, who sent it on and who took it over, and what they noted', async () => {
    const event = (place: number, kind: string, by: string, more: object = {}) =>
      row(place, {
        kind,
        side: 'system',
        by,
        name: by === 'marta' ? 'Marta' : 'Ben Osei',
        text: '',
        ...more,
      } as object);
    await page(
      busy(
        view('ana', [
          row(1),
          event(2, 'accepted', 'ben'),
          event(3, 'transferred', 'ben', { to: 'Orders', note: 'Not ours' }),
          accepted(4),
          event(5, 'requeued', 'marta'),
          event(6, 'accepted', 'ben'),
          event(7, 'transferred', 'marta', { note: 'Wants a refund' }),
          event(8, 'joined', 'ben'),
          event(9, 'left', 'ben'),
        ]),
      ),
    );
    const log = screen.getByRole('log');
    for (const words of [
      'Ben Osei sent this chat to the Orders queue',
      'Note to team — Not ours',
      'Marta was away for too long: back in the Plant care queue',
      'You took this chat over from Ben Osei',
      'Note to team — Wants a refund',
      'Ben Osei joined to help',
      'Ben Osei no longer helps here',
    ])
      expect(log).toHaveTextContent(words);
  });

  test('whoever has it ends the help of a colleague', async () => {
    const helped = view('ana', [row(1), accepted(2)], { assist: [{ id: 'ben', name: 'Ben Osei' }] });
    const { user, server } = await page(busy(helped));
    await user.click(screen.getByRole('button', { name: 'Ben Osei helps here' }));
    await user.click(await screen.findByRole('menuitem', { name: 'End their help' }));
    expect(server.sent('leave')).toMatchObject([{ session: 'ana', agent: 'ben' }]);
  });

  test('whoever helps can leave, and nothing else: it is not theirs to close', async () => {
    const helping = view(
      'ana',
      [row(1), row(2, { kind: 'accepted', side: 'system', by: 'ben', name: 'Ben Osei' })],
      {
        agent: { id: 'ben', name: 'Ben Osei' },
        assist: [{ id: 'marta', name: 'Marta' }],
      },
    );
    const { user, server } = await page(busy(helping));
    expect(screen.getByText('You help Ben Osei')).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Close chat' })).toBeNull();
    expect(screen.queryByRole('button', { name: 'Transfer' })).toBeNull();
    expect(screen.getByRole('textbox')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Leave' }));
    expect(server.sent('leave')).toMatchObject([{ session: 'ana' }]);
  });

  test('who was asked is in its menu', async () => {
    const { user, server } = await page(busy(ana()));
    server.answers.ledger = () => ({ type: 'ledger', now: Date.now(), session: 'ana', offers: [] });
    await user.click(screen.getByRole('button', { name: 'More about this chat' }));
    await user.click(await screen.findByRole('menuitem', { name: 'Who was asked' }));
    const dialog = await screen.findByRole('dialog', {
      name: 'Who was asked to take the chat with Customer ana',
    });
    expect(await within(dialog).findByText('It has not been offered to anybody yet.')).toBeInTheDocument();
  });

  test('that it will be closed is said while somebody can still write', async () => {
    await page(busy(view('ana', [row(1), accepted(2)], { idleUntil: Date.now() + 60_000 })));
    expect(screen.getByText(/The chat closes by itself in/).closest('[role=status]')).toHaveTextContent(
      '1:00',
    );
    await act(() => vi.advanceTimersByTimeAsync(10_000));
    expect(screen.getByText(/The chat closes by itself in/)).toHaveTextContent('0:50');
  });

  test('own messages are sent, then read', async () => {
    const mine = row(3, { side: 'agent', by: 'marta', name: 'Marta' });
    const { say } = await page(busy(view('ana', [row(1), accepted(2), mine])));
    expect(screen.getByText('Sent')).toBeInTheDocument();
    await say({ type: 'read', session: 'ana', side: 'customer', place: 3 });
    expect(screen.getByText('Read')).toBeInTheDocument();
  });
});

describe('the team', () => {
  // Its page is a chunk of its own: loading it takes a time that no fake clock knows.
  beforeAll(() => import('../src/views/team-view'));

  const boss = (more: object = {}) => welcome({ me: { ...marta, supervisor: true, ...more } });
  /** The team's page, after the team has come. */
  async function watch(greeting = boss()) {
    const p = await page(greeting);
    p.server.answers.team = () => team();
    await p.user.click(screen.getByRole('link', { name: 'Team' }));
    await screen.findByRole('row', { name: /Ben Osei/ });
    return p;
  }
  const rowOf = (name: RegExp) => screen.getByRole('row', { name });
  const choose = async (user: Awaited<ReturnType<typeof page>>['user'], name: string, item: string) => {
    await user.click(screen.getByRole('button', { name: `Set the state of ${name}` }));
    await user.click(await screen.findByRole('menuitem', { name: item }));
  };

  test('is for supervisors; nobody else has the page, whatever the address says', async () => {
    const { where } = await page();
    expect(screen.queryByRole('link', { name: 'Team' })).toBeNull();
    act(() => where.navigate('/team'));
    expect(screen.getByRole('heading', { level: 1 })).toHaveTextContent('You’re ready for the next chat');
  });

  test('shows queues and agents, by name, anew every five seconds while it is open', async () => {
    const { server, user } = await watch();
    expect(
      screen.getByRole('button', { name: /^Orders 2 waiting, longest 0:30 1 free/ }),
    ).toBeInTheDocument();
    expect(
      screen
        .getAllByRole('row')
        .slice(1)
        .map((r) => r.querySelector('bdi')?.textContent),
    ).toEqual(['Ben Osei', 'Jonas Berg', 'Marta', 'Sofía Oliveira']);
    expect(rowOf(/Sofía/)).toHaveTextContent('Paused · Lunch1:00');
    await act(() => vi.advanceTimersByTimeAsync(10_100));
    expect(server.sent('team')).toHaveLength(3);
    await user.click(screen.getByRole('link', { name: /Chats/ }));
    await act(() => vi.advanceTimersByTimeAsync(10_100));
    expect(server.sent('team')).toHaveLength(3);
  });

  test('a queue narrows the agents to its own', async () => {
    const { user } = await watch();
    await user.click(screen.getByRole('button', { name: /^Trade/ }));
    expect(screen.getAllByRole('row')).toHaveLength(1);
    await user.click(screen.getByRole('button', { name: 'Show all queues' }));
    expect(screen.getAllByRole('row')).toHaveLength(5);
  });

  test('a pause is set with its reason and can be undone', async () => {
    const { user, server } = await watch();
    server.answers.status = (f) => ({
      type: 'team',
      now: Date.now(),
      agents: [colleague('ben', 'Ben Osei', { state: f.state as 'READY' })],
    });
    await choose(user, 'Ben Osei', 'Lunch');
    await act(() => vi.advanceTimersByTimeAsync(50));
    expect(server.sent('status')).toMatchObject([{ agent: 'ben', state: 'PAUSED', reason: 'Lunch' }]);
    const notice = screen.getByText('Ben Osei is paused now');
    expect(server.sent('team').length).toBeGreaterThan(1);
    await user.click(within(notice.parentElement as HTMLElement).getByRole('button', { name: 'Undo' }));
    await act(() => vi.advanceTimersByTimeAsync(50));
    expect(server.sent('status')[1]).toMatchObject({ agent: 'ben', state: 'READY' });
    expect(screen.queryByText('Ben Osei is paused now')).toBeNull();
    // Only the last thing that was done to somebody can be undone.
    await choose(user, 'Ben Osei', 'Offline');
    await user.click(await screen.findByRole('button', { name: 'Sign out after these chats' }));
    await act(() => vi.advanceTimersByTimeAsync(50));
    expect(screen.getByText('Ben Osei is offline now')).toBeInTheDocument();
    expect(screen.queryByText('Ben Osei is available now')).toBeNull();
  });

  test('whoever has chats open is signed out after them, if that is what is wanted', async () => {
    const { user, server } = await watch();
    await choose(user, 'Jonas Berg', 'Offline');
    const dialog = await screen.findByRole('dialog', { name: 'Jonas Berg is in the middle of something' });
    expect(dialog).toHaveTextContent('3 chats are open there.');
    expect(server.sent('status')).toEqual([]);
    await user.click(within(dialog).getByRole('button', { name: 'Sign out after these chats' }));
    expect(server.sent('status')).toMatchObject([{ agent: 'jonas', state: 'OFFLINE', after: true }]);
  });

  test('nothing is asked where nothing is cut short', async () => {
    const { user, server } = await watch();
    await choose(user, 'Sofía Oliveira', 'Offline');
    expect(server.sent('status')).toMatchObject([{ agent: 'sofia', state: 'OFFLINE' }]);
    expect(server.sent('status')[0]).not.toHaveProperty('after');
  });

  test('a refusal is said', async () => {
    const { user, server } = await watch();
    server.answers.status = () => ({
      type: 'error',
      code: 'nobody',
      message: 'Sofía Oliveira is not signed in.',
    });
    await choose(user, 'Sofía Oliveira', 'Available');
    expect(await screen.findByText('Sofía Oliveira is not signed in.')).toBeInTheDocument();
  });

  test('their own state is theirs to set, here too', async () => {
    const { user, server } = await watch();
    await choose(user, 'Marta', 'Lunch');
    expect(server.sent('status')).toMatchObject([{ state: 'PAUSED', reason: 'Lunch' }]);
    expect(server.sent('status')[0]).not.toHaveProperty('agent');
  });

  test('messages are still announced there, and an accepted chat comes to the front', async () => {
    const { say, server, user, where } = await watch(
      welcome({ sessions: [ana()], me: { ...marta, supervisor: true, open: ['ana'] } }),
    );
    await say({ type: 'rows', session: 'ana', head: 3, rows: [row(3)] });
    expect(screen.getByText('New message from Customer ana')).toBeInTheDocument();
    server.answers.accept = () => sessionFrame(view('zoe', [row(1), accepted(2)]));
    await say(offer('zoe'));
    await user.click(screen.getByRole('button', { name: /Accept/ }));
    expect(server.sent('accept')).toHaveLength(1);
    act(() => where.navigate('/chats/zoe'));
    expect(screen.getByRole('tab', { name: /Customer zoe/ })).toHaveAttribute('aria-selected', 'true');
  });
});

describe('messages that were left', () => {
  beforeAll(() => import('../src/views/messages-view'));

  const orders = { id: 'orders', name: 'Orders' };
  const tray = (plants: number, more: object = {}) =>
    welcome({
      line: [
        { queue: { id: 'plants', name: 'Plant care' }, waiting: 0, messages: plants },
        { queue: orders, waiting: 0 },
      ],
      ...more,
    });
  /** The page of messages, after they have come. */
  async function look(letters = [letter('ana'), letter('tom')], greeting = tray(letters.length)) {
    const p = await page(greeting);
    p.server.answers.messages = () => messages(...letters);
    await p.user.click(screen.getByRole('link', { name: /Messages/ }));
    await screen.findByRole('heading', { level: 1, name: /essages/ });
    await act(() => vi.advanceTimersByTimeAsync(50));
    return p;
  }
  const asked = (server: { sent(type: string): unknown[] }) => server.sent('messages').length;
  const answer = (name: string) => screen.getByRole('button', { name: `Answer Customer ${name}` });
  const names = () => screen.queryAllByRole('listitem').map((li) => li.querySelector('bdi')?.textContent);
  const later = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));
  const taken = { type: 'error', code: 'taken', message: 'Ben Osei took this message.', by: { id: 'ben' } };

  test.each([
    [3, 'Messages 3 unanswered'],
    [50, 'Messages 50+ unanswered'],
    [0, 'Messages'],
  ])('%d of them are counted beside the chats, and nothing rings', async (n, name) => {
    const { bell } = await page(tray(n));
    expect(screen.getByRole('link', { name })).toBeInTheDocument();
    expect(bell).toEqual({ rings: false, pings: 0 });
    expect(document.title).toBe('Parley desk');
  });

  test('say who, when, where and what; an address can be written to', async () => {
    await look([letter('ana', { text: 'Two\nlines' })]);
    const item = screen.getByRole('listitem');
    expect(item).toHaveTextContent('Customer ana Fern & Fable · Plant care');
    expect(within(item).getByText(/^Yesterday/)).toHaveTextContent(/^Yesterday (21:40|9:40.PM)$/);
    expect(within(item).getByText(/Two/).textContent).toBe('Two\nlines');
    expect(within(item).getByRole('link')).toHaveAttribute(
      'href',
      'mailto:ana@example.com?subject=Your%20message%20to%20Fern%20%26%20Fable',
    );
  });

  test('of somebody without a name and an address only the chat is offered', async () => {
    await look([letter('ana', { customer: { id: 'c', name: '' } })]);
    expect(screen.getByRole('button', { name: 'Answer Guest' })).toBeInTheDocument();
    expect(within(screen.getByRole('listitem')).queryByRole('link')).toBeNull();
  });

  test('an answer opens the chat with its field in focus; the customer is not there', async () => {
    const { user, server, where, shown, say } = await look();
    server.answers.messages = () => messages(letter('tom'));
    server.answers.pick = () =>
      sessionFrame(
        view('ana', [row(1), accepted(2)], {
          generation: 2,
          customer: { id: 'c-ana', name: 'Customer ana', email: 'ana@example.com' },
        }),
      );
    await user.click(answer('ana'));
    await later(50);
    expect(server.sent('pick')).toMatchObject([{ session: 'ana' }]);
    expect(shown).toEqual(['ana']);
    act(() => where.navigate('/chats/ana'));
    expect(document.activeElement).toBe(screen.getByRole('textbox', { name: 'Reply to Customer ana' }));
    expect(screen.getByText('You took this message from the Plant care queue')).toBeInTheDocument();
    const line = screen.getByText(/is not waiting here/);
    expect(line).toHaveTextContent(
      'Customer ana is not waiting here: they read your answer when they come back.',
    );
    expect(screen.getByRole('link', { name: 'Write an e-mail' })).toHaveAttribute(
      'href',
      'mailto:ana@example.com?subject=Your%20message%20to%20Fern%20%26%20Fable',
    );
    expect(screen.getByRole('tab')).not.toHaveTextContent('waits for your reply');
    expect(screen.getByRole('link', { name: 'Messages 1 unanswered' })).toBeInTheDocument();
    await say({ type: 'rows', session: 'ana', head: 3, rows: [row(3)] });
    expect(screen.queryByText(/is not waiting here/)).toBeNull();
    expect(screen.getByRole('tab')).toHaveTextContent('waits for your reply');
  });

  test('taken by a colleague: the message says who, and goes; the focus is on the next one', async () => {
    const letters = [letter('ana'), letter('tom'), letter('zoe')];
    const { user, server } = await look(letters);
    server.answers.pick = () => taken;
    server.answers.messages = () => messages(letter('ana'), letter('zoe'));
    await user.click(answer('tom'));
    await later(50);
    const item = screen.getAllByRole('listitem')[1] as HTMLElement;
    expect(within(item).getByRole('alert')).toHaveTextContent('Ben Osei took this message.');
    expect(within(item).queryByRole('button')).toBeNull();
    expect(within(item).queryByRole('link')).toBeNull();
    expect(document.activeElement).toBe(answer('zoe'));
    await later(50);
    expect(screen.getByRole('link', { name: 'Messages 2 unanswered' })).toBeInTheDocument();
    await later(6000);
    expect(names()).toEqual(['Customer ana', 'Customer zoe']);
    expect(document.activeElement).toBe(answer('zoe'));
  });

  test('one that is listed for a moment after somebody took it does not come back', async () => {
    const { user, server } = await look();
    server.answers.pick = () => taken;
    await user.click(answer('ana'));
    await later(50);
    await later(6000);
    await later(15_100);
    expect(names()).toEqual(['Customer tom']);
    server.answers.messages = () => messages(letter('ana'));
    await later(15_100);
    await later(50);
    expect(screen.getByRole('heading', { level: 1 })).toHaveTextContent('No messages');
    // The customer has left another one meanwhile.
    server.answers.messages = () => messages(letter('tom'), letter('ana', { at: Date.now() }));
    await later(15_100);
    await later(50);
    expect(names()).toEqual(['Customer tom', 'Customer ana']);
  });

  test('a refusal that is about the agent stands in place, and the next try clears it', async () => {
    const { user, server } = await look();
    server.answers.pick = () => ({
      type: 'error',
      code: 'full',
      message: 'You have 3 chats, which is all you may hold at once.',
    });
    await user.click(answer('tom'));
    await later(50);
    const item = screen.getAllByRole('listitem')[1] as HTMLElement;
    expect(within(item).getByRole('alert')).toHaveTextContent('You have 3 chats');
    expect(document.activeElement).toBe(answer('tom'));
    server.answers.pick = undefined;
    await user.keyboard('{Enter}{Enter}');
    expect(screen.queryByRole('alert', { name: /3 chats/ })).toBeNull();
    expect(within(item).queryByText(/You have 3 chats/)).toBeNull();
    expect(server.sent('pick')).toHaveLength(2); // one is on its way: the second Enter asks for nothing
  });

  test('arrows, Home and End move between the answers', async () => {
    const { user } = await look([letter('ana'), letter('tom'), letter('zoe')]);
    answer('ana').focus();
    const focused = () => document.activeElement?.getAttribute('aria-label')?.split(' ').at(-1);
    await user.keyboard('{ArrowUp}');
    expect(focused()).toBe('ana');
    await user.keyboard('{ArrowDown}');
    expect(focused()).toBe('tom');
    await user.keyboard('{End}');
    expect(focused()).toBe('zoe');
    await user.keyboard('{Home}');
    expect(focused()).toBe('ana');
  });

  test('are asked for every 15 seconds while somebody looks, and when their number changes', async () => {
    const { server, user, say } = await look();
    expect(asked(server)).toBe(1);
    await later(15_100);
    expect(asked(server)).toBe(2);
    server.answers.messages = () => messages(letter('ana'), letter('tom'), letter('zoe'));
    await say({ ...tray(3), type: 'pulse' });
    await later(50);
    expect(asked(server)).toBe(3);
    expect(names()).toEqual(['Customer ana', 'Customer tom', 'Customer zoe']);
    // What the list itself tells is no reason to ask for it again.
    server.answers.messages = () => messages(letter('ana'));
    await later(15_100);
    expect(asked(server)).toBe(4);
    await later(10_000);
    expect(asked(server)).toBe(4);
    expect(screen.getByRole('link', { name: 'Messages 1 unanswered' })).toBeInTheDocument();
    await user.click(screen.getByRole('link', { name: /Chats/ }));
    await later(30_000);
    expect(asked(server)).toBe(4);
  });

  test('one that a colleague takes while it has the focus hands it to the next', async () => {
    const { server } = await look();
    answer('ana').focus();
    server.answers.messages = () => messages(letter('tom'));
    await later(15_100);
    expect(document.activeElement).toBe(answer('tom'));
  });

  test('of several queues can be narrowed to one', async () => {
    const letters = [letter('ana'), letter('tom', { queue: orders }), letter('zoe')];
    const { user, server } = await look(letters);
    await user.click(screen.getByRole('button', { name: 'Orders 1' }));
    expect(names()).toEqual(['Customer tom']);
    // When the last one of it is gone, all are shown.
    server.answers.messages = () => messages(letter('ana'), letter('zoe'));
    await later(15_100);
    expect(names()).toEqual(['Customer ana', 'Customer zoe']);
    expect(screen.queryByRole('button', { name: /All queues/ })).toBeNull();
  });

  test('without one the page says when there will be', async () => {
    await look([]);
    expect(screen.getByRole('heading', { level: 1 })).toHaveTextContent('No messages');
    expect(screen.getByText('When nobody can answer, customers leave one here.')).toBeInTheDocument();
  });

  test('when there are more than are shown, it says so', async () => {
    const letters = Array.from({ length: 9 }, (_, i) => letter(`${i}`));
    await look(letters, tray(50));
    expect(screen.getByText('50 or more to answer, the oldest first')).toBeInTheDocument();
    expect(screen.getByText('More come up when these are answered.')).toBeInTheDocument();
  });

  test('what is known stays when no answer comes, and that is said', async () => {
    const { server } = await look();
    server.answers.messages = () => ({ type: 'error', code: 'busy', message: 'Please try again.' });
    await later(15_100);
    expect(names()).toEqual(['Customer ana', 'Customer tom']);
    expect(screen.getByText('Please try again.')).toBeInTheDocument();
  });
});

describe('without a chat', () => {
  test('a paused agent comes back with one click', async () => {
    const { user, server } = await page(welcome({ me: { ...marta, state: 'PAUSED', reason: 'Lunch' } }));
    expect(screen.getByRole('heading', { name: 'You’re on a break: Lunch' })).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Go available' }));
    expect(server.sent('status')).toMatchObject([{ state: 'READY' }]);
  });

  test('a lost line is said in words', async () => {
    const { server } = await page();
    await act(() => server.drop());
    expect(screen.getByText(/Connection lost. Trying again/)).toBeInTheDocument();
  });
});

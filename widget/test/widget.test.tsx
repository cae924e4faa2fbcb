import { fireEvent, within } from '@testing-library/dom';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { endOfWorld, FakeSocket, settle } from '../client/test/fakes';
import { mount } from '../src/mount';
import { drawn, page } from './page';

let service: ReturnType<typeof page>;
let leave: (() => void) | undefined;
beforeEach(() => {
  service = page();
});
afterEach(async () => {
  leave?.();
  leave = undefined;
  // Preact keeps effects for the next frame in one list: a frame that never came would hold up those of the next test.
  await vi.advanceTimersByTimeAsync(200);
  const ticking = vi.getTimerCount();
  endOfWorld();
  expect(ticking, 'nothing ticks after the end').toBe(0);
});

const NOW = 1_800_000_000_000;
const marta = { by: 'marta', name: 'Marta Kovač' };

/** The widget on a page, as the loader puts it there. */
function embed(dataset: DOMStringMap = {}) {
  const host = document.createElement('parley-chat');
  const root = host.attachShadow({ mode: 'open' });
  (root as { adoptedStyleSheets: unknown[] }).adoptedStyleSheets = [];
  const button = document.createElement('button');
  button.setAttribute('aria-label', 'Chat');
  const icon = document.createElementNS('http://www.w3.org/2000/svg', 'path') as SVGPathElement;
  root.append(button);
  document.body.append(document.createElement('main'), host);
  const chat = mount({
    name: 'parley:fern',
    root,
    button,
    icon,
    dataset: { website: 'fern', ...dataset },
    origin: 'https://chat.example',
  });
  leave = () => chat.stop();
  const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTimeAsync.bind(vi) });
  const view = within(root.querySelector('.w') as HTMLElement);
  return { host, root, button, chat, user, view };
}

type Embedded = ReturnType<typeof embed>;

async function opened(dataset?: DOMStringMap) {
  const widget = embed(dataset);
  widget.chat.toggle();
  await drawn();
  return widget;
}

const view = (more: object = {}) => ({
  session: 's1',
  generation: 1,
  state: 'WAITING',
  head: 1,
  queue: { id: 'plants', name: 'Plant care' },
  position: 2,
  ...more,
});
const row = (place: number, more: object) => ({
  place,
  kind: 'message',
  side: 'agent',
  at: NOW + place,
  ...more,
});

/** Writes the first message and plays the server until it waits in the line. */
async function started({ user, view: screen }: Embedded, text = 'Help!') {
  await user.type(screen.getByLabelText('Your question'), text);
  await user.click(screen.getByRole('button', { name: 'Start chat' }));
  await drawn();
  FakeSocket.last.open();
  FakeSocket.last.answer('hello', { type: 'welcome', now: Date.now(), sessions: [] });
  await drawn();
  const { cid } = FakeSocket.last.request('start');
  FakeSocket.last.answer('start', {
    type: 'session',
    now: Date.now(),
    session: view({ rows: [row(1, { side: 'customer', text, cid })] }),
  });
  await drawn();
}

/** The first message is refused. */
async function declined(code: string, message = 'No.') {
  FakeSocket.last.open();
  FakeSocket.last.answer('hello', { type: 'welcome', now: Date.now(), sessions: [] });
  await drawn();
  FakeSocket.last.answer('start', { type: 'error', code, message });
  await drawn();
}

/** Marta takes the session and writes. */
async function answered(text = 'Hello Ana') {
  FakeSocket.last.say({
    type: 'session',
    now: Date.now(),
    session: view({
      state: 'ACTIVE',
      head: 2,
      position: undefined,
      agent: { id: 'marta', name: 'Marta Kovač' },
      rows: [row(2, { kind: 'accepted', side: 'system', ...marta })],
    }),
  });
  FakeSocket.last.say({ type: 'rows', session: 's1', head: 3, rows: [row(3, { ...marta, text })] });
  await drawn();
}

/** The session ends, behind two messages. */
async function over(outcome: string, more: object = {}) {
  const closed = { kind: 'closed', side: 'system', outcome, ...more };
  FakeSocket.last.say({
    type: 'session',
    now: Date.now(),
    session: view({ state: 'CLOSED', head: 4, position: undefined, outcome, rows: [row(4, closed)] }),
  });
  await drawn();
}

test('an answer that comes in the moment of the opening is drawn', async () => {
  const { fetch } = globalThis;
  let arrive = () => {};
  const way = new Promise<void>((done) => {
    arrive = done;
  });
  vi.stubGlobal('fetch', (url: string) => way.then(() => fetch(url)));
  const { chat, view: screen } = embed();
  await drawn();
  chat.toggle();
  screen.getByText('One moment…');
  arrive();
  await settle(); // earlier than the next frame
  await drawn();
  screen.getByLabelText('Your question');
});

test('asks for nothing but the website until somebody writes, then connects', async () => {
  const widget = await opened();
  const { user, view: screen } = widget;
  expect(service.asked).toEqual(['https://chat.example/v1/websites/fern']);
  const dialog = screen.getByRole('dialog', { name: 'Fern & Fable' });
  expect(dialog.textContent).toContain('Hello!');
  expect(widget.root.activeElement, 'the first field has the focus').toBe(screen.getByLabelText(/Your name/));

  await user.type(screen.getByLabelText(/Your name/), 'Ana Lima');
  await user.type(screen.getByLabelText(/E-mail/), 'ana@example.com');
  await started(widget, 'Is it pet friendly?');
  expect(service.asked[1]).toBe('https://chat.example/v1/websites/fern/token');
  expect(FakeSocket.last.request('start')).toMatchObject({
    text: 'Is it pet friendly?',
    name: 'Ana Lima',
    email: 'ana@example.com',
    page: { url: `${location.origin}/`, title: 'Shop' },
  });
  expect(screen.getByText('You’re second in line')).toBeTruthy();
  expect(screen.getByRole('log').textContent).toContain('Is it pet friendly?');
  expect(widget.root.activeElement, 'the focus follows').toBe(screen.getByRole('textbox'));
});

test('there is one panel, whatever happens while it is drawn', async () => {
  const widget = await opened();
  await started(widget);
  await answered();
  expect(widget.view.getAllByRole('dialog').length).toBe(1);
  expect(widget.view.getAllByRole('log').length).toBe(1);
});

test('says in words what is wrong with a form, and takes the focus there', async () => {
  const { root, user, view: screen } = await opened();
  await user.type(screen.getByLabelText(/E-mail/), 'ana.lima@');
  await user.click(screen.getByRole('button', { name: 'Start chat' }));
  const email = screen.getByLabelText(/E-mail/);
  const said = (field: HTMLElement) =>
    root.getElementById(field.getAttribute('aria-describedby') ?? '')?.textContent;
  expect(said(email)).toBe('Add the part after the @, like name@example.com');
  expect(said(screen.getByLabelText(/Your question/))).toBe('Write what you would like to ask');
  expect(root.activeElement).toBe(email);
  await user.type(email, 'example.com');
  expect(email.getAttribute('aria-invalid')).toBe('false');
});

test('a website that is not reached can be asked again; one that is unknown cannot', async () => {
  service.status = 0;
  const { user, view: screen } = await opened();
  expect(screen.getByRole('alert').textContent).toContain('could not be reached');
  service.status = 404;
  await user.click(screen.getByRole('button', { name: 'Try again' }));
  await drawn();
  expect(screen.getByRole('alert').textContent).toBe('This website’s chat is not set up yet.');
  expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull();
});

test('says when nobody is here, and takes the message all the same', async () => {
  service.config = { ...service.config, open: 'nobody' };
  const widget = await opened();
  expect(widget.view.getByRole('dialog', { name: 'Nobody is here right now' })).toBeTruthy();
  await started(widget);
  expect(widget.view.getByText('You’re second in line')).toBeTruthy();
});

test('says about how long an answer takes, before anybody writes', async () => {
  service.config = { ...service.config, wait: 100 };
  const { view: screen } = await opened();
  expect(screen.getByRole('dialog').textContent).toContain('We’ll be with you in about 2 minutes');
});

const website = 'https://chat.example/v1/websites/fern';
const looks = () => service.asked.filter((url) => url === website).length;

test('an open panel follows the website: closed, full, nobody, and open again, with all that was typed', async () => {
  const widget = await opened();
  const { user, root, view: screen } = widget;
  await user.type(screen.getByLabelText(/Your name/), 'Ana Lima');
  await user.type(screen.getByLabelText(/E-mail/), 'ana@example.com');
  const question = screen.getByLabelText('Your question') as HTMLTextAreaElement;
  await user.type(question, 'Half a quest');
  question.setSelectionRange(4, 4);
  const nine = new Date(Date.now() + 86_400_000).setHours(9, 0, 0, 0);
  for (const [config, heading, said] of [
    [{ open: 'closed', opens: nine }, 'We’re closed right now 🌙', 'Opens tomorrow at 09:00'],
    [{ open: 'full' }, 'Everybody is busy right now', 'your message keeps its place in the line'],
    [{ open: 'nobody' }, 'Nobody is here right now', 'the first of us who is back sees it'],
    [{ open: 'open' }, 'Fern & Fable', 'We’re here to help'],
  ] as const) {
    service.config = { ...service.config, opens: undefined, ...config };
    await vi.advanceTimersByTimeAsync(30_000);
    expect(screen.getByRole('dialog', { name: heading }).textContent).toContain(said);
    expect([question.isConnected, question.value, question.selectionStart]).toEqual([
      true,
      'Half a quest',
      4,
    ]);
    expect(root.activeElement).toBe(question);
    expect((screen.getByLabelText(/Your name/) as HTMLInputElement).value).toBe('Ana Lima');
    expect((screen.getByLabelText(/E-mail/) as HTMLInputElement).value).toBe('ana@example.com');
  }
});

test('the website is asked at once when somebody looks again, and never while nobody does', async () => {
  const widget = await opened();
  expect(looks(), 'pointing at the launcher and opening it ask once').toBe(1);
  const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
  document.dispatchEvent(new Event('visibilitychange'));
  await vi.advanceTimersByTimeAsync(300_000);
  expect(looks()).toBe(1);
  service.config = { ...service.config, open: 'nobody' };
  hidden.mockReturnValue(false);
  document.dispatchEvent(new Event('visibilitychange'));
  await drawn();
  expect([looks(), !!widget.view.getByText('Nobody is here right now')]).toEqual([2, true]);
  widget.chat.toggle();
  await vi.advanceTimersByTimeAsync(300_000);
  expect(looks()).toBe(2);
  widget.chat.toggle();
  await drawn();
  expect(looks()).toBe(3);
});

test('a website that cannot be asked stays as it was; one that could not be reached comes by itself', async () => {
  service.status = 0;
  const { view: screen } = await opened();
  expect(screen.getByRole('alert').textContent).toContain('could not be reached');
  service.status = 200;
  await vi.advanceTimersByTimeAsync(30_000);
  expect(screen.getByRole('dialog', { name: 'Fern & Fable' })).toBeTruthy();
  service.status = 500;
  await vi.advanceTimersByTimeAsync(60_000);
  expect([looks(), !!screen.getByLabelText('Your question')]).toEqual([4, true]);
});

test('while a session runs it tells how things are; when it is closed, the website does', async () => {
  const widget = await opened();
  await started(widget);
  await answered();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(looks()).toBe(1);
  service.config = { ...service.config, open: 'nobody' };
  await over('handled');
  expect(looks()).toBe(2);
  expect(widget.view.getByText('Nobody is here right now')).toBeTruthy();
  service.config = { ...service.config, open: 'open' };
  await vi.advanceTimersByTimeAsync(30_000);
  expect(widget.view.queryByText('Nobody is here right now')).toBeNull();
});

const later = { open: 'closed', offline: true };
const field = (screen: Embedded['view'], label: string | RegExp) =>
  screen.getByLabelText(label) as HTMLInputElement;

test('a message for later: the e-mail address is needed, it is confirmed, and writing again is a chat', async () => {
  service.config = { ...service.config, ...later, askName: false, askEmail: false };
  const { root, user, view: screen } = await opened();
  expect(screen.getByRole('form', { name: 'Leave us a message' })).toBeTruthy();
  await user.type(field(screen, /Your name/), 'Ana Lima');
  await user.type(field(screen, 'Your message'), 'Where is my order?');
  await user.click(screen.getByRole('button', { name: 'Send message' }));
  expect(screen.getByText('Add your e-mail address, so that we can answer')).toBeTruthy();
  expect(root.activeElement).toBe(field(screen, 'E-mail'));
  await user.type(field(screen, 'E-mail'), 'ana@example.com');
  await user.click(screen.getByRole('button', { name: 'Send message' }));
  await drawn();
  expect(screen.getByRole('dialog').textContent).toContain('Sending');
  expect(screen.queryByText(/finding somebody/)).toBeNull();

  FakeSocket.last.open();
  FakeSocket.last.answer('hello', { type: 'welcome', now: Date.now(), sessions: [] });
  await drawn();
  const { cid, ...sent } = FakeSocket.last.request('start');
  expect(sent).toMatchObject({ offline: true, name: 'Ana Lima', email: 'ana@example.com' });
  FakeSocket.last.answer('start', {
    type: 'session',
    now: Date.now(),
    session: view({
      state: 'CLOSED',
      outcome: 'offline',
      position: undefined,
      rows: [row(1, { side: 'customer', text: 'Where is my order?', cid })],
    }),
  });
  await drawn();
  expect(screen.getByRole('log').textContent).toContain('We’ll answer by e-mail to ana@example.com.');
  service.config = { ...service.config, open: 'open', offline: undefined };
  await vi.advanceTimersByTimeAsync(30_000);
  await user.type(screen.getByRole('textbox', { name: 'Write a message' }), 'Are you there now?{Enter}');
  await drawn();
  expect(FakeSocket.last.request('send')).toMatchObject({ session: 's1', text: 'Are you there now?' });
  const reopened = row(2, { kind: 'reopened', side: 'customer', text: 'Are you there now?' });
  FakeSocket.last.say({
    type: 'session',
    now: Date.now(),
    session: view({ generation: 2, head: 2, position: 1, rows: [reopened] }),
  });
  await drawn();
  expect(screen.getByText('You’re next')).toBeTruthy();
  expect(screen.queryByText(/We’ll answer by e-mail/)).toBeNull();
});

test('the form for later takes over what was typed, and gives it back with the e-mail address', async () => {
  service.config = { ...service.config, askName: false, askEmail: false };
  const { user, view: screen } = await opened();
  const question = field(screen, 'Your question');
  await user.type(question, 'Is it pet friendly?');
  service.config = { ...service.config, ...later };
  await vi.advanceTimersByTimeAsync(30_000);
  expect(field(screen, 'Your message')).toBe(question);
  await user.type(field(screen, 'E-mail'), 'ana@example.com');
  service.config = { ...service.config, open: 'open', offline: undefined };
  await vi.advanceTimersByTimeAsync(30_000);
  expect(screen.getByRole('button', { name: 'Start chat' })).toBeTruthy();
  expect([question.value, field(screen, /E-mail/).value]).toEqual(['Is it pet friendly?', 'ana@example.com']);
});

test.each([
  ['licence_full', 'full', 'Everybody was busy just now.'],
  ['not_open', 'closed', 'We have just closed.'],
  ['nobody', 'nobody', 'Nobody was there just now.'],
])('a start that is refused as %s can be left as a message', async (code, open, said) => {
  const { user, view: screen } = await opened();
  await user.type(field(screen, /Your name/), 'Ana Lima');
  await user.type(field(screen, 'Your question'), 'Is it pet friendly?');
  await user.click(screen.getByRole('button', { name: 'Start chat' }));
  await drawn();
  service.config = { ...service.config, open, offline: true };
  await declined(code);
  expect(screen.getByRole('alert').textContent).toBe(`${said} What you wrote is still here.`);
  expect([field(screen, /Your name/).value, field(screen, 'Your message').value]).toEqual([
    'Ana Lima',
    'Is it pet friendly?',
  ]);
  await user.type(field(screen, 'E-mail'), 'ana@example.com');
  await user.click(screen.getByRole('button', { name: 'Send message' }));
  await drawn();
  expect(FakeSocket.last.requests('start').map(({ text, offline }) => [text, offline])).toEqual([
    ['Is it pet friendly?', undefined],
    ['Is it pet friendly?', true],
  ]);
  expect(screen.queryByRole('alert')).toBeNull();
});

test('a start that is refused can be tried again, with and without messages for later', async () => {
  const { user, view: screen } = await opened();
  await user.type(field(screen, 'Your question'), 'Help!');
  await user.click(screen.getByRole('button', { name: 'Start chat' }));
  await drawn();
  await declined('licence_full');
  await user.click(screen.getByRole('button', { name: 'Try again' }));
  await drawn();
  service.config = { ...service.config, open: 'full', offline: true };
  FakeSocket.last.answer('start', { type: 'error', code: 'licence_full', message: 'No.' });
  await drawn();
  await user.click(screen.getByRole('button', { name: 'Try again' }));
  await drawn();
  const starts = FakeSocket.last.requests('start');
  expect(starts.map(({ text, offline }) => [text, offline])).toEqual(Array(3).fill(['Help!', undefined]));
  expect(new Set(starts.map(({ nonce }) => nonce)).size, 'each is an attempt of its own').toBe(3);
});

test('a first message that was refused for what it says can be mended', async () => {
  const { user, view: screen } = await opened();
  await user.type(field(screen, /E-mail/), 'ana@nowhere');
  await user.type(field(screen, 'Your question'), 'Help!');
  await user.click(screen.getByRole('button', { name: 'Start chat' }));
  await drawn();
  await declined('bad_value', 'That e-mail address cannot exist.');
  expect(screen.getByRole('alert').textContent).toContain('That e-mail address cannot exist.');
  expect(field(screen, /E-mail/).value).toBe('ana@nowhere');
});

test('all that was written before the refusal comes back, also into a panel that was closed meanwhile', async () => {
  const widget = await opened();
  const { user, chat, view: screen } = widget;
  await user.type(field(screen, 'Your question'), 'One{Control>}{Enter}{/Control}');
  await drawn();
  await user.type(screen.getByRole('textbox'), 'Two{Enter}Half a th');
  chat.toggle();
  FakeSocket.last.open();
  FakeSocket.last.answer('hello', { type: 'welcome', now: Date.now(), sessions: [] });
  await drawn();
  for (let i = 0; i < 2; i++) {
    FakeSocket.last.answer('start', { type: 'error', code: 'nobody', message: 'No.' });
    await drawn();
  }
  chat.toggle();
  await drawn();
  expect(field(screen, 'Your question').value).toBe('One\n\nTwo\n\nHalf a th');
  expect(Object.keys(localStorage).filter((key) => key.includes(':out:'))).toEqual([]);
});

test('a first message that is too long is not cut, but refused in words', async () => {
  const { user, view: screen } = await opened();
  fireEvent.input(field(screen, 'Your question'), { target: { value: 'x'.repeat(4_001) } });
  await user.click(screen.getByRole('button', { name: 'Start chat' }));
  expect(screen.getByText(/1 character too long/)).toBeTruthy();
});

test('what is written into a closed session is left for later, unless the website has opened meanwhile', async () => {
  const widget = await opened();
  await started(widget);
  await answered();
  await vi.advanceTimersByTimeAsync(6_000);
  service.config = { ...service.config, ...later };
  await over('handled', marta);
  const { user, view: screen } = widget;
  expect(screen.getByRole('dialog').textContent).toContain('We’re closed right now');
  await user.type(screen.getByRole('textbox', { name: 'Leave us a message' }), 'One more thing{Enter}');
  await drawn();
  FakeSocket.last.answer('send', { type: 'error', code: 'not_open', message: 'No.' });
  await drawn();
  const { cid, ...sent } = FakeSocket.last.request('start');
  expect(sent).toMatchObject({ text: 'One more thing', offline: true });
  expect(screen.queryByText(/Not sent/)).toBeNull();
  FakeSocket.last.answer('start', {
    type: 'session',
    now: Date.now(),
    session: view({
      state: 'CLOSED',
      head: 5,
      position: undefined,
      outcome: 'offline',
      rows: [row(5, { side: 'customer', text: 'One more thing', cid })],
    }),
  });
  await drawn();
  expect(screen.getByText('We have what you wrote, and answer as soon as we can.')).toBeTruthy();
  expect(screen.getAllByText('One more thing').length).toBe(1);
  expect(screen.queryByText('MK'), 'it is not Marta who says thank you').toBeNull();

  await user.type(screen.getByRole('textbox', { name: 'Leave us a message' }), 'And the pot?{Enter}');
  await drawn();
  const { cid: second } = FakeSocket.last.request('send');
  FakeSocket.last.answer('send', { type: 'ack', session: 's1', cid: second, place: 6, at: Date.now() });
  const reopened = row(6, { kind: 'reopened', side: 'customer', text: 'And the pot?', cid: second });
  FakeSocket.last.say({
    type: 'session',
    now: Date.now(),
    session: view({ generation: 2, head: 6, position: 1, rows: [reopened] }),
  });
  await drawn();
  expect(screen.getByText('You’re next')).toBeTruthy();
});

test('a message that would reopen the session and is refused can be left for later, or sent again', async () => {
  const widget = await opened();
  await started(widget);
  await answered();
  await over('handled', marta);
  const { user, view: screen } = widget;
  await user.type(screen.getByRole('textbox'), 'One more thing{Enter}');
  await drawn();
  service.config = { ...service.config, open: 'nobody', offline: true };
  const refuse = async () => {
    FakeSocket.last.answer('send', { type: 'error', code: 'nobody', message: 'No.' });
    await drawn();
  };
  await refuse();
  expect(screen.getByRole('log').textContent).toContain('Not sent: Nobody was there just now.');
  expect(screen.getByText('Nobody is here right now'), 'the website is asked at once').toBeTruthy();
  expect(screen.getByRole('button', { name: 'Send again' })).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Leave it as a message' }));
  await drawn();
  await refuse();
  expect(FakeSocket.last.request('start')).toMatchObject({ text: 'One more thing', offline: true });
  expect(screen.queryByRole('button', { name: 'Send again' })).toBeNull();
});

test.each([
  ['unmanaged', 'We have what you wrote, and answer as soon as we can.'],
  ['offline', 'We have what you wrote, and answer as soon as we can.'],
])('a session that nobody took in time (%s) says what comes, and has a way on', async (outcome, said) => {
  const widget = await opened();
  await started(widget);
  FakeSocket.last.say({
    type: 'session',
    now: Date.now(),
    session: view({
      state: 'CLOSED',
      head: 2,
      position: undefined,
      outcome,
      rows: [row(2, { kind: 'closed', side: 'system', outcome })],
    }),
  });
  await drawn();
  const { root, user, view: screen } = widget;
  expect(screen.getByText('Sorry, nobody was free')).toBeTruthy();
  expect(screen.getByText(said)).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Write again' }));
  expect(root.activeElement).toBe(screen.getByRole('textbox', { name: 'Write a message' }));
});

test('handed over: to somebody else, to wait in another queue, and back when the agent was lost', async () => {
  const widget = await opened();
  await started(widget);
  await answered();
  const { view: screen } = widget;
  const log = screen.getByRole('log');
  const say = async (kind: string, head: number, more: object, by: object, to?: string) => {
    const told = row(head, { kind, side: 'system', ...by, to });
    FakeSocket.last.say({
      type: 'session',
      now: Date.now(),
      session: view({ head, position: undefined, rows: [told], ...more }),
    });
    await drawn();
  };
  const ben = { id: 'ben', name: 'Ben Osei' };
  const marta_ = { id: 'marta', name: 'Marta Kovač' };
  await say('joined', 4, { state: 'ACTIVE', agent: marta_, assist: [ben] }, { by: 'ben', name: 'Ben Osei' });
  expect(screen.getByText('Plant care · with Ben')).toBeTruthy();
  await say(
    'transferred',
    5,
    { state: 'ACTIVE', generation: 2, agent: ben },
    { by: 'ben', name: 'Ben Osei' },
  );
  expect(screen.getByRole('dialog', { name: 'Ben Osei' })).toBeTruthy();
  expect(log.textContent).toContain('You’re now talking with Ben');

  const orders = { id: 'orders', name: 'Orders' };
  const moved = { state: 'WAITING', generation: 3, queue: orders, position: 4, wait: 400 };
  await say('transferred', 6, moved, { by: 'ben', name: 'Ben Osei' }, 'Orders');
  expect(log.textContent).toContain('Moved to Orders. You keep your place in line.');
  expect(log.textContent).toContain('You’re number 4 in lineabout 10 minutes');
  expect(screen.getByRole('dialog', { name: 'Orders' })).toBeTruthy();

  await say('accepted', 7, { state: 'ACTIVE', generation: 3, queue: orders, agent: marta_ }, marta);
  await say('requeued', 8, { generation: 4, queue: orders, position: 1 }, marta);
  expect(log.textContent).toContain('Marta was disconnected. You keep your place in line.');
  expect(screen.getByText('You’re next')).toBeTruthy();
});

test('an idle chat counts down to its end, on the server’s clock; only a message stops it', async () => {
  const widget = await opened();
  await started(widget);
  await answered();
  const { root, user, view: screen } = widget;
  const until = Date.now() + 60_000;
  const warn = async (more: object = {}) => {
    const agent = { id: 'marta', name: 'Marta Kovač' };
    const now = Date.now();
    FakeSocket.last.say({
      type: 'session',
      now,
      session: view({ state: 'ACTIVE', head: 3, position: undefined, agent, ...more }),
    });
    await drawn();
  };
  await warn({ idleUntil: until });
  expect(screen.getByRole('alert').textContent).toContain('Still there?');
  await vi.advanceTimersByTimeAsync(8_000);
  expect(screen.getByText('Still there? This chat closes in 0:52')).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Write' }));
  expect(root.activeElement).toBe(screen.getByRole('textbox'));
  await user.type(screen.getByRole('textbox'), 'Yes!');
  expect(screen.getByText(/This chat closes in/)).toBeTruthy();
  await user.keyboard('{Enter}');
  await drawn();
  const { cid } = FakeSocket.last.request('send');
  FakeSocket.last.answer('send', { type: 'ack', session: 's1', cid, place: 4, at: Date.now() });
  await drawn();
  expect(screen.queryByText(/This chat closes in/)).toBeNull();

  await warn({ head: 4, idleUntil: Date.now() + 5_000 });
  await vi.advanceTimersByTimeAsync(6_000);
  expect(screen.getByText('Still there? This chat is closing')).toBeTruthy();
  FakeSocket.last.say({
    type: 'rows',
    session: 's1',
    head: 5,
    rows: [row(5, { kind: 'closed', side: 'system', outcome: 'timeout' })],
  });
  await drawn();
  expect(screen.getByText('Closed because nobody wrote. Write again to go on.')).toBeTruthy();
  expect(screen.queryByText(/Still there/)).toBeNull();
});

test('who looks elsewhere hears that the chat is about to close', async () => {
  const widget = await opened();
  await started(widget);
  await answered();
  const play = vi.spyOn(HTMLMediaElement.prototype, 'play');
  widget.chat.toggle();
  FakeSocket.last.say({
    type: 'session',
    now: Date.now(),
    session: view({
      state: 'ACTIVE',
      head: 3,
      position: undefined,
      agent: { id: 'marta', name: 'Marta Kovač' },
      idleUntil: Date.now() + 60_000,
    }),
  });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(play).toHaveBeenCalledTimes(1);
});

test('asks for a topic where there are several queues', async () => {
  service.config = {
    ...service.config,
    askName: false,
    askEmail: false,
    queues: [
      { id: 'plants', name: 'Plant care' },
      { id: 'orders', name: 'Orders' },
    ],
  };
  const widget = await opened();
  expect(widget.view.queryByLabelText(/Your name/)).toBeNull();
  await widget.user.selectOptions(widget.view.getByLabelText('What is it about?'), 'Orders');
  await started(widget);
  expect(FakeSocket.last.request('start')).toMatchObject({ queue: 'orders' });
});

test('the place in the line and the wait move as the server says, and go when nobody knows', async () => {
  const widget = await opened();
  await started(widget);
  const said = () => widget.view.getAllByRole('status').find((each) => each.matches('.wait'))?.textContent;
  expect(said()).not.toContain('minute');
  const say = async (more: object) => {
    FakeSocket.last.say({ type: 'session', now: Date.now(), session: view(more) });
    await drawn();
  };
  await say({ position: 3, wait: 110 });
  expect(said()).toContain('You’re third in lineabout 2 minutes');
  await say({ position: 1, wait: 20 });
  expect(said()).toContain('You’re nextless than a minute');
  await say({ position: undefined });
  expect(said()).toMatch(/^We’re finding somebody for youYou can keep browsing/);
});

test('a whole conversation: joined, typing, answered, read, closed, reopened', async () => {
  const widget = await opened();
  const { user, view: screen } = widget;
  await started(widget);
  await answered('See https://shop.example/care <b>now</b>');
  const log = screen.getByRole('log');
  expect(screen.getByRole('dialog', { name: 'Marta Kovač' })).toBeTruthy();
  expect(log.textContent).toContain('Marta joined the chat');
  const link = within(log).getByRole('link');
  expect([link.getAttribute('href'), link.getAttribute('rel')]).toEqual([
    'https://shop.example/care',
    'noopener noreferrer nofollow',
  ]);
  expect(log.querySelector('b')).toBeNull();
  expect(FakeSocket.last.request('read')).toMatchObject({ session: 's1', place: 3 });

  FakeSocket.last.say({ type: 'typing', session: 's1', side: 'agent', name: 'Marta Kovač' });
  await drawn();
  expect(screen.getByText('Marta is typing')).toBeTruthy();

  const field = screen.getByRole('textbox', { name: 'Write a message' });
  await user.type(field, 'two lines{Shift>}{Enter}{/Shift}here{Enter}');
  await drawn();
  expect(FakeSocket.last.requests('typing').length).toBe(1);
  const sent = FakeSocket.last.request('send');
  expect(sent.text).toBe('two lines\nhere');
  expect((field as HTMLTextAreaElement).value).toBe('');
  expect(log.textContent).toContain('Sending');
  FakeSocket.last.answer('send', { type: 'ack', session: 's1', cid: sent.cid, place: 4, at: NOW });
  await drawn();
  expect(log.textContent).toContain('Sent');
  FakeSocket.last.say({ type: 'read', session: 's1', side: 'agent', place: 4 });
  await drawn();
  expect(log.textContent).not.toContain('Sent');

  FakeSocket.last.say({
    type: 'session',
    now: NOW,
    session: view({
      state: 'CLOSED',
      head: 5,
      rows: [row(5, { kind: 'closed', side: 'system', ...marta, outcome: 'handled' })],
    }),
  });
  await drawn();
  expect(screen.getByRole('dialog', { name: 'Marta closed the chat' })).toBeTruthy();
  await user.type(screen.getByRole('textbox', { name: 'Write again to reopen the chat' }), 'one more{Enter}');
  await drawn();
  expect(FakeSocket.last.request('send')).toMatchObject({ session: 's1', text: 'one more', after: 5 });
});

test('a closed panel counts what came, on the launcher and in its name, and forgets when it is read', async () => {
  const widget = await opened();
  await started(widget);
  await widget.user.keyboard('{Escape}');
  expect(widget.view.queryByRole('dialog')).toBeNull();
  expect(widget.root.activeElement).toBe(widget.button);
  await answered();
  expect(widget.button.ariaLabel).toBe('Chat, 1 new message');
  expect(widget.button.textContent).toBe('1');
  expect(FakeSocket.last.requests('read')).toEqual([]);
  widget.chat.toggle();
  await drawn();
  expect(FakeSocket.last.request('read').place).toBe(3);
  expect(widget.button.textContent).toBe('');
});

test('rings once for what came and is not seen, unless it is muted or seen in time', async () => {
  const play = vi.spyOn(HTMLMediaElement.prototype, 'play');
  const widget = await opened();
  await started(widget);
  widget.chat.toggle();
  play.mockClear();
  await answered();
  expect(play).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(400);
  expect(play).toHaveBeenCalledTimes(1);
  FakeSocket.last.say({ type: 'rows', session: 's1', head: 4, rows: [row(4, marta)] });
  await drawn();
  FakeSocket.last.say({ type: 'rows', session: 's1', head: 5, rows: [row(5, marta)] });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(play, 'once for a burst').toHaveBeenCalledTimes(2);

  FakeSocket.last.say({ type: 'rows', session: 's1', head: 6, rows: [row(6, marta)] });
  await drawn();
  widget.chat.toggle();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(play, 'seen in time').toHaveBeenCalledTimes(2);

  await widget.user.click(widget.view.getByRole('button', { name: 'More options' }));
  await widget.user.click(widget.view.getByRole('button', { name: 'Turn sounds off' }));
  widget.chat.toggle();
  FakeSocket.last.say({ type: 'rows', session: 's1', head: 7, rows: [row(7, marta)] });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(play, 'muted').toHaveBeenCalledTimes(2);
});

test('a hidden page says so in its title, and takes it back', async () => {
  const widget = await opened();
  await started(widget);
  const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
  await answered();
  expect(document.title).toBe('(1) Shop');
  document.title = '(1) Another page';
  hidden.mockReturnValue(false);
  document.dispatchEvent(new Event('visibilitychange'));
  await drawn();
  expect(document.title).toBe('Another page');
});

test('the next page goes on where this one was: open, with its conversation and what was not sent', async () => {
  const widget = await opened();
  await started(widget);
  await answered();
  await widget.user.type(widget.view.getByRole('textbox'), 'half a thou');
  widget.chat.stop();
  document.body.replaceChildren();

  const next = embed();
  await drawn();
  expect(next.view.getByRole('log').textContent).toContain('Hello Ana');
  expect((next.view.getByRole('textbox') as HTMLTextAreaElement).value).toBe('half a thou');
  expect(next.root.activeElement, 'the page keeps its focus').toBeNull();
  FakeSocket.last.open();
  expect(FakeSocket.last.request('hello').cursors).toEqual({ s1: 3 });
  expect(service.asked.filter((url) => url.endsWith('/token')).length).toBe(1);
});

test('the next page knows what was filled in', async () => {
  const widget = await opened();
  await widget.user.type(field(widget.view, /Your name/), 'Ana');
  await widget.user.type(field(widget.view, 'Your question'), 'Is it');
  widget.chat.stop();
  document.body.replaceChildren();
  const next = embed();
  await drawn();
  expect([field(next.view, /Your name/).value, field(next.view, 'Your question').value]).toEqual([
    'Ana',
    'Is it',
  ]);
});

test('says when the network is gone, and keeps what is written', async () => {
  const widget = await opened();
  await started(widget);
  FakeSocket.last.close(1006);
  await vi.advanceTimersByTimeAsync(100);
  expect(widget.view.queryByText(/No connection/), 'not for a blink').toBeNull();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(widget.view.getByText(/No connection/)).toBeTruthy();
  await widget.user.type(widget.view.getByRole('textbox'), 'still here{Enter}');
  expect(widget.view.getByRole('log').textContent).toContain('still here');
});

test('a refused message is shown with its reason, and can be sent again or deleted', async () => {
  const widget = await opened();
  const { user, view: screen } = widget;
  await started(widget);
  await user.type(screen.getByRole('textbox'), 'x{Enter}');
  await drawn();
  FakeSocket.last.answer('send', { type: 'error', code: 'forbidden', message: 'Not here, sorry.' });
  await drawn();
  expect(screen.getByText('Not here, sorry.')).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Send again' }));
  await drawn();
  expect(FakeSocket.last.requests('send').length).toBe(2);
  FakeSocket.last.answer('send', { type: 'error', code: 'forbidden', message: 'Not here, sorry.' });
  await drawn();
  await user.click(screen.getByRole('button', { name: 'Delete' }));
  expect(screen.queryByText('Not here, sorry.')).toBeNull();
});

test('a text that is too long is not cut, but refused in words', async () => {
  const widget = await opened();
  await started(widget);
  const field = widget.view.getByRole('textbox');
  fireEvent.input(field, { target: { value: '🌿'.repeat(4_002) } });
  await drawn();
  expect(widget.view.getByRole('alert').textContent).toContain('2 characters too long');
  fireEvent.keyDown(field, { key: 'Enter' });
  await drawn();
  expect(FakeSocket.last.requests('send')).toEqual([]);
});

test('the customer ends the session, and is told when that did not work', async () => {
  const widget = await opened();
  const { user, view: screen } = widget;
  await started(widget);
  const end = async () => {
    await user.click(screen.getByRole('button', { name: 'More options' }));
    await user.click(screen.getByRole('button', { name: 'End chat' }));
    await drawn();
  };
  await end();
  FakeSocket.last.answer('leave', {
    type: 'error',
    code: 'internal',
    message: 'Something went wrong on our side.',
  });
  await drawn();
  expect(screen.getByRole('alert').textContent).toBe('Something went wrong on our side.');
  await end();
  FakeSocket.last.answer('leave', {
    type: 'session',
    now: NOW,
    session: view({
      state: 'CLOSED',
      head: 2,
      rows: [row(2, { kind: 'closed', side: 'system', outcome: 'abandoned' })],
    }),
  });
  await drawn();
  expect(screen.getByText('You left the line')).toBeTruthy();
});

test('the menu closes with Escape and goes back to its button, the panel stays', async () => {
  const widget = await opened();
  await started(widget);
  const more = widget.view.getByRole('button', { name: 'More options' });
  await widget.user.click(more);
  await widget.user.keyboard('{Escape}');
  expect(widget.view.queryByRole('button', { name: 'End chat' })).toBeNull();
  expect(widget.root.activeElement).toBe(more);
  expect(widget.view.getByRole('dialog')).toBeTruthy();
});

test('emoji are picked with arrows, and land where the caret was', async () => {
  const widget = await opened();
  const { user, view: screen } = widget;
  await started(widget);
  const field = screen.getByRole('textbox') as HTMLTextAreaElement;
  await user.type(field, 'ab');
  field.setSelectionRange(1, 1);
  await user.click(screen.getByRole('button', { name: 'Insert an emoji' }));
  await drawn();
  const group = screen.getByRole('group', { name: 'Emoji' });
  const [first] = within(group).getAllByRole('button');
  first?.focus();
  await user.keyboard('{ArrowRight}{ArrowDown}{Home}{ArrowDown}');
  expect(widget.root.activeElement).toBe(within(group).getAllByRole('button')[8]);
  expect(
    within(group)
      .getAllByRole('button')
      .filter((button) => button.tabIndex === 0).length,
  ).toBe(1);
  await user.keyboard('{Enter}');
  expect(field.value).toBe(`a${within(group).getAllByRole('button')[8]?.textContent}b`);
});

test('on a phone it covers the page: nothing behind it scrolls or takes the focus', async () => {
  service.phone = true;
  const widget = await opened();
  const main = document.querySelector('main') as HTMLElement;
  expect(widget.view.getByRole('dialog').getAttribute('aria-modal')).toBe('true');
  expect([main.inert, document.documentElement.style.overflow]).toEqual([true, 'hidden']);
  widget.chat.toggle();
  expect([main.inert, document.documentElement.style.overflow]).toEqual([false, '']);
});

test('keys that are typed into the panel are not the page’s', async () => {
  const keys = vi.fn();
  document.addEventListener('keydown', keys);
  const { user, view: screen } = await opened();
  await user.type(screen.getByLabelText('Your question'), '/');
  document.removeEventListener('keydown', keys);
  expect(keys).not.toHaveBeenCalled();
});

test('takes theme, direction and colour from the page and the owner', async () => {
  service.config = { ...service.config, brand: '#ffb703' };
  const { host } = await opened({ theme: 'dark', dir: 'rtl' });
  expect([host.dataset.theme, host.dir]).toEqual(['dark', 'rtl']);
  expect(host.style.getPropertyValue('--brand')).toBe('rgb(255 183 3)');
  expect(localStorage.getItem('parley:fern:brand')).toBe('#ffb703');
});

test('a session that another tab began appears here', async () => {
  const widget = embed();
  await drawn();
  const item = { cid: 'c', session: '', text: 'from there', after: 1, at: NOW, first: { nonce: 'n' } };
  localStorage.setItem('parley:fern:out:c', JSON.stringify(item));
  window.dispatchEvent(
    new StorageEvent('storage', { key: 'parley:fern:out:c', newValue: JSON.stringify(item) }),
  );
  await drawn();
  widget.chat.toggle();
  await drawn();
  expect(widget.view.getByRole('log').textContent).toContain('from there');
});

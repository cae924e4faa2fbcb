/*
 * Every state of the panel side by side, drawn by the views that ship from data that stand still. `npm run shots` builds this page,
 * takes pictures of it and checks it with axe. Nothing of it ships.
 */

import tokens from 'virtual:tokens';
import type { Outgoing, Row, Session, View, WebsiteConfig } from '@parley/client';
import { render } from 'preact';
import { palette } from '../src/brand';
import { Context } from '../src/context';
import talkCss from '../src/talk.css?inline';
import { english } from '../src/texts';
import { Conversation } from '../src/views/conversation';
import { Panel } from '../src/views/panel';
import type { Widget } from '../src/widget';
import css from '../src/widget.css?inline';

const NOW = new Date(2026, 10, 24, 14, 5).getTime();
// The views ask the clock of this machine when a website opens.
const TOMORROW = new Date(Date.now() + 86_400_000).setHours(9, 0, 0, 0);
const minutes = (n: number) => NOW - n * 60_000;
const BEN = { by: 'ben', name: 'Ben Osei' };
const MARTA = { by: 'marta', name: 'Marta Kovač' };

const config: WebsiteConfig = {
  website: 'fern',
  name: 'Fern & Fable',
  greeting: 'Hello! How can we help your plants today?',
  open: 'open',
  queues: [{ id: 'plants', name: 'Plant care' }],
  socket: '',
};
const asking: WebsiteConfig = {
  ...config,
  askName: true,
  askEmail: true,
  queues: [...config.queues, { id: 'orders', name: 'Orders' }],
};

type Part = Partial<Row> & { side: Row['side'] };
const rows = (...parts: Part[]): Row[] =>
  parts.map((part, i) => ({ place: i + 1, kind: 'message', at: NOW, cid: `c${i}`, ...part }));

const QUESTION: Part = {
  side: 'customer',
  text: 'Hi! My Calathea’s leaves are turning brown at the edges 😟',
  at: minutes(3),
};
const TALK: Part[] = [
  QUESTION,
  { side: 'system', kind: 'accepted', ...MARTA, at: minutes(2.5) },
  { side: 'agent', ...MARTA, text: 'Oh no, poor thing! Let’s save it 🌿', at: minutes(2) },
  {
    side: 'agent',
    ...MARTA,
    text: 'How far is it from the window? And have a look at https://shop.example/care.html#light',
    at: minutes(2),
  },
  { side: 'customer', text: 'About two metres, but the sun is strong.', at: minutes(1) },
  { side: 'customer', text: 'Should I move it?', at: minutes(0.5) },
];

const view = (more: Partial<View> = {}): View => ({
  session: 's1',
  generation: 1,
  state: 'ACTIVE',
  head: 9,
  queue: { id: 'plants', name: 'Plant care' },
  agent: { id: 'marta', name: 'Marta Kovač' },
  ...more,
});
const session = (log: Row[], more: Partial<Session> = {}): Session => ({
  view: view(),
  rows: log,
  pending: [],
  read: { agent: 5 },
  mine: true,
  ...more,
});
const waiting = (more: Partial<View> = {}): View => {
  const { agent: _, ...rest } = view({ state: 'WAITING', ...more });
  return rest;
};
const closed = (outcome: string): View => {
  const { agent: _, ...rest } = view({ state: 'CLOSED', outcome });
  return rest;
};
const outgoing = (text: string, more: Partial<Outgoing> = {}): Outgoing => ({
  cid: text,
  session: 's1',
  text,
  after: 1,
  at: NOW,
  ...more,
});

interface State {
  title: string;
  config?: WebsiteConfig;
  session?: Session;
  starting?: Outgoing[];
  trouble?: Widget['trouble'];
  refused?: Widget['refused'];
  draft?: string;
  up?: boolean;
  dir?: 'rtl';
  theme?: 'dark';
  phone?: boolean;
  brand?: string;
}

const ARABIC: Part[] = [
  { side: 'customer', text: 'مرحبا، أين طلبي؟', at: minutes(3) },
  { side: 'system', kind: 'accepted', by: 'sara', name: 'سارة', at: minutes(2.5) },
  { side: 'agent', by: 'sara', name: 'سارة', text: 'أهلاً! سأتحقق من الطلب #40218 حالاً 🌿', at: minutes(2) },
];

const states: Record<string, State> = {
  welcome: { title: 'A question is all it takes', config },
  form: { title: 'The website asks for name, e-mail and topic', config: asking },
  soon: { title: 'There is a line', config: { ...config, wait: 200 } },
  nobody: { title: 'Nobody is here', config: { ...asking, open: 'nobody' } },
  full: { title: 'Everybody is busy', config: { ...config, open: 'full', wait: 500 } },
  closed: {
    title: 'Out of business hours: a message for later',
    config: { ...config, open: 'closed', offline: true, opens: TOMORROW },
  },
  declined: {
    title: 'The first message was refused; its text is back',
    config: { ...config, open: 'full', offline: true },
    draft: 'Hi! Is the Calathea pet friendly?',
    refused: { code: 'licence_full', message: '' },
  },
  left: {
    title: 'The message for later arrived',
    config: { ...config, open: 'closed', offline: true, opens: TOMORROW },
    session: session(rows({ ...QUESTION, at: NOW }), {
      view: closed('offline'),
      read: {},
    }),
  },
  loading: { title: 'On its way' },
  failed: { title: 'Not reached', trouble: 'failed' },
  starting: {
    title: 'The first message is on its way',
    starting: [outgoing('Hi! Is the Calathea pet friendly?', { session: '' })],
  },
  waiting: {
    title: 'Waiting in the line',
    session: session(rows(QUESTION), { view: waiting({ position: 2, wait: 110 }) }),
  },
  talk: {
    title: 'A conversation',
    session: session(rows(...TALK), { typing: { side: 'agent', name: 'Marta Kovač' } }),
  },
  refused: {
    title: 'A message that was refused, one on its way',
    session: session(rows(...TALK.slice(0, 4)), {
      pending: [
        outgoing('Five times in one second', {
          failed: { code: 'rate_limited', message: 'You are writing faster than we can read.' },
        }),
        outgoing('And one more'),
      ],
    }),
  },
  down: {
    title: 'The network is gone',
    session: session(rows(...TALK.slice(0, 3)), { pending: [outgoing('About two metres')] }),
    up: false,
  },
  ended: {
    title: 'Closed; a message reopens it, though nobody is here now',
    config: { ...config, open: 'nobody' },
    session: session(
      rows(...TALK, { side: 'system', kind: 'closed', ...MARTA, outcome: 'handled', at: NOW }),
      { view: closed('handled'), read: { agent: 9 } },
    ),
  },
  requeued: {
    title: 'The agent was lost; another queue colour',
    session: session(rows(...TALK, { side: 'system', kind: 'requeued', ...MARTA, at: NOW }), {
      view: waiting({ position: 1 }),
    }),
    brand: '#ffb703',
  },
  moved: {
    title: 'Handed over, and moved to another queue',
    session: session(
      rows(
        ...TALK.slice(0, 3),
        { side: 'system', kind: 'transferred', ...BEN, at: minutes(1) },
        { side: 'agent', ...BEN, text: 'Hi! My colleagues of the orders know more.', at: minutes(1) },
        { side: 'system', kind: 'transferred', ...BEN, to: 'Orders', at: NOW },
      ),
      { view: waiting({ queue: { id: 'orders', name: 'Orders' }, position: 3, wait: 500 }) },
    ),
  },
  idle: {
    title: 'Nobody has written for long; two agents',
    session: session(
      rows(
        ...TALK.slice(0, 3),
        { side: 'system', kind: 'joined', ...BEN, at: minutes(2) },
        { side: 'agent', ...BEN, text: 'Does it get water from the top?', at: minutes(2) },
      ),
      { view: view({ assist: [{ id: 'ben', name: 'Ben Osei' }], idleUntil: NOW + 52_000 }) },
    ),
  },
  timeout: {
    title: 'Closed because nobody wrote',
    session: session(
      rows(...TALK.slice(0, 3), { side: 'system', kind: 'closed', outcome: 'timeout', at: NOW }),
      { view: closed('timeout') },
    ),
  },
  late: {
    title: 'Nobody took it in time',
    session: session(rows(QUESTION, { side: 'system', kind: 'closed', outcome: 'unmanaged', at: NOW }), {
      view: closed('unmanaged'),
      read: {},
    }),
  },
  shut: {
    title: 'It would have reopened, but the website has closed',
    config: { ...config, open: 'closed', offline: true, opens: TOMORROW },
    session: session(
      rows(...TALK.slice(0, 3), { side: 'system', kind: 'closed', ...MARTA, outcome: 'handled', at: NOW }),
      {
        view: closed('handled'),
        pending: [outgoing('One more thing: which pot?', { failed: { code: 'not_open', message: '' } })],
      },
    ),
  },
  phone: {
    title: 'Phone, dark, right to left',
    session: session(rows(...ARABIC), {
      view: view({ agent: { id: 'sara', name: 'سارة' }, queue: { id: 'orders', name: 'الطلبات' } }),
      read: { agent: 3 },
    }),
    dir: 'rtl',
    theme: 'dark',
    phone: true,
  },
};

/** A widget that stands still. */
function still(state: State): Widget {
  const { session: talking, starting = [], config: known, trouble, refused, draft = '', up = true } = state;
  const nothing = () => {};
  const going = !!talking || starting.length > 0;
  const talk = going && {
    session: talking,
    starting,
    going,
    later: talking?.view.state === 'CLOSED' && !!known?.offline,
    leaving: false,
    seen: nothing,
    send: nothing,
    client: {
      state: { up, ready: true },
      clock: { now: () => NOW },
      typing: nothing,
      retry: nothing,
      discard: nothing,
    },
  };
  return {
    config: known,
    trouble,
    refused,
    session: talking,
    going,
    talk: talk || undefined,
    View: going ? Conversation : undefined,
    draft,
    about: going ? { email: 'ana.lima@example.com' } : {},
    muted: false,
    subscribe: () => nothing,
    toggle: nothing,
    converse: async () => {},
    refresh: async () => {},
  } as unknown as Widget;
}

const asked = new URLSearchParams(location.search);
const wanted = asked.get('only')?.split(',') ?? Object.keys(states);
const main = document.querySelector('main');
for (const name of wanted) {
  const state = states[name];
  if (!state) continue;
  const figure = document.createElement('figure');
  const caption = document.createElement('figcaption');
  caption.textContent = state.title;
  const frame = document.createElement('div');
  const phone = state.phone || asked.has('phone');
  frame.className = phone ? 'frame phone' : 'frame';
  const host = document.createElement('div');
  host.id = name;
  host.dir = state.dir ?? asked.get('dir') ?? 'ltr';
  const dark = (state.theme ?? asked.get('theme')) === 'dark';
  host.dataset.theme = dark ? 'dark' : 'light';
  if (state.brand) {
    for (const [property, value] of Object.entries(palette(state.brand, dark))) {
      host.style.setProperty(property, value);
    }
  }
  const root = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  // The frame stands for the screen.
  sheet.replaceSync(
    `${tokens}${css}${talkCss}.w .panel{position:absolute;inset:0;width:auto;height:auto}${phone ? '.w .panel{border-radius:0}' : ''}`,
  );
  root.adoptedStyleSheets = [sheet];
  const box = document.createElement('div');
  box.className = 'w';
  root.append(box);
  frame.append(host);
  figure.append(caption, frame);
  main?.append(figure);
  render(
    <Context.Provider value={{ widget: still(state), language: english('en-GB') }}>
      <Panel modal={false} focus={false} />
    </Context.Provider>,
    box,
  );
}

// Still pictures of the desk for looking at and for shots.mjs: the real views over a client that only stands there.
// `npm run dev`, then /desktop/dev/?still=chats. Not part of the build.
import '@fontsource-variable/inter/index.css';
import '@parley/client/tokens.css';
import '../src/base.css';
import type {
  DeskState as AgentSnapshot,
  Colleague,
  Ledger,
  Letter,
  Me,
  Offer,
  Row,
  Session,
  Team,
  View,
} from '@parley/client';
import { Refused } from '@parley/client';
import { createRoot } from 'react-dom/client';
import { Router } from 'wouter';
import { useHashLocation } from 'wouter/use-hash-location';
import { Bell } from '../src/bell';
import { DeskContext } from '../src/hooks/use-desk';
import { Desk, type DeskClient } from '../src/store';
import { DeskView } from '../src/views/desk-view';
import { SigninView } from '../src/views/signin-view';

const now = Date.now();
const ago = (s: number) => now - s * 1000;
const website = { id: 'fern', name: 'Fern & Fable' };
const plants = { id: 'plants', name: 'Plant care' };
const orders = { id: 'orders', name: 'Orders' };
const marta = { id: 'marta', name: 'Marta Kovač' };
const ben = { id: 'ben', name: 'Ben Osei' };

let place = 0;
const row = (r: Partial<Row> & { at: number }): Row => ({
  place: ++place,
  kind: 'message',
  side: 'customer',
  ...r,
});
const said = (at: number, text: string) => row({ at, text });
const wrote = (at: number, text: string) => row({ at, text, side: 'agent', by: marta.id, name: marta.name });
const took = (at: number) => row({ at, kind: 'accepted', side: 'agent', by: marta.id, name: marta.name });

function session(id: string, view: Partial<View>, rows: Row[], more: Partial<Session> = {}): Session {
  place = 0;
  return {
    view: {
      session: id,
      generation: 1,
      state: 'ACTIVE',
      head: rows.length,
      queue: plants,
      agent: marta,
      website,
      ...view,
    },
    rows,
    pending: [],
    read: {},
    mine: true,
    ...more,
  };
}

const ana = () =>
  session(
    's-ana',
    {
      customer: {
        id: 'c-ana',
        name: 'Ana Lima',
        email: 'ana.lima@example.com',
        language: 'pt-PT',
        page: { title: 'Calathea Orbifolia', url: 'https://fernandfable.example/plants/calathea-orbifolia' },
      },
    },
    [
      said(ago(540), 'Hi! My Calathea’s leaves are turning brown at the edges 😟'),
      took(ago(498)),
      wrote(ago(477), 'Oh no, poor thing! Let’s save it 🌿'),
      wrote(
        ago(460),
        'Could you send me a photo of the leaves, and tell me how far it stands from the window? This is what I would look at first: https://fernandfable.example/guides/brown-leaves',
      ),
      said(ago(380), 'It stands about two metres away, next to the radiator.'),
      said(ago(371), 'I water it every three days.'),
      wrote(
        ago(300),
        'Thank you, that helps a lot. Brown edges are nearly always dry air, and the radiator makes it worse.',
      ),
    ],
    { read: { customer: 6, agent: 7 }, typing: { side: 'customer', name: 'Ana Lima' } },
  );
const tomas = () =>
  session(
    's-tomas',
    { customer: { id: 'c-tomas', name: 'Tomás Ortega', language: 'es' }, queue: orders },
    [
      said(ago(400), 'Hello, I ordered two pots last week'),
      took(ago(380)),
      wrote(ago(340), 'Hi Tomás! What can I do for you?'),
      said(ago(112), 'One arrived broken.'),
      said(ago(96), 'Is the blue one back in stock?'),
    ],
    { read: { customer: 3, agent: 3 } },
  );
const layla = () =>
  session(
    's-layla',
    { customer: { id: 'c-layla', name: 'ليلى حسن', language: 'ar' }, queue: orders },
    [
      said(ago(200), 'مرحبا، أين طلبي؟'),
      took(ago(180)),
      wrote(ago(120), 'مرحبا ليلى، لحظة من فضلك'),
      said(ago(18), 'شكرًا، سأنتظر'),
    ],
    { read: { customer: 3, agent: 4 } },
  );
const lena = { id: 'lena', name: 'Lena Hartmann' };
const event = (at: number, kind: Row['kind'], by: { id: string; name: string }, more: Partial<Row> = {}) =>
  row({ at, kind, side: 'system', by: by.id, name: by.name, ...more });
/** A chat that went through several hands. */
const travelled = (view: Partial<View>) =>
  session(
    's-ana',
    { customer: { id: 'c-ana', name: 'Ana Lima', language: 'pt-PT' }, ...view },
    [
      said(ago(900), 'Can I return a plant that I bought nine days ago?'),
      event(ago(880), 'accepted', lena),
      event(ago(800), 'transferred', lena, { to: 'Plant care', note: 'Bought in the shop, not online.' }),
      event(ago(760), 'accepted', ben),
      row({ at: ago(720), side: 'agent', by: ben.id, name: ben.name, text: 'Hi Ana! Which plant is it?' }),
      said(ago(700), 'The Calathea.'),
      event(ago(650), 'transferred', marta, {
        note: 'The 30-day guarantee should apply. Please check the voucher.',
      }),
      wrote(ago(600), 'Hello Ana, I am looking at your order.'),
      event(ago(300), 'joined', { id: 'jonas', name: 'Jonas Berg' }),
      row({
        at: ago(280),
        side: 'agent',
        by: 'jonas',
        name: 'Jonas Berg',
        text: 'The guarantee covers it, yes.',
      }),
      event(ago(200), 'joined', lena),
      event(ago(120), 'left', lena),
    ],
    { read: { customer: 10, agent: 12 } },
  );
const closed = () =>
  session(
    's-ana',
    {
      state: 'CLOSED',
      outcome: 'handled',
      disposition: 'Solved',
      customer: { id: 'c-ana', name: 'Ana Lima' },
    },
    [
      ...ana().rows,
      { place: 8, kind: 'closed', side: 'agent', by: 'marta', name: 'Marta Kovač', at: ago(20) },
    ],
    { read: { customer: 7, agent: 7 } },
  );

const offer = (o: Partial<Offer> & { session: string }): Offer => ({
  type: 'offer',
  generation: 1,
  round: 1,
  strategy: 'beepall',
  queue: plants,
  website,
  customer: { id: 'c-chloe', name: 'Chloé Bernard', language: 'fr' },
  question: 'Bonjour, mon colis est arrivé abîmé…',
  queued: ago(42),
  offered: ago(7),
  until: now + 13_000,
  now,
  others: 2,
  ...o,
});

const base: AgentSnapshot = {
  up: true,
  ready: true,
  sessions: [],
  starting: [],
  me: {
    id: 'marta',
    name: 'Marta Kovač',
    state: 'READY',
    since: ago(8049),
    capacity: 5,
    open: [],
    queues: [plants, orders],
  },
  offers: [],
  line: [
    { queue: plants, waiting: 2, longest: ago(72) },
    { queue: orders, waiting: 1, longest: ago(30) },
  ],
  reasons: ['Lunch', 'Training', 'Short break'],
  dispositions: ['Solved', 'Sold', 'Follow-up', 'Spam'],
};
const me = (more: Partial<Me>): Me => ({ ...(base.me as Me), ...more });
const chats: AgentSnapshot = {
  ...base,
  sessions: [ana(), tomas(), layla()],
  me: me({ open: ['s-ana', 's-tomas', 's-layla'] }),
};
const first = offer({ session: 's-chloe' });
const second = offer({
  session: 's-grace',
  queue: orders,
  customer: { id: 'c-grace', name: 'Grace O.', language: 'en' },
  question: 'Can I still change the delivery address of order 40218? It has not been sent yet.',
  queued: ago(12),
  offered: ago(3),
  until: now + 17_000,
  others: 0,
});

const colleague = (id: string, name: string, more: Partial<Colleague>): Colleague => ({
  id,
  name,
  state: 'READY',
  since: ago(2911),
  open: 0,
  capacity: 5,
  queues: ['plants', 'orders'],
  ...more,
});
const team: Team = {
  type: 'team',
  now,
  agents: [
    colleague('marta', 'Marta Kovač', { open: 3, since: ago(8049) }),
    colleague('ben', ben.name, { open: 2 }),
    colleague('jonas', 'Jonas Berg', { open: 5 }),
    colleague('sofia', 'Sofia Oliveira', { state: 'PAUSED', reason: 'Lunch', open: 1, since: ago(1324) }),
    colleague('david', 'David Ng', { open: 1, next: 'OFFLINE', since: ago(3950) }),
    colleague('lena', 'Lena Hartmann', { state: 'NOT_RESPONDING', since: ago(72), queues: ['orders'] }),
    colleague('omar', 'عمر حداد', { state: 'WRAPUP', since: ago(21), open: 1, queues: ['orders'] }),
    colleague('yuki', 'Yuki Tanaka', { state: 'OFFLINE', since: ago(40_000), queues: ['plants'] }),
  ],
  queues: [
    { queue: plants, available: 2, waiting: 2, longest: ago(72) },
    { queue: orders, available: 1, waiting: 1, longest: ago(30) },
    { queue: { id: 'b2b', name: 'Trade customers' }, available: 0, waiting: 0 },
  ],
};
const letter = (id: string, name: string, at: number, text: string, more: Partial<Letter> = {}): Letter => ({
  session: `s-${id}`,
  queue: orders,
  website,
  customer: { id: `c-${id}`, name, email: `${id}@example.com` },
  text,
  at,
  ...more,
});
const letters: Letter[] = [
  letter(
    'ana',
    'Ana Lima',
    ago(52_000),
    'Do you ship to Madeira? I would like the big Calathea for my mother’s birthday.',
  ),
  letter(
    'tomas',
    'Tomás Ortega',
    ago(21_000),
    'Hello,\n\none of the two pots that I ordered last week arrived broken. I have kept the parcel and took photos of everything, also of the other one, which has a scratch that I can live with. Could you send me a new blue one, or give me the money back for it? The order number is 40218. I am at home in the ev…',
    {
      customer: { id: 'c-tomas', name: 'Tomás Ortega', email: 'tomas.ortega.de.la.cruz@correo.example.com' },
    },
  ),
  letter('layla', 'ليلى حسن', ago(9_000), 'مرحبا، أين طلبي؟ لم يصل بعد.', { queue: plants }),
  letter('none', '', ago(4_200), 'My peace lily hangs its head again 😟 I watered it yesterday.', {
    queue: plants,
    customer: { id: 'c-none', name: '' },
  }),
];
const tray = (letters: readonly Letter[]) =>
  [plants, orders].map((queue) => {
    const messages = letters.filter((l) => l.queue.id === queue.id).length;
    return { queue, waiting: 0, ...(messages && { messages }) };
  });
/** Ana's message, taken a moment ago. */
const pickedUp = (rows: Row[]) => ({
  ...chats,
  sessions: [
    session(
      's-ana',
      {
        generation: 2,
        queue: orders,
        customer: { id: 'c-ana', name: 'Ana Lima', email: 'ana.lima@example.com', language: 'pt-PT' },
      },
      rows,
      { read: { agent: 2 } },
    ),
    tomas(),
  ],
  line: tray(letters.slice(1)),
});

const ringing = (more: Partial<NonNullable<View['transfer']>>): AgentSnapshot => ({
  ...chats,
  sessions: [
    {
      ...ana(),
      view: {
        ...ana().view,
        transfer: { agent: ben, by: marta, round: 2, until: now + 14_000, now, ...more },
      },
    },
    tomas(),
    layla(),
  ],
});

const who = (id: string, name: string) => ({ id, name });
/** Jonas said no, Sofia let it pass, now it rings here. */
const ledger: Ledger = {
  type: 'ledger',
  now,
  session: 's-chloe',
  offers: [
    {
      generation: 1,
      round: 3,
      strategy: 'rrmemory',
      offered: ago(7),
      until: now + 13_000,
      asked: [{ agent: who('marta', 'Marta Kovač'), delivered: ago(6.9), seen: ago(6.5) }],
      candidates: [who('marta', 'Marta Kovač'), ben],
      excluded: [
        { agent: who('jonas', 'Jonas Berg'), reason: 'asked before' },
        { agent: who('sofia', 'Sofia Oliveira'), reason: 'asked before' },
        { agent: who('yuki', 'Yuki Tanaka'), reason: 'paused' },
        { agent: who('david', 'David Ng'), reason: 'full' },
      ],
      ahead: 1,
    },
    {
      generation: 1,
      round: 2,
      strategy: 'rrmemory',
      offered: ago(28),
      until: ago(8),
      ended: ago(8),
      outcome: 'expired',
      asked: [{ agent: who('sofia', 'Sofia Oliveira'), delivered: ago(27.8), seen: ago(22) }],
    },
    {
      generation: 1,
      round: 1,
      strategy: 'rrmemory',
      offered: ago(38),
      until: ago(18),
      ended: ago(29),
      outcome: 'rejected',
      asked: [
        {
          agent: who('jonas', 'Jonas Berg'),
          delivered: ago(37.9),
          seen: ago(37),
          decision: 'rejected',
          decided: ago(29),
        },
      ],
    },
  ],
};
/** Rang for three: one was faster, one did not look, one was never reached. */
const history: Ledger = {
  ...ledger,
  session: 's-ana',
  offers: [
    {
      generation: 1,
      round: 2,
      kind: 'assist',
      strategy: 'beepall',
      offered: ago(60),
      until: ago(40),
      ended: ago(55),
      outcome: 'accepted',
      asked: [{ agent: ben, delivered: ago(59.9), seen: ago(59), decision: 'accepted', decided: ago(55) }],
    },
    {
      generation: 1,
      round: 1,
      strategy: 'beepall',
      offered: ago(538),
      until: ago(518),
      ended: ago(530),
      outcome: 'accepted',
      asked: [
        {
          agent: who('marta', 'Marta Kovač'),
          delivered: ago(537.8),
          seen: ago(537),
          decision: 'accepted',
          decided: ago(530),
        },
        { agent: who('jonas', 'Jonas Berg'), delivered: ago(537.7), seen: ago(534) },
        { agent: who('lena', 'Lena Hartmann'), delivered: ago(537.5) },
        { agent: who('omar', 'عمر حداد') },
      ],
      excluded: [{ agent: who('sofia', 'Sofia Oliveira'), reason: 'paused' }],
    },
  ],
};

interface Still {
  state: AgentSnapshot;
  /** What happens once it stands. */
  act?: (desk: Desk, hear: (frame: object) => void) => void;
}
const stills: Record<string, Still> = {
  chats: {
    state: { ...chats, offers: [first] },
    act: (_, hear) =>
      hear({
        type: 'gone',
        session: 's-pierre',
        generation: 1,
        round: 1,
        outcome: 'rescinded',
        by: { id: 'jonas', name: 'Jonas' },
        customer: 'Pierre M.',
      }),
  },
  offers: { state: { ...base, offers: [first, second] } },
  ready: { state: { ...base, line: [] } },
  paused: { state: { ...base, me: me({ state: 'PAUSED', reason: 'Lunch', since: ago(640) }) } },
  next: { state: { ...chats, me: { ...(chats.me as Me), next: 'PAUSED', nextReason: 'Lunch' } } },
  wrapup: {
    state: {
      ...chats,
      sessions: [closed(), tomas()],
      me: me({ state: 'WRAPUP', since: ago(18), until: now + 42_000, now, open: ['s-tomas'] }),
    },
  },
  'wrapup-empty': {
    state: { ...base, me: me({ state: 'WRAPUP', since: ago(18), until: now + 42_000, now }) },
  },
  set: {
    state: {
      ...base,
      me: me({
        state: 'PAUSED',
        reason: 'Training',
        since: ago(5),
        by: { id: 'sofia', name: 'Sofia Oliveira' },
      }),
    },
    act: (_, hear) =>
      hear({
        type: 'status',
        me: me({ state: 'PAUSED', reason: 'Training', by: { id: 'sofia', name: 'Sofia Oliveira' } }),
      }),
  },
  handover: {
    state: {
      ...base,
      offers: [
        offer({
          session: 's-grace',
          kind: 'transfer',
          by: ben,
          note: 'She wants a refund for order 40218. I have checked: it was paid by voucher, so it needs a supervisor.',
          customer: { id: 'c-grace', name: 'Grace O.', language: 'en' },
          question: 'Can I get my money back instead of another voucher?',
          others: 0,
        }),
        offer({
          session: 's-pierre',
          kind: 'assist',
          by: { id: 'jonas', name: 'Jonas Berg' },
          note: 'Do we ship orchids to Corsica?',
          offered: ago(2),
          until: now + 18_000,
          others: 0,
        }),
      ],
    },
  },
  again: { state: { ...base, offers: [{ ...first, again: true, strategy: 'rrmemory', others: 0 }] } },
  rings: { state: ringing({}) },
  'rings-help': { state: ringing({ assist: true, agent: undefined, queue: orders } as object) },
  declined: {
    state: ringing({}),
    act: (_, hear) =>
      hear({
        type: 'gone',
        session: 's-ana',
        generation: 1,
        round: 2,
        outcome: 'rejected',
        customer: 'Ana Lima',
      }),
  },
  team: {
    state: { ...base, line: [], me: me({ supervisor: true, state: 'READY' }) },
  },
  messages: { state: { ...base, line: tray(letters) } },
  'messages-none': { state: { ...base, line: [] } },
  left: {
    state: pickedUp([
      said(ago(52_000), 'Do you ship to Madeira? I would like the big Calathea for my mother’s birthday.'),
      took(ago(12)),
    ]),
  },
  'team-undo': {
    state: { ...base, line: [], me: me({ supervisor: true }) },
    act: (desk) => void desk.supervise(colleague('ben', ben.name, {}), { state: 'PAUSED', reason: 'Lunch' }),
  },
  helped: {
    state: {
      ...chats,
      sessions: [travelled({ assist: [{ id: 'jonas', name: 'Jonas Berg' }, ben], generation: 3 }), tomas()],
    },
  },
  helping: {
    state: { ...chats, sessions: [travelled({ agent: ben, assist: [marta, lena], generation: 3 }), tomas()] },
  },
  idle: {
    state: {
      ...chats,
      sessions: [
        {
          ...ana(),
          typing: undefined,
          view: { ...ana().view, idleUntil: now + 42_000 },
        } as unknown as Session,
        tomas(),
      ],
    },
  },
  handed: {
    state: ringing({}),
    act: (_, hear) => hear({ type: 'gone', session: 's-x', generation: 1, round: 2, outcome: 'expired' }),
  },
  away: {
    state: {
      ...chats,
      sessions: [
        session(
          's-ana',
          { state: 'WAITING', generation: 2, customer: { id: 'c-ana', name: 'Ana Lima' } },
          [...ana().rows, { place: 8, kind: 'requeued', side: 'system', at: ago(20) }],
          { read: { customer: 7, agent: 7 } },
        ),
        tomas(),
      ],
      me: me({ open: ['s-tomas'] }),
    },
  },
  offline: { state: { ...base, me: me({ state: 'OFFLINE', since: ago(40) }) } },
  missed: { state: { ...base, me: me({ state: 'NOT_RESPONDING', since: ago(200) }) } },
  connecting: { state: { ...base, up: false, ready: false, me: undefined } as unknown as AgentSnapshot },
  closed: { state: { ...chats, sessions: [closed(), tomas()], me: me({ open: ['s-tomas'] }) } },
  down: {
    state: {
      ...chats,
      sessions: [
        {
          ...ana(),
          pending: [
            { cid: 'x', session: 's-ana', after: 7, text: 'A humidifier beside it works wonders.', at: now },
          ],
        },
        tomas(),
      ],
    },
    act: () => {},
  },
  refused: {
    state: {
      ...chats,
      sessions: [
        tomas(),
        {
          ...ana(),
          pending: [
            {
              cid: 'x',
              session: 's-ana',
              after: 7,
              text: 'A humidifier beside it works wonders.',
              at: now,
              failed: { code: 'too_long', message: 'This message is longer than 4,000 characters.' },
            },
          ],
        },
      ],
    },
  },
};

const name = new URLSearchParams(location.search).get('still') ?? 'chats';
const root = createRoot(document.getElementById('root') as HTMLElement);
if (name === 'signin') root.render(<SigninView busy={false} onSignIn={() => {}} />);
else if (name === 'signin-error')
  root.render(
    <SigninView
      busy={false}
      problem={{ code: 'refused', detail: 'user is not assigned to the client application' }}
      onSignIn={() => {}}
    />,
  );
else {
  const still = stills[name] ?? { state: base };
  const ears = new Set<(f: never) => void>();
  const subscribers = new Set<() => void>();
  const client = {
    state: still.state,
    subscribe: (fn: () => void) => {
      subscribers.add(fn);
      return () => subscribers.delete(fn);
    },
    listen: (fn: (f: never) => void) => {
      ears.add(fn);
      return () => ears.delete(fn);
    },
    clock: { now: () => Date.now() },
    send: () => '',
    discard: () => {},
    typing: () => {},
    seen: () => {},
    accept: () => new Promise(() => {}),
    reject: async () => {},
    brisk: () => {},
    earlier: async () => {},
    status: () => new Promise(() => {}),
    team: async () => team,
    messages: async () => ({ type: 'messages', now, letters: name === 'messages-none' ? [] : letters }),
    // Two refusals and no answer.
    pick: async (session: string) => {
      const error = { type: 'error', re: 1 } as const;
      if (session === 's-ana')
        throw new Refused({ ...error, code: 'taken', message: 'Ben Osei took this message.', by: ben });
      if (session === 's-tomas')
        throw new Refused({
          ...error,
          code: 'full',
          message: 'You have 5 chats, which is all you may hold at once.',
        });
      return new Promise(() => {});
    },
    supervise: async (id: string, state: Colleague['state']) => ({ ...colleague(id, '', { state }) }),
    ledger: async (session: string) => (session === 's-ana' ? history : ledger),
    transfer: () => new Promise(() => {}),
    withdraw: () => new Promise(() => {}),
    leave: () => new Promise(() => {}),
    close: () => new Promise(() => {}),
    drop: () => {},
  } as unknown as DeskClient & { state: AgentSnapshot };
  const silent = { enabled: true, enable: async () => true, ring() {}, quiet() {}, ping() {}, stop() {} };
  const desk = new Desk({ client, bell: new Bell(() => silent), subject: 'still', show: () => {} });
  desk.start();
  // A session that was taken away was this agent's a moment ago.
  if (name === 'away') {
    const [first, ...others] = client.state.sessions;
    client.state = { ...client.state, sessions: [{ ...(first as Session), mine: false }, ...others] };
    for (const fn of subscribers) fn();
  }
  // The pictured offer of "gone" was on this desk a moment ago.
  if (name === 'chats') {
    client.state = { ...chats, offers: [offer({ session: 's-pierre' }), first] };
    for (const fn of subscribers) fn();
  }
  // Somebody has just accepted it.
  if (name === 'handed') {
    const [first, ...others] = client.state.sessions;
    if (first) {
      const taken = { ...first, mine: false, view: { ...first.view, agent: ben, generation: 2 } };
      client.state = { ...client.state, sessions: [taken, ...others] };
    }
    for (const fn of subscribers) fn();
  }
  if (name === 'down') {
    client.state = { ...client.state, up: false };
    for (const fn of subscribers) fn();
  }
  still.act?.(desk, (f) => {
    for (const fn of ears) fn(f as never);
  });
  root.render(
    <Router hook={useHashLocation}>
      <DeskContext value={desk}>
        <DeskView onSignIn={() => {}} onSignOut={() => {}} />
      </DeskContext>
    </Router>,
  );
}

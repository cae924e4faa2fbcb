import {
  AgentClient,
  type Colleague,
  type Letter,
  type Me,
  memoryStore,
  type Offer,
  type Row,
  type Team,
  type View,
} from '@parley/client';
import { onTestFinished, vi } from 'vitest';
import { Bell } from '../src/bell';
import { Desk } from '../src/store';

export type Frame = Record<string, unknown> & { type: string; id?: number };

/** The far end of the socket: what the desktop sent, and what the test lets the server say. Everything between is real. */
export class Server {
  readonly heard: Frame[] = [];
  /** Answers by type of request; without one a request stays open. */
  answers: Record<string, ((f: Frame) => object | undefined) | undefined> = {};
  private socket: FakeSocket | undefined;

  constructor() {
    const server = this;
    vi.stubGlobal(
      'WebSocket',
      class extends FakeSocket {
        constructor() {
          super();
          server.socket = this;
          this.onsend = (f) => server.hear(f);
          queueMicrotask(() => this.open());
        }
      },
    );
  }

  /** Pushes a frame and lets the client's batch pass. */
  async say(frame: object): Promise<void> {
    this.socket?.onmessage?.({ data: JSON.stringify(frame) });
    await vi.advanceTimersByTimeAsync(20);
  }

  async drop(code = 1006): Promise<void> {
    this.socket?.end(code);
    await vi.advanceTimersByTimeAsync(20);
  }

  sent(type: string): Frame[] {
    return this.heard.filter((f) => f.type === type);
  }

  private hear(f: Frame) {
    this.heard.push(f);
    const answer = this.answers[f.type]?.(f);
    if (answer)
      queueMicrotask(() => this.socket?.onmessage?.({ data: JSON.stringify({ ...answer, re: f.id }) }));
  }
}

class FakeSocket {
  static readonly OPEN = 1;
  readyState = 0;
  onopen?: () => void;
  onmessage?: ((e: { data: string }) => void) | null;
  onclose?: ((e: { code: number }) => void) | null;
  onsend?: (f: Frame) => void;
  open() {
    this.readyState = 1;
    this.onopen?.();
  }
  send(data: string) {
    this.onsend?.(JSON.parse(data) as Frame);
  }
  close(code = 1000) {
    this.end(code);
  }
  end(code: number) {
    this.readyState = 3;
    this.onclose?.({ code });
  }
}

export const marta: Me = {
  id: 'marta',
  name: 'Marta',
  state: 'READY',
  since: 0,
  capacity: 3,
  open: [],
  queues: [{ id: 'plants', name: 'Plant care' }],
};

export const welcome = (more: object = {}) => ({
  type: 'welcome',
  now: Date.now(),
  sessions: [],
  me: marta,
  offers: [],
  line: [{ queue: { id: 'plants', name: 'Plant care' }, waiting: 1, longest: Date.now() - 60_000 }],
  reasons: ['Lunch'],
  dispositions: ['Solved'],
  ...more,
});

export const offer = (session: string, more: Partial<Offer> = {}): Offer => ({
  type: 'offer',
  session,
  generation: 1,
  round: 1,
  strategy: 'beepall',
  queue: { id: 'plants', name: 'Plant care' },
  website: { id: 'fern', name: 'Fern & Fable' },
  customer: { id: `c-${session}`, name: `Customer ${session}`, language: 'fr' },
  question: 'Bonjour?',
  queued: Date.now() - 42_000,
  offered: Date.now(),
  until: Date.now() + 20_000,
  now: Date.now(),
  others: 2,
  ...more,
});

export const gone = (session: string, more: object = {}) => ({
  type: 'gone',
  session,
  generation: 1,
  round: 1,
  outcome: 'rescinded',
  customer: `Customer ${session}`,
  ...more,
});

export const row = (place: number, more: Partial<Row> = {}): Row => ({
  place,
  kind: 'message',
  side: 'customer',
  text: `m${place}`,
  at: Date.now(),
  ...more,
});

export const accepted = (place: number): Row =>
  row(place, { kind: 'accepted', side: 'agent', by: 'marta', name: 'Marta', text: '' });

export const view = (session: string, rows: Row[], more: Partial<View> = {}): View => ({
  session,
  generation: 1,
  state: 'ACTIVE',
  head: rows.at(-1)?.place ?? 0,
  queue: { id: 'plants', name: 'Plant care' },
  agent: { id: 'marta', name: 'Marta' },
  website: { id: 'fern', name: 'Fern & Fable' },
  customer: { id: `c-${session}`, name: `Customer ${session}` },
  rows,
  ...more,
});

export const sessionFrame = (v: View) => ({ type: 'session', now: Date.now(), session: v });

export const ben = { id: 'ben', name: 'Ben Osei' };

export const colleague = (id: string, name: string, more: Partial<Colleague> = {}): Colleague => ({
  id,
  name,
  state: 'READY',
  since: Date.now() - 60_000,
  open: 1,
  capacity: 3,
  queues: ['plants'],
  ...more,
});

/** Ben is free, Jonas full, Sofia at lunch; Orders has somebody free, Trade nobody. */
export const team = (more: Partial<Team> = {}): Team => ({
  type: 'team',
  now: Date.now(),
  agents: [
    colleague('marta', 'Marta'),
    colleague('jonas', 'Jonas Berg', { open: 3 }),
    colleague('ben', ben.name),
    colleague('sofia', 'Sofía Oliveira', { state: 'PAUSED', reason: 'Lunch', open: 0 }),
  ],
  queues: [
    { queue: { id: 'orders', name: 'Orders' }, available: 1, waiting: 2, longest: Date.now() - 30_000 },
    { queue: { id: 'trade', name: 'Trade' }, available: 0, waiting: 0 },
  ],
  ...more,
});

/** A message of yesterday evening. */
export const letter = (session: string, more: Partial<Letter> = {}): Letter => ({
  session,
  queue: { id: 'plants', name: 'Plant care' },
  website: { id: 'fern', name: 'Fern & Fable' },
  customer: { id: `c-${session}`, name: `Customer ${session}`, email: `${session}@example.com` },
  text: 'Do you ship to Madeira?',
  at: new Date(Date.now()).setHours(-2, -20, 0, 0),
  ...more,
});

export const messages = (...letters: Letter[]) => ({ type: 'messages', now: Date.now(), letters });

/** A view while a transfer or a call for help rings at Ben's. */
export const offered = (v: View, more: Partial<NonNullable<View['transfer']>> = {}): View => ({
  ...v,
  transfer: {
    agent: ben,
    by: { id: 'marta', name: 'Marta' },
    round: 7,
    until: Date.now() + 20_000,
    now: Date.now(),
    ...more,
  },
});

/** A desk on a real client on the fake far end, after its welcome. */
export async function desk(greeting: object = welcome()) {
  // The client waits at random before it connects again: here, always half of its most.
  const random = vi.spyOn(Math, 'random').mockReturnValue(0.5);
  const server = new Server();
  server.answers.hello = () => greeting;
  server.answers.beat = () => ({ ...greeting, type: 'pulse', now: Date.now() });
  const shown: string[] = [];
  let leaves = 0;
  const bell = { rings: false, pings: 0 };
  const rings = (on: boolean) => {
    bell.rings = on;
  };
  const client = new AgentClient({
    name: 'test',
    dial: async () => ({ url: 'ws://desk.example/socket', token: 't' }),
    store: memoryStore(),
    onFinal: () => it.refuse(),
  });
  const it: Desk = new Desk({
    client,
    subject: 'marta',
    show: (session) => shown.push(session),
    left: () => leaves++,
    bell: new Bell(() => ({
      enabled: true,
      enable: async () => true,
      ring: () => rings(true),
      quiet: () => rings(false),
      ping: () => void bell.pings++,
      stop: () => rings(false),
    })),
  });
  const stop = it.start();
  client.connect({ signIn: true });
  await vi.advanceTimersByTimeAsync(50);
  onTestFinished(() => {
    random.mockRestore();
    stop();
    client.stop();
  });
  return { desk: it, server, shown, bell, left: () => leaves };
}

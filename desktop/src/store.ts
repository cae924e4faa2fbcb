import {
  type AgentClient,
  type AgentState,
  type Colleague,
  type Customer,
  type Gone,
  type Session as Known,
  type Ledger,
  type Letter,
  type Me,
  type Offer,
  type Outgoing,
  type QueueState,
  type Ref,
  Refused,
  type Row,
  type ServerFrame,
  type Team,
} from '@parley/client';
import type { Handover as To } from '@parley/client/agent';
import type { Bell, BellState } from './bell';
import { t } from './strings';

export type { Me };

/** What the desk needs of the client: the real one on a socket, or still pictures on the dev page. */
export type DeskClient = Pick<
  AgentClient,
  | 'state'
  | 'leads'
  | 'subscribe'
  | 'listen'
  | 'send'
  | 'discard'
  | 'typing'
  | 'seen'
  | 'accept'
  | 'reject'
  | 'status'
  | 'transfer'
  | 'withdraw'
  | 'leave'
  | 'close'
  | 'messages'
  | 'pick'
  | 'team'
  | 'supervise'
  | 'ledger'
  | 'drop'
  | 'earlier'
  | 'brisk'
> & { clock: { now(): number } };

/** One tab. It opens with an accept and stays, as `closed` or `away`, until the agent closes it. */
export interface Session {
  readonly id: string;
  readonly generation: number;
  readonly queue: Ref;
  readonly website: Ref | undefined;
  /** With a name always: who gave none is a guest. */
  readonly customer: Customer;
  /** open: the agent may write. closed: it ended. away: it went back to the queue or to a colleague. */
  readonly standing: 'open' | 'closed' | 'away';
  /** Who has it, if that is known. The agent themselves, unless they help or it went to somebody else. */
  readonly owner: Ref | undefined;
  /** Open, and somebody else's: the agent writes along. */
  readonly helping: boolean;
  /** Who writes along. */
  readonly assist: readonly Ref[];
  readonly handover: Handover | undefined;
  /** When it will be closed unless somebody writes, on the server's clock; shortly before only. */
  readonly idleUntil: number | undefined;
  /** What the agent who closed it chose. */
  readonly disposition: string | undefined;
  readonly rows: readonly Row[];
  /** The log is long: there is more before the first row. */
  readonly cut: boolean;
  /** Own messages on their way, refused ones left out. */
  readonly pending: readonly Outgoing[];
  /** How far the customer has read. */
  readonly read: number;
  /** How far this agent has read. */
  readonly seen: number;
  readonly unread: number;
  readonly typing: boolean;
  /** A message that the server will not take, until the composer takes it back. */
  readonly refused: { readonly cid: string; readonly text: string; readonly message: string } | undefined;
}

/** A transfer, or a call for help, that was offered to somebody. */
export interface Handover {
  /** Help is asked for: the chat stays where it is. */
  readonly assist: boolean;
  /** An agent, or with `queue` all of a queue. */
  readonly to: Ref;
  readonly queue: boolean;
  /** rings, or why nobody has it: said no, did not answer, or could not. */
  readonly state: 'rings' | 'declined' | 'missed' | 'failed';
  /** From when this page knows of it until it ends, on the server's clock. */
  readonly from: number;
  readonly until: number;
}

/** A showing offer. */
export interface Card {
  readonly key: string;
  readonly offer: Offer;
  readonly name: string;
  /** The accept is on its way. */
  readonly accepting: boolean;
  /** Why the last accept did not work, if it is worth another try. */
  readonly problem: string;
}

/** Why a message could not be taken. `over`: it is not there for anybody any more. */
export interface Unpicked {
  readonly text: string;
  readonly over: boolean;
}

/** What somebody is to become; with `after`, when their open chats are over. */
export interface Wish {
  readonly state: 'READY' | 'PAUSED' | 'OFFLINE';
  readonly reason?: string;
  readonly after?: boolean;
}

/** A short piece of news. It goes by itself. */
export type Notice = News & { readonly id: number; readonly act?: Act };
/** What can be done about a piece of news while it stands. */
export interface Act {
  readonly words: string;
  readonly run: () => void;
}
type News =
  | {
      readonly kind: 'taken' | 'kept' | 'handed' | 'sent' | 'joined';
      readonly by: string;
      readonly who: string;
    }
  | {
      readonly kind: 'missed' | 'withdrawn' | 'returned' | 'released';
      readonly by?: undefined;
      readonly who: string;
    }
  | { readonly kind: 'refused' | 'note'; readonly text: string }
  /** Of something that this agent did to somebody: the next thing done to them takes its place. */
  | { readonly kind: 'done'; readonly text: string; readonly to: string };

/** Everything the views show. A new object after every change; parts that did not change stay the same objects. */
export interface DeskState {
  /** refused: the server closed the socket for good. */
  readonly link: 'connecting' | 'up' | 'down' | 'refused';
  /** The first welcome came: what is not here does not exist. */
  readonly ready: boolean;
  /** The server's clock minus this machine's, in ms. */
  readonly skew: number;
  readonly me: Me | undefined;
  readonly line: readonly QueueState[];
  readonly reasons: readonly string[];
  readonly dispositions: readonly string[];
  readonly sessions: readonly Session[];
  readonly offers: readonly Card[];
  readonly notices: readonly Notice[];
  /** Grows when this agent has changed somebody else's state: what is known of the team is old then. */
  readonly changes: number;
  readonly sound: BellState;
}

export interface DeskOptions {
  client: DeskClient;
  bell: Bell;
  /** Names the agent's drafts in storage. */
  subject: string;
  /** Shows the tab of a session: after its accept. */
  show: (session: string) => void;
  /** The shift that was to end after the open chats has ended. */
  left?: () => void;
  storage?: Storage;
  visible?: () => boolean;
}

/** How long news stands, in ms: long enough to read it twice. A refusal, or a choice, wants more thought. */
const NEWS = 7000;
const REFUSAL = 14_000;
/** An offer whose end nobody told goes by itself this much after it, in ms. */
const OVERDUE = 1500;
/** Skew below this is the jitter of the line, in ms. */
const JITTER = 250;

/** Refusals of a pick after which nobody can pick it. */
const OVER: readonly string[] = ['taken', 'late', 'not_found', 'forbidden'];

/** The rows by which an agent comes into a session. */
const CAME: readonly string[] = ['accepted', 'transferred', 'joined'] satisfies Row['kind'][];

const offerKey = (o: { session: string; generation: number; round: number }) => `${sessionKey(o)}.${o.round}`;
const sessionKey = (o: { session: string; generation: number }) => `${o.session}.${o.generation}`;

/**
 * The agent's desk: what the client knows about the agent's sessions and offers, and what only this page knows: what was
 * read, drafts, news, which offers may show. No React here: views subscribe and call.
 */
export class Desk {
  state: DeskState;

  private readonly client: DeskClient;
  private readonly bell: Bell;
  private readonly show: (session: string) => void;
  private readonly left: () => void;
  private readonly storage: Storage;
  private readonly visible: () => boolean;
  private readonly drafts: string;

  private readonly listeners = new Set<() => void>();
  private readonly undo: (() => void)[] = [];
  private readonly timers = new Set<ReturnType<typeof setTimeout>>();
  private overdue: ReturnType<typeof setTimeout> | undefined;
  private wrapUp: { until: number; timer: ReturnType<typeof setTimeout> } | undefined;

  private everUp = false;
  private final = false;
  private brisk = false;
  /** A pause is on its way: nothing rings from the click on, whatever the server still says. */
  private leaving = false;
  private notices: readonly Notice[] = [];
  private lastNotice = 0;
  private changes = 0;
  private readonly readTo = new Map<string, number>();
  private readonly ended = new Set<string>();
  /** Sessions that the agent has declined: who takes one, in whichever round, is news to them. */
  private readonly declined = new Set<string>();
  private readonly accepting = new Map<string, { busy: boolean; problem: string }>();
  private readonly tabs = new Map<string, Session>();
  /** Tabs that went when a colleague took over; they can be read again while the news stands. */
  private readonly hidden = new Set<string>();
  private readonly handovers = new Map<string, Handover & { readonly key: string }>();
  /** Sessions that the agent has given to a queue at once, or left: they need no tab to say so. */
  private readonly given = new Set<string>();
  private readonly takenBack = new Set<string>();
  private cards: readonly Card[] = [];

  constructor(o: DeskOptions) {
    this.client = o.client;
    this.bell = o.bell;
    this.show = o.show;
    this.left = o.left ?? (() => {});
    this.storage = o.storage ?? sessionStorage;
    this.visible = o.visible ?? (() => document.visibilityState === 'visible');
    this.drafts = `parley.desk.draft:${o.subject}:`;
    this.state = this.compute();
  }

  /** Follows the client until the returned function is called. */
  start = (): (() => void) => {
    this.undo.push(
      this.client.subscribe(this.refresh),
      this.client.listen(this.hear),
      this.bell.subscribe(this.refresh),
    );
    document.addEventListener('visibilitychange', this.refresh);
    this.undo.push(() => document.removeEventListener('visibilitychange', this.refresh));
    this.refresh();
    return () => {
      for (const fn of this.undo.splice(0)) fn();
      for (const timer of this.timers) clearTimeout(timer);
      clearTimeout(this.overdue);
      clearTimeout(this.wrapUp?.timer);
      this.bell.stop();
    };
  };

  subscribe = (fn: () => void): (() => void) => {
    this.listeners.add(fn);
    return () => this.listeners.delete(fn);
  };

  /** The server will not take this connection up again. */
  refuse = (): void => {
    this.final = true;
    this.refresh();
  };

  // What the agent does.

  /**
   * Changes the availability; with `after`, when the open chats are over. Away from available, showing offers go at once,
   * before the server has answered.
   */
  setStatus = async (state: AgentState, how: { reason?: string; after?: boolean } = {}): Promise<boolean> => {
    this.leaving = state !== 'READY';
    this.refresh();
    try {
      await this.client.status(state, how);
      return true;
    } catch (e) {
      const after = { words: t('status.after'), run: () => void this.setStatus(state, { after: true }) };
      this.tell(
        { kind: 'refused', text: sentence(e) },
        refusal(e).code === 'open_sessions' ? after : undefined,
      );
      return false;
    } finally {
      this.leaving = false;
      this.refresh();
    }
  };

  /** Takes back what was to come after the open chats: the agent stays what they are. */
  stay = (): Promise<boolean> => {
    const me = this.state.me;
    return me?.state === 'PAUSED'
      ? this.setStatus('PAUSED', me.reason ? { reason: me.reason } : {})
      : this.setStatus('READY');
  };

  /** Takes an offer. Whoever is first wins; the others hear who it was. */
  accept = async (key: string): Promise<void> => {
    const card = this.state.offers.find((c) => c.key === key);
    if (!card || card.accepting) return;
    this.accepting.set(key, { busy: true, problem: '' });
    this.refresh();
    try {
      await this.client.accept(card.offer);
      this.end(key);
      this.refresh();
      this.show(card.offer.session);
    } catch (e) {
      const no = refusal(e);
      if (no.retry && card.offer.until > this.client.clock.now()) {
        this.accepting.set(key, { busy: false, problem: no.code ? no.message : t('offer.lost') });
      } else {
        this.end(key);
        const who = card.name;
        if (no.code === 'taken' && no.by) this.tell({ kind: 'taken', by: no.by.name, who });
        else if (no.code === 'late') this.tell({ kind: 'refused', text: t('offer.late', { name: who }) });
        else this.tell({ kind: 'refused', text: no.message });
      }
      this.refresh();
    }
  };

  /** Declines an offer: it leaves at once and rings elsewhere. */
  reject = (key: string): void => {
    const card = this.state.offers.find((c) => c.key === key);
    if (!card || card.accepting) return;
    this.declined.add(sessionKey(card.offer));
    this.end(key);
    this.refresh();
    // A reject that came too late changes nothing for the agent.
    this.client.reject(card.offer).catch(() => {});
  };

  /** The oldest offer: what the keys act on. */
  acceptOldest = () => this.accept(this.state.offers[0]?.key ?? '');
  rejectOldest = () => this.reject(this.state.offers[0]?.key ?? '');

  send = (session: string, text: string): void => {
    this.client.send(session, text);
  };

  typing = (session: string): void => {
    this.client.typing(session);
  };

  /** Brings older rows of a long log. */
  earlier = (session: string): Promise<void> => this.client.earlier(session).catch(() => {});

  /** Everything up to `place` stood on a visible screen. */
  read = (session: string, place: number): void => {
    if (place <= (this.tabs.get(session)?.seen ?? 0)) return;
    this.readTo.set(session, place);
    this.client.seen(session);
    this.refresh();
  };

  /** Offers a session to somebody, or asks them for help. Resolves with nothing, or with the reason why not. */
  transfer = async (session: string, to: To): Promise<string | undefined> => {
    if (to.blind) this.given.add(session);
    try {
      await this.client.transfer(session, to);
      return undefined;
    } catch (e) {
      this.given.delete(session);
      return sentence(e);
    }
  };

  /** Takes back what rings elsewhere. */
  takeBackOffer = async (session: string): Promise<void> => {
    const key = this.handovers.get(session)?.key;
    if (!key) return;
    this.takenBack.add(key);
    this.refresh();
    try {
      await this.client.withdraw(session);
    } catch (e) {
      this.takenBack.delete(key);
      this.refresh();
      // Somebody has it meanwhile: that is said already.
      if (this.tabs.get(session)?.standing === 'open') this.tell({ kind: 'refused', text: sentence(e) });
    }
  };

  /** The agent knows now that nobody took it. */
  forgetHandover = (session: string): void => {
    if (this.handovers.get(session)?.state !== 'rings') this.handovers.delete(session);
    this.refresh();
  };

  /** Stops helping; with `agent`, ends the help of somebody else. */
  leave = async (session: string, agent?: string): Promise<void> => {
    if (!agent) this.given.add(session);
    try {
      await this.client.leave(session, agent);
      if (!agent) this.dismiss(session);
    } catch (e) {
      this.given.delete(session);
      this.tell({ kind: 'refused', text: sentence(e) });
    }
  };

  /** Who is there. Rejects with a sentence. */
  team = (): Promise<Team> =>
    this.client.team().catch((e: unknown) => {
      throw new Error(sentence(e));
    });

  /** What customers have left, the oldest first. Rejects with a sentence. */
  letters = (): Promise<readonly Letter[]> =>
    this.client.messages().then(
      ({ letters }) => letters,
      (e: unknown) => {
        throw new Error(sentence(e));
      },
    );

  /** Takes a message and opens its chat. Resolves with nothing, or with the reason why not. */
  answer = async (session: string): Promise<Unpicked | undefined> => {
    try {
      await this.client.pick(session);
    } catch (e) {
      const { code, message: text } = refusal(e);
      return { text, over: OVER.includes(code) };
    }
    this.refresh();
    this.show(session);
    return undefined;
  };

  /** Changes somebody else's availability. The news of it has the way back, where there is one. */
  supervise = async (a: Colleague, { state, ...how }: Wish): Promise<void> => {
    if (a.id === this.state.me?.id) {
      await this.setStatus(state, how);
    } else {
      try {
        const now = (await this.client.supervise(a.id, state, how)) ?? a;
        const will = how.after && now.next && state !== 'READY';
        const text = t(will ? `team.will.${state}` : `team.is.${state}`, { name: a.name });
        const back = undone(a);
        this.tell(
          { kind: 'done', text, to: a.id },
          back && { words: t('undo'), run: () => void this.supervise(now, back) },
        );
      } catch (e) {
        this.tell({ kind: 'refused', text: sentence(e) });
      }
    }
    this.changes++;
    this.refresh();
  };

  /** To whom a session was offered. Rejects with a sentence. */
  ledger = (session: string): Promise<Ledger> =>
    this.client.ledger(session).catch((e: unknown) => {
      throw new Error(sentence(e));
    });

  /** Ends a session. Resolves with nothing, or with the reason why not. */
  close = async (session: string, disposition: string, note: string): Promise<string | undefined> => {
    const generation = this.tabs.get(session)?.generation;
    try {
      await this.client.close(session, {
        ...(generation ? { generation } : {}),
        ...(disposition ? { disposition } : {}),
        ...(note ? { note } : {}),
      });
      this.draft(session, '');
      return undefined;
    } catch (e) {
      return sentence(e);
    }
  };

  /** Closes the tab of a session that is over. */
  dismiss = (session: string): void => {
    this.draft(session, '');
    this.hidden.delete(session);
    this.given.delete(session);
    this.client.drop(session);
  };

  /** The unsent text of a session; with a second argument, replaces it. It outlives a reload of the page. */
  draft = (session: string, text?: string): string => {
    if (text === undefined) return this.storage.getItem(this.drafts + session) ?? '';
    if (text) this.storage.setItem(this.drafts + session, text);
    else this.storage.removeItem(this.drafts + session);
    return text;
  };

  /** The composer has the refused message again. */
  takeBack = (cid: string): void => {
    this.client.discard(cid);
  };

  enableSound = (): void => void this.bell.enable();
  muteSound = (): void => this.bell.mute();
  /** A short sound: a message came that nobody is looking at. */
  ping = (): void => this.bell.ping();

  dismissNotice = (id: number): void => {
    this.notices = this.notices.filter((n) => n.id !== id);
    this.forget();
    this.refresh();
  };

  // What happens to them.

  private hear = (frame: ServerFrame): void => {
    if (frame.type === 'gone') this.gone(frame);
    else if (frame.type === 'status' && frame.note) this.tell({ kind: 'note', text: frame.note });
  };

  private gone(g: Gone) {
    const key = offerKey(g);
    const card = this.cards.find((c) => c.key === key)?.offer;
    const showed = card !== undefined;
    const me = this.client.state.me;
    const own = this.declined.has(sessionKey(g));
    this.end(key);
    const who = g.customer || t('guest');
    // Who rejected hears who took it, too; who is away is left in peace.
    this.answered(g, key);
    if (g.by && g.by.id !== me?.id && (showed || own))
      this.tell({ kind: card?.kind === 'assist' ? 'joined' : 'taken', by: g.by.name, who });
    else if (card && g.outcome === 'expired') this.tell(missed(card, who));
    else if (showed && g.outcome === 'canceled') this.tell({ kind: 'withdrawn', who });
    this.refresh();
  }

  /** What came of something that was offered from here. */
  private answered(g: Gone, key: string) {
    const h = this.handovers.get(g.session);
    if (h?.key !== key || this.takenBack.has(key)) return;
    const state = ({ rejected: 'declined', expired: 'missed', canceled: 'failed' } as const)[
      g.outcome as string
    ];
    if (state) this.handovers.set(g.session, { ...h, state });
    else this.handovers.delete(g.session);
  }

  private end(key: string) {
    this.ended.add(key);
    this.accepting.delete(key);
  }

  private tell(news: News, act?: Act) {
    this.report(news, act);
    this.refresh();
  }

  private report(news: News, act?: Act) {
    const id = ++this.lastNotice;
    const stale = (n: Notice) => n.kind === 'done' && news.kind === 'done' && n.to === news.to;
    this.notices = [...this.notices.filter((n) => !stale(n)), { ...news, id, ...(act && { act }) }];
    const timer = setTimeout(
      () => {
        this.timers.delete(timer);
        this.dismissNotice(id);
      },
      act || news.kind === 'refused' ? REFUSAL : NEWS,
    );
    this.timers.add(timer);
  }

  private refresh = (): void => {
    const before = this.state;
    let next = this.compute();
    if (this.compare(before.sessions, next.sessions)) next = this.compute();
    this.bell.ring(next.offers.some((c) => !c.accepting));
    const brisk = this.visible() && next.sessions.some((s) => s.standing === 'open');
    if (brisk !== this.brisk) this.client.brisk(brisk);
    this.brisk = brisk;
    this.state = keep(before, next);
    if (this.state === before) return;
    this.endWrapUp(next.me);
    for (const fn of this.listeners) fn();
    if (before.me?.next === 'OFFLINE' && next.me?.state === 'OFFLINE' && this.client.leads) this.left();
  };

  /** Tells what has become of sessions; true when that changes what is shown. */
  private compare(before: readonly Session[], next: readonly Session[]): boolean {
    const told = this.notices;
    const hidden = this.hidden.size;
    for (const s of before) {
      const now = next.find((n) => n.id === s.id);
      if (!now || s.standing !== 'open') continue;
      if (now.standing === 'away') this.part(s, now);
      if (now.standing !== 'open' || now.helping) continue;
      for (const { id, name } of now.assist)
        if (!s.assist.some((a) => a.id === id))
          this.report({ kind: 'joined', by: name, who: s.customer.name });
    }
    return this.notices !== told || this.hidden.size !== hidden;
  }

  /** A session is no longer this agent's: says where it went, and takes the tab away if that was meant. */
  private part(before: Session, now: Session) {
    const who = before.customer.name;
    const given = this.given.delete(now.id);
    const taker = now.owner && now.owner.id !== before.owner?.id ? now.owner : undefined;
    // What was written and not sent must not go with the tab.
    const unsent = now.pending.length > 0 || now.refused || this.draft(now.id).trim();
    if (!unsent && (given || (taker && !before.helping))) this.hidden.add(now.id);
    const read = {
      words: t('notice.read'),
      run: () => {
        this.hidden.delete(now.id);
        this.refresh();
        this.show(now.id);
      },
    };
    const act = this.hidden.has(now.id) ? read : undefined;
    if (taker) this.report({ kind: 'handed', by: taker.name, who }, act);
    else if (before.helping && given) return;
    else if (before.helping) this.report({ kind: 'released', who });
    else if (given) this.report({ kind: 'sent', by: now.queue.name, who }, act);
    else this.report({ kind: 'returned', who });
  }

  /** Lets go of the tabs that nobody can read again. */
  private forget() {
    if (this.notices.some((n) => n.act)) return;
    for (const id of this.hidden) {
      this.hidden.delete(id);
      this.client.drop(id);
    }
  }

  /**
   * A wrap-up ends by itself. Only hearing that the agent is available wakes the line, so that is said then, once and by the
   * tab that holds the socket.
   */
  private endWrapUp(me: Me | undefined) {
    // Who leaves after these chats gets no new ones: there is nothing to wake.
    const until = me?.state === 'WRAPUP' && !me.next ? me.until : undefined;
    if (until === this.wrapUp?.until) return;
    clearTimeout(this.wrapUp?.timer);
    this.wrapUp = undefined;
    if (until === undefined) return;
    const over = () => {
      if (!this.client.leads) return;
      this.client.status('READY').catch((e: unknown) => {
        // Nobody heard it: again when the line is back.
        if (!(e instanceof Refused)) this.wrapUp = undefined;
      });
    };
    this.wrapUp = { until, timer: setTimeout(over, Math.max(0, until - this.client.clock.now())) };
  }

  private compute(): DeskState {
    const c = this.client.state;
    this.everUp ||= c.up;
    const skew = this.client.clock.now() - Date.now();
    const old = this.state as DeskState | undefined;
    return {
      link: this.final ? 'refused' : c.up ? 'up' : this.everUp ? 'down' : 'connecting',
      ready: c.ready,
      skew: old && Math.abs(skew - old.skew) < JITTER ? old.skew : skew,
      me: this.me(old?.me),
      line: c.line,
      reasons: c.reasons,
      dispositions: c.dispositions,
      sessions: same(old?.sessions, this.arrange()),
      offers: this.ring(),
      notices: this.notices,
      changes: this.changes,
      sound: this.bell.state,
    };
  }

  /** The agent, holding what an accept, a close or a return has changed since the server last told. */
  private me(old: Me | undefined): Me | undefined {
    const { me, sessions } = this.client.state;
    if (!me) return undefined;
    const open = new Set(me.open);
    for (const s of sessions) {
      if (s.mine && s.view.state === 'ACTIVE') open.add(s.view.session);
      else open.delete(s.view.session);
    }
    return keep(old, {
      ...me,
      open: same(old?.open, [...open]) as string[],
      queues: same(old?.queues, me.queues) as Ref[],
    });
  }

  /** The tabs, in the order in which the agent took them. */
  private arrange(): Session[] {
    const me = this.client.state.me?.id;
    const known = this.client.state.sessions.filter((s) => s.mine || this.tabs.has(s.view.session));
    for (const s of known) if (s.mine) this.hidden.delete(s.view.session);
    for (const id of this.tabs.keys()) if (!known.some((k) => k.view.session === id)) this.tabs.delete(id);
    const tabs = known.map((k) => this.tab(k)).filter((s) => !this.hidden.has(s.id));
    const came = (r: Row) => r.by === me && CAME.includes(r.kind);
    const taken = new Map(tabs.map((s) => [s.id, s.rows.findLast(came)?.at ?? Infinity]));
    const at = (s: Session) => taken.get(s.id) ?? Infinity;
    return tabs.sort((a, b) => (at(a) === at(b) ? 0 : at(a) - at(b)));
  }

  private tab(k: Known): Session {
    const { view } = k;
    const seen = Math.max(this.readTo.get(view.session) ?? 0, k.read.agent ?? 0);
    const standing = view.state === 'CLOSED' ? 'closed' : k.mine ? 'open' : 'away';
    const failed = k.pending.find((p) => p.failed);
    const customer = view.customer ?? { id: view.session, name: '' };
    const kept = this.tabs.get(view.session);
    const me = this.client.state.me?.id;
    // It went while this page heard nothing, and the last it heard is that it was ours.
    const owner = standing === 'away' && view.agent?.id === me ? undefined : view.agent;
    const next: Session = {
      id: view.session,
      generation: view.generation,
      queue: view.queue,
      website: view.website,
      customer: keep(kept?.customer, customer.name ? customer : { ...customer, name: t('guest') }),
      standing,
      owner: owner && keep(kept?.owner, owner),
      helping: standing === 'open' && view.agent?.id !== me,
      assist: same(kept?.assist, view.assist ?? NOBODY),
      handover: this.handover(k, standing === 'open'),
      // What was written since the view was told is not in it yet: then nobody is idle.
      idleUntil:
        standing === 'open' && !k.pending.length && (k.rows.at(-1)?.place ?? 0) <= view.head
          ? view.idleUntil
          : undefined,
      disposition: view.disposition,
      rows: k.rows,
      cut: (k.rows[0]?.place ?? 1) > 1,
      pending: same(kept?.pending, failed ? k.pending.filter((p) => !p.failed) : k.pending),
      read: k.read.customer ?? 0,
      seen,
      unread: standing === 'open' ? k.rows.filter((r) => r.place > seen && wrote(r)).length : 0,
      typing: standing === 'open' && k.typing?.side === 'customer',
      refused:
        failed?.failed &&
        keep(kept?.refused, { cid: failed.cid, text: failed.text, message: failed.failed.message }),
    };
    const tab = keep(kept, next);
    this.tabs.set(view.session, tab);
    return tab;
  }

  /** What was offered to others, as the view tells it, and for a while how that ended. */
  private handover({ view }: Known, open: boolean): Handover | undefined {
    const { session, transfer: now } = view;
    const kept = this.handovers.get(session);
    const key = now && offerKey({ session, generation: view.generation, round: now.round });
    if (!open) this.handovers.delete(session);
    else if (now && key && !this.takenBack.has(key)) {
      if (kept?.key !== key)
        this.handovers.set(session, {
          key,
          assist: now.assist === true,
          to: now.agent ?? now.queue ?? view.queue,
          queue: !now.agent,
          state: 'rings',
          from: this.client.clock.now(),
          until: now.until,
        });
    } else if (kept?.state === 'rings') {
      // It is over. Who took it is in the view; that nobody did, and why, says a frame that may come later.
      const before = this.tabs.get(session)?.assist ?? NOBODY;
      const joined = view.assist?.some((a) => !before.some((b) => b.id === a.id));
      if (joined || this.takenBack.has(kept.key)) this.handovers.delete(session);
      else this.handovers.set(session, { ...kept, state: 'failed' });
    }
    return this.handovers.get(session);
  }

  /** May anything ring here? Not for an agent who is away, leaving or full, whatever was offered. */
  private ringing(): boolean {
    const me = this.me(this.state?.me);
    const there = me?.state === 'READY' || me?.state === 'WRAPUP'; // what rang before a wrap-up rings on
    return !this.leaving && there && !me.next && me.open.length < me.capacity;
  }

  /** Accepted already, perhaps in another window: its `gone` may come later. */
  private has(o: Offer): boolean {
    const known = this.client.state.sessions.find((s) => s.view.session === o.session);
    return known?.mine === true && known.view.state === 'ACTIVE' && known.view.generation >= o.generation;
  }

  private ring(): readonly Card[] {
    const now = this.client.clock.now();
    const next = (this.ringing() ? this.client.state.offers : [])
      .filter((o) => !this.ended.has(offerKey(o)) && !this.has(o) && o.until + OVERDUE > now)
      .sort((a, b) => a.offered - b.offered)
      .map((offer): Card => {
        const key = offerKey(offer);
        const { busy = false, problem = '' } = this.accepting.get(key) ?? {};
        const kept = this.cards.find((c) => c.key === key);
        if (kept?.offer === offer && kept.accepting === busy && kept.problem === problem) return kept;
        return { key, offer, name: offer.customer.name || t('guest'), accepting: busy, problem };
      });
    this.cards = same(this.cards, next);
    clearTimeout(this.overdue);
    const first = Math.min(...this.cards.map((c) => c.offer.until));
    if (first < Infinity) this.overdue = setTimeout(this.expire, Math.max(0, first + OVERDUE - now));
    return this.cards;
  }

  /** Nobody told the end of an offer: it is over all the same. */
  private expire = (): void => {
    const now = this.client.clock.now();
    for (const c of this.cards) {
      if (c.offer.until + OVERDUE > now || c.accepting) continue;
      this.end(c.key);
      this.tell(missed(c.offer, c.name));
    }
    this.refresh();
  };
}

/** What an unanswered offer means: a session that waits goes on, one that somebody has stays theirs. */
const missed = ({ kind, by }: Offer, who: string): News =>
  kind && by ? { kind: 'kept', by: by.name, who } : { kind: 'missed', who };

/** The wish that makes somebody what they are; none for what nobody can wish, like a wrap-up. */
function undone(a: Colleague): Wish | undefined {
  if (a.next === 'PAUSED' || a.next === 'OFFLINE') return { state: a.next, after: true };
  if (a.state === 'PAUSED') return { state: a.state, ...(a.reason && { reason: a.reason }) };
  return a.state === 'READY' || a.state === 'OFFLINE' ? { state: a.state } : undefined;
}

const NOBODY: readonly Ref[] = [];

const wrote = (r: Row) => r.side === 'customer' && (r.kind === 'message' || r.kind === 'reopened');

/** The old list if it holds the very same things. */
function same<T>(old: readonly T[] | undefined, next: readonly T[]): readonly T[] {
  return old?.length === next.length && next.every((x, i) => x === old[i]) ? old : next;
}

/** The old object if all its fields hold the very same things. */
function keep<T extends object>(old: T | undefined, next: T): T {
  const keys = Object.keys(next) as (keyof T)[];
  return old && keys.length === Object.keys(old).length && keys.every((k) => old[k] === next[k]) ? old : next;
}

/** What a rejected request says. Without a code no answer came: the same request may work when the line is back. */
function refusal(e: unknown): { code: string; message: string; retry: boolean; by: Ref | undefined } {
  if (!(e instanceof Refused)) return { code: '', message: t('notice.lost'), retry: true, by: undefined };
  return { code: e.code, message: e.message, retry: e.frame.retry === true, by: e.frame.by };
}

const sentence = (e: unknown) => refusal(e).message;

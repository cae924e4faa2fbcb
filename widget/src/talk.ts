import { CustomerClient, type Outgoing, type RowKind, type Session, Sound } from '@parley/client';
import type { First, Widget } from './widget';

export { default as css } from './talk.css?inline';
export { Conversation } from './views/conversation';

/** The time a visible tab has to say that it showed a message, before another one rings for it, in milliseconds. */
const GRACE = 400;

/** With these rows somebody is there. */
const OWNED: readonly RowKind[] = ['accepted', 'transferred'];

/**
 * The customer's session in one tab: the socket, and how the customer is told of what they do not see. Made when there is a
 * session, or when one is about to begin.
 */
export class Talk {
  readonly client: CustomerClient;
  private connected = false;
  private sound: Sound | undefined;
  private rung: number;
  private retitled = false;
  private alarm: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly widget: Widget) {
    this.client = new CustomerClient({
      name: widget.place.name,
      store: widget.store,
      dial: (failures) => widget.api.dial(failures),
      about: () => ({ language: navigator.language, page: here() }),
    });
    this.rung = this.news;
  }

  get session(): Session | undefined {
    return this.client.state.sessions[0];
  }

  /** First messages whose session has no name yet. */
  get starting(): readonly Outgoing[] {
    return this.client.state.starting;
  }

  /** A message for later is on its way. */
  get leaving(): boolean {
    return this.starting.some((item) => item.first?.offline);
  }

  get going(): boolean {
    return !!this.session || this.starting.length > 0;
  }

  /** Messages of agents that were not on a visible screen. */
  get unread(): number {
    const read = this.session?.read.customer ?? 0;
    return (
      this.session?.rows.filter((row) => row.place > read && row.side === 'agent' && row.text).length ?? 0
    );
  }

  /** Begins to hear: at once where there is a session, with the first message otherwise. */
  begin(): void {
    this.client.subscribe(() => this.widget.changed());
    if (this.going) this.connect();
  }

  start(first: First): void {
    this.connect();
    this.client.start(first);
  }

  send(text: string): void {
    const { session } = this;
    if (session) this.client.send(session.view.session, text, this.later);
    else this.start({ text });
  }

  /** As the website is now, what is written is a message for later. */
  get later(): boolean {
    return this.session?.view.state === 'CLOSED' && !!this.widget.config?.offline;
  }

  /** Ends the session. Rejects with Refused or Lost. */
  async end(): Promise<void> {
    if (this.session) await this.client.leave(this.session.view.session);
  }

  /** The customer has the end of the conversation before their eyes. */
  seen(): void {
    if (this.widget.visible && this.session) this.client.seen(this.session.view.session);
  }

  /** Does what follows from a change: pings, sounds, the title. */
  look(): void {
    this.takeBack();
    if (this.going) this.connect();
    this.client.brisk(this.widget.visible && !!this.session && this.session.view.state !== 'CLOSED');
    this.ring();
    this.retitle();
  }

  stop(): void {
    clearTimeout(this.alarm);
    this.sound?.stop();
    this.client.stop();
  }

  private connect(): void {
    if (this.connected) return;
    this.connected = true;
    this.client.connect();
    // Not before there is something to hear: the first play of a page interrupts the music on some phones.
    this.sound = new Sound();
  }

  /**
   * First messages that were refused go back into the form of the tab that is looked at. They could be sent again as they are, but
   * the customer may rather leave a message, or mend the address.
   */
  private takeBack(): void {
    while (this.widget.visible && !this.session && this.starting.every((item) => item.failed)) {
      const last = this.starting.at(-1);
      if (!last) return;
      this.widget.takeBack(last);
      this.client.discard(last.cid);
    }
  }

  /** One sound for what came and is not seen, in the one tab that holds the socket. */
  private ring(): void {
    const { news } = this;
    if (news <= this.rung) return;
    clearTimeout(this.alarm);
    if (this.widget.muted || this.widget.visible || !this.client.leads) {
      this.rung = news;
      return;
    }
    this.alarm = setTimeout(() => {
      this.rung = this.news;
      if (this.rung > (this.session?.read.customer ?? 0)) this.sound?.ping();
    }, GRACE);
  }

  /** Says in the browser's list of tabs that something waits here. */
  private retitle(): void {
    const base = this.retitled ? document.title.replace(/^\(\d+\) /, '') : document.title;
    const count = document.hidden ? this.unread : 0;
    const title = count ? `(${count}) ${base}` : base;
    if (document.title !== title) document.title = title;
    this.retitled = count > 0;
  }

  /**
   * What the customer heard of last: the place of a message of an agent, or of the row that one took the session with; and half a
   * place later the warning that it will be closed.
   */
  private get news(): number {
    const { rows = [], view } = this.session ?? {};
    const row = rows.findLast(({ side, kind }) => side === 'agent' || OWNED.includes(kind));
    return view?.idleUntil ? view.head + 0.5 : (row?.place ?? 0);
  }
}

/** The page without its query: addresses carry order numbers and campaign names that are nobody's business. */
function here(): { url: string; title: string } {
  return { url: location.origin + location.pathname, title: document.title.slice(0, 200) };
}

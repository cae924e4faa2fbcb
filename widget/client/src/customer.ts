import { Client, type ClientOptions, type Entry } from './client';
import { newId } from './ids';
import { logKey } from './keys';
import type { About, Outgoing, Store } from './outbox';
import { browserStore } from './store';
import type { Refused } from './tabs';
import type { ErrorCode, Pulse, Row, SessionFrame, Side, View, Welcome } from './wire.gen';

/** What is kept of a session for the next page: enough to draw at once, and to ask only for what is new. */
interface Kept {
  view: View;
  rows: Row[];
  read: Partial<Record<Side, number>>;
}

/** Why a website takes no chat at the moment. */
const ANOTHER_TIME: readonly ErrorCode[] = ['licence_full', 'not_open', 'nobody'];

const KEPT_ROWS = 100;
const KEPT_TEXT = 50_000; // characters; a website's storage is 5 MB and not ours

export interface CustomerOptions extends ClientOptions {
  /** Where the customer is and what they speak, for each hello and first message. */
  about?(): Pick<About, 'page' | 'language'>;
}

/** The customer's side: at most one session, which survives reloads and navigation in the browser's storage. */
export class CustomerClient extends Client {
  private readonly store: Store;
  private readonly key: string;
  private kept: unknown;

  constructor(private readonly customer: CustomerOptions) {
    const store = customer.store ?? browserStore();
    super('customer', { ...customer, store });
    this.store = store;
    this.key = logKey(customer.name);
    const kept = parse(store.getItem(this.key));
    if (kept) this.restore(kept.view, kept.rows, kept.read);
    this.subscribe(() => this.keep());
  }

  /** The first message. Double clicks, two tabs and retries are one session. */
  start(first: About & { text: string }): void {
    const { text, ...rest } = first;
    this.compose({
      session: '',
      text,
      after: 1,
      first: { nonce: newId(), ...this.customer.about?.(), ...rest },
    });
  }

  /** Ends the session. */
  async leave(session: string): Promise<SessionFrame> {
    return this.ask({ type: 'leave', session });
  }

  protected override introduction() {
    return this.customer.about?.() ?? {};
  }

  protected override absent(_entry: Entry, frame: Welcome | Pulse): boolean {
    // A pulse names what is open; a welcome all there is.
    return frame.type === 'welcome';
  }

  protected override refused(item: Outgoing, e: Refused): void {
    const gone = e.code === 'not_found';
    if (!item.session || !(gone || (item.later && ANOTHER_TIME.includes(e.code)))) {
      super.refused(item, e);
      return;
    }
    // It may have been deleted when its retention ended: then the message opens a new session.
    if (gone) this.remove(item.session);
    const first = { nonce: item.cid, ...this.customer.about?.(), ...(!gone && { offline: true }) };
    this.post({ ...item, session: '', first });
    void this.deliver('');
  }

  private keep(): void {
    const session = this.state.sessions[0];
    if (session === this.kept) return;
    this.kept = session;
    if (!session) {
      this.store.removeItem(this.key);
      return;
    }
    let room = KEPT_TEXT;
    const rows = session.rows.slice(-KEPT_ROWS);
    const from = rows.findLastIndex((row) => {
      room -= row.text?.length ?? 0;
      return room < 0;
    });
    const kept: Kept = { view: session.view, rows: rows.slice(from + 1), read: session.read };
    try {
      this.store.setItem(this.key, JSON.stringify(kept));
    } catch {
      // Storage is full: the next page asks the server for everything.
    }
  }
}

function parse(text: string | null): Kept | undefined {
  try {
    const kept = JSON.parse(text ?? '') as Kept;
    const contiguous = kept.rows.every((row, i) => row.place === (kept.rows[0]?.place ?? 0) + i);
    return typeof kept.view.session === 'string' && kept.view.queue && contiguous ? kept : undefined;
  } catch {
    return undefined;
  }
}

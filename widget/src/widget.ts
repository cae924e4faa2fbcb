import type { Outgoing, Session, Start, Store, WebsiteConfig } from '@parley/client';
import { logKey, outboxPrefix } from '@parley/client/keys';
import { browserStore } from '@parley/client/store';
import { Api, Refusal } from './api';
import type { Talk } from './talk';

export interface Place {
  /** Of the service: where widget.js came from. */
  origin: string;
  website: string;
  /** Prefix of everything in the browser's storage, and the name of the lock and the channel. */
  name: string;
}

/** What the customer says of themselves before the first answer. */
export type About = Pick<Start, 'name' | 'email' | 'queue'>;
/** What the first form sends: a first message, or one that is left for later. */
export type First = About & Pick<Start, 'text' | 'offline'>;

/**
 * While the panel is looked at and no session runs, the website is asked how it is so often, in milliseconds. What was heard a
 * moment ago, when somebody pointed at the launcher, is not asked again when they open it.
 */
const REFRESH = 30_000;
const FRESH = 5_000;

type TalkModule = typeof import('./talk');

/**
 * The widget without its views: what the website says about itself, and whether the panel is open. All that a conversation needs,
 * its views and the socket, is a part of its own (Talk), fetched with the first letter that the customer writes, or when there
 * is a session to go on with: most people who open a panel only look.
 */
export class Widget {
  readonly store: Store = browserStore();
  readonly api: Api;
  /** What the website said last about itself; undefined until it did. */
  config: WebsiteConfig | undefined;
  /** Why something is missing: the website is unknown, or nobody could be reached. */
  trouble: 'unknown' | 'failed' | undefined;
  /** Why the first message did not go out, whose text is in the form again. */
  refused: Outgoing['failed'];
  open: boolean;
  talk: Talk | undefined;
  /** The views of the conversation, there with `talk`. */
  View: TalkModule['Conversation'] | undefined;
  /** The style sheet of those views. */
  css: string | undefined;
  private asking = false;
  private askedAt = 0;
  private watch: ReturnType<typeof setInterval> | undefined;
  private loading: Promise<Talk> | undefined;
  private kept: boolean;
  private readonly listeners = new Set<() => void>();
  private readonly off: (() => void)[] = [];

  constructor(readonly place: Place) {
    this.api = new Api(place.origin, place.website, this.store, place.name);
    this.open = this.recall('open') !== null;
    this.kept = this.isKept();
    this.listen(document, 'visibilitychange', () => this.changed());
    this.listen(window, 'storage', (e) => this.elsewhere(e as StorageEvent));
    if (this.kept) void this.converse().catch(() => {});
  }

  /** The session as it is known, from the first page on. */
  get session(): Session | undefined {
    return this.talk?.session;
  }

  /** There is a conversation, or one begins. */
  get going(): boolean {
    return this.talk ? this.talk.going : this.kept;
  }

  /** A session waits or is open: it says itself how things are. */
  get running(): boolean {
    return this.going && this.session?.view.state !== 'CLOSED';
  }

  /** Messages of agents that were not on a visible screen. */
  get unread(): number {
    return this.talk?.unread ?? 0;
  }

  /** The panel is open on a screen that somebody may look at. */
  get visible(): boolean {
    return this.open && !document.hidden;
  }

  /** The owner's colour, also before the website has said it on this page. */
  get brand(): string | undefined {
    return this.config?.brand ?? this.store.getItem(this.key('brand')) ?? undefined;
  }

  /** What was written and not sent survives the page, in this tab. */
  get draft(): string {
    return this.recall('draft') ?? '';
  }

  set draft(text: string) {
    this.remember('draft', text);
  }

  /** So is what they said of themselves: nobody is asked twice. */
  get about(): About {
    try {
      return JSON.parse(this.recall('about') ?? '') as About;
    } catch {
      return {};
    }
  }

  set about(about: About) {
    this.remember('about', JSON.stringify(about));
  }

  get muted(): boolean {
    return this.store.getItem(this.key('muted')) !== null;
  }

  set muted(muted: boolean) {
    this.keep('muted', muted ? '1' : '');
    this.changed();
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  toggle(open = !this.open): void {
    this.open = open;
    this.remember('open', open ? '1' : '');
    this.changed();
  }

  /** Asks for what the first open needs. Called on intent: it shall not wait. */
  warm(): void {
    if (!this.going && !this.config && !this.trouble) void this.refresh();
  }

  /** Tries again what did not come. */
  again(): void {
    this.trouble = undefined;
    if (this.going) void this.converse().catch(() => {});
    else void this.refresh();
    this.changed();
  }

  /** Loads what a conversation needs, once. */
  converse(): Promise<Talk> {
    this.loading ??= import('./talk').then(
      ({ Talk, Conversation, css }) => {
        this.View = Conversation;
        this.css = css;
        this.talk = new Talk(this);
        this.talk.begin();
        this.changed();
        return this.talk;
      },
      (e: unknown) => {
        this.loading = undefined;
        if (this.kept) this.trouble = 'failed';
        this.changed();
        throw e;
      },
    );
    return this.loading;
  }

  /** The first message. Rejects when the conversation could not be loaded: nothing was sent then. */
  async start(first: First): Promise<void> {
    const talk = await this.converse();
    this.refused = undefined;
    talk.start(first);
  }

  /** A first message that was refused comes back into the form, and the website says how it is now. */
  takeBack({ text, failed }: Outgoing): void {
    this.draft = [text, this.draft].filter(Boolean).join('\n\n');
    this.refused = failed;
    void this.refresh();
  }

  /** Something is different: tells the views. */
  changed(): void {
    this.look();
    this.talk?.look();
    for (const listener of this.listeners) listener();
  }

  key(what: string): string {
    return `${this.place.name}:${what}`;
  }

  listen(target: EventTarget, type: string, listener: (e: Event) => void): void {
    target.addEventListener(type, listener);
    this.off.push(() => target.removeEventListener(type, listener));
  }

  stop(): void {
    clearInterval(this.watch);
    for (const off of this.off) off();
    this.talk?.stop();
  }

  /** Keeps what the website says about itself true while somebody looks at it. */
  private look(): void {
    if (!this.visible || this.running || this.trouble === 'unknown') {
      clearInterval(this.watch);
      this.watch = undefined;
    } else if (!this.watch) {
      this.watch = setInterval(() => void this.refresh(), REFRESH);
      if (Date.now() - this.askedAt > FRESH) void this.refresh();
    }
  }

  /** Asks the website how it is. */
  async refresh(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    this.askedAt = Date.now();
    try {
      this.config = await this.api.website();
      this.trouble = undefined;
      this.keep('brand', this.config.brand ?? '');
    } catch (e) {
      // What was said before may still be true.
      if (!this.config) this.trouble = e instanceof Refusal && e.code === 'not_found' ? 'unknown' : 'failed';
    }
    this.asking = false;
    this.changed();
  }

  /** Another tab began a session. */
  private elsewhere({ key, newValue }: StorageEvent): void {
    const { name } = this.place;
    if (newValue && (key === logKey(name) || key?.startsWith(outboxPrefix(name)))) {
      void this.converse().catch(() => {});
    }
  }

  private isKept(): boolean {
    const { name } = this.place;
    if (this.store.getItem(logKey(name))) return true;
    for (let i = 0; i < this.store.length; i++) {
      if (this.store.key(i)?.startsWith(outboxPrefix(name))) return true;
    }
    return false;
  }

  /** For all pages and tabs. */
  private keep(what: string, value: string): void {
    try {
      if (value) this.store.setItem(this.key(what), value);
      else this.store.removeItem(this.key(what));
    } catch {
      // Storage is full: the next page decides anew.
    }
  }

  /** For the next page in this tab. */
  private remember(what: string, value: string): void {
    try {
      if (value) sessionStorage.setItem(this.key(what), value);
      else sessionStorage.removeItem(this.key(what));
    } catch {
      // Forbidden here: the next page begins as if nothing had been.
    }
  }

  private recall(what: string): string | null {
    try {
      return sessionStorage.getItem(this.key(what));
    } catch {
      return null;
    }
  }
}

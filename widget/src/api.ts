import type { Address, HTTPError, Store, TokenReply, WebsiteConfig } from '@parley/client';

/** A refusal over HTTPS. */
export class Refusal extends Error {
  constructor(
    readonly code: HTTPError['code'],
    message: string,
  ) {
    super(message);
  }
}

/** Get a new token so long before the old one ends, in milliseconds: time to connect, and clocks that are not quite right. */
const MARGIN = 60_000;

/** The service behind one website's widget. */
export class Api {
  private readonly path: string;

  constructor(
    origin: string,
    website: string,
    private readonly store: Store,
    private readonly key: string,
  ) {
    this.path = `${origin}/v1/websites/${encodeURIComponent(website)}`;
  }

  website(): Promise<WebsiteConfig> {
    return fetchJSON<WebsiteConfig>(this.path);
  }

  /** Where to connect: the stored token while it is good, a new one for the same customer when it is not. */
  async dial(failures: number): Promise<Address> {
    let token = this.stored();
    if (!token || token.expires - MARGIN < Date.now() || failures > 1) {
      // Without a content type of its own this needs no preflight: one round trip less before the first answer.
      token = await fetchJSON<TokenReply>(`${this.path}/token`, {
        method: 'POST',
        body: JSON.stringify(token ? { previous: token.token } : {}),
      });
      try {
        this.store.setItem(this.key, JSON.stringify(token));
      } catch {
        // Storage is full: the next page is another customer.
      }
    }
    return { url: token.socket, token: token.token };
  }

  private stored(): TokenReply | undefined {
    try {
      const token = JSON.parse(this.store.getItem(this.key) ?? '') as TokenReply;
      return typeof token.token === 'string' && typeof token.socket === 'string' ? token : undefined;
    } catch {
      return undefined;
    }
  }
}

async function fetchJSON<T>(url: string, init: RequestInit = {}): Promise<T> {
  const reply = await fetch(url, { ...init, credentials: 'omit' });
  const body = (await reply.json().catch(() => undefined)) as T | HTTPError | undefined;
  if (reply.ok && body) return body as T;
  const { code = 'internal', message = reply.statusText } = (body ?? {}) as Partial<HTTPError>;
  throw new Refusal(code, message);
}

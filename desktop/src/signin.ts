import type { DesktopConfig } from '@parley/client';

/** What can go wrong while signing in. Each has a sentence in the locale under `signin.error.*`. */
export type SigninProblem =
  | 'unreachable' // Parley or the sign-in service did not answer
  | 'insecure' // plain http on a foreign host: browsers give no crypto there
  | 'stale' // the answer belongs to another tab, or to an attempt that is gone
  | 'refused' // the sign-in service said no; detail has its words
  | 'ended'; // was signed in; the sign-in service wants to see a person again

export class SigninError extends Error {
  constructor(
    readonly problem: SigninProblem,
    readonly detail = '',
  ) {
    super(detail ? `${problem}: ${detail}` : problem);
  }
}

/** How resuming a page ended: signed in, with `fresh` if a person has just signed in; nobody signed in, with `left` if they
 * have just signed out; or the browser is on its way to the sign-in service. */
export type Resumed = { kind: 'in'; fresh: boolean } | { kind: 'out'; left: boolean } | { kind: 'leaving' };

/** The browser, as far as signing in needs it. Tests give their own. */
export interface Browser {
  fetch: typeof fetch;
  storage: Storage;
  /** The address of this page. */
  href: () => string;
  go: (url: string) => void;
  /** Changes the address without a load: codes and hints must not stay in it. */
  replace: (url: string) => void;
  now: () => number;
}

const browser: Browser = {
  fetch: (...a) => fetch(...a),
  get storage() {
    return sessionStorage;
  },
  href: () => location.href,
  go: (url) => location.assign(url),
  replace: (url) => history.replaceState(history.state, '', url),
  now: () => Date.now(),
};

/** A token with less than this left is renewed first: a connect may wait in a back-off. */
const RENEW_BEFORE = 60_000;
/** A token that came less than this ago is not what keeps a connection from opening. */
const DOUBT_AFTER = 60_000;
const TOKENS = 'parley.desk.tokens';
const ATTEMPT = 'parley.desk.signin';
const LEFT = 'parley.desk.left';

/** Discovery, OpenID Connect Discovery 1.0 section 3: what we use of it. */
interface Provider {
  issuer: string;
  authorization_endpoint: string;
  token_endpoint: string;
  end_session_endpoint?: string;
  scopes_supported?: string[];
}

interface Tokens {
  id: string;
  refresh?: string | undefined;
  /** When it came and when it ends, by this machine's clock: its life counts from its arrival, so a wrong clock does no harm. */
  at: number;
  expires: number;
}

/** One trip to the sign-in service, kept in the tab that began it. */
interface Attempt {
  state: string;
  verifier: string;
  nonce: string;
  silent: boolean;
  hash: string;
}

/**
 * Sign-in of an agent by OpenID Connect: authorization code with PKCE at whatever issuer GET /v1/desktop names. The tokens
 * live in sessionStorage: a reload keeps the agent signed in, a closed tab does not, and two tabs may be two agents. The
 * id token is what the socket takes; it is renewed by a refresh token where the issuer gives one, else by a silent trip
 * (`prompt=none`) when the next connection needs it.
 */
export class Signin {
  private provider: Promise<Provider> | undefined;
  private renewal: Promise<string> | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly config: DesktopConfig,
    /** Where the issuer sends the agent back to: <origin>/desktop/. */
    private readonly home: string,
    private readonly b: Browser = browser,
  ) {}

  /** Finds out where this page load stands: back with a code, sent here with a hint, reloaded, or new. */
  async resume(): Promise<Resumed> {
    const at = new URL(this.b.href());
    const q = at.searchParams;
    if (q.has('state') && (q.has('code') || q.has('error'))) return this.back(q);
    const hint = q.get('login_hint');
    if (hint !== null) {
      this.forget();
      await this.signIn(hint, false, at.hash);
      return { kind: 'leaving' };
    }
    if (!this.tokens()) {
      const left = this.b.storage.getItem(LEFT) !== null;
      this.b.storage.removeItem(LEFT);
      return { kind: 'out', left };
    }
    this.watch();
    return { kind: 'in', fresh: false };
  }

  /** Sends the browser to the sign-in service. `silent` asks it to answer without showing a page. */
  async signIn(hint = '', silent = false, hash = new URL(this.b.href()).hash): Promise<void> {
    if (!globalThis.crypto?.subtle) throw new SigninError('insecure');
    const p = await this.discover();
    const attempt: Attempt = { state: secret(), verifier: secret(), nonce: secret(), silent, hash };
    this.b.storage.setItem(ATTEMPT, JSON.stringify(attempt));
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(attempt.verifier));
    const to = new URL(p.authorization_endpoint);
    const scopes = ['openid', ...(p.scopes_supported?.includes('offline_access') ? ['offline_access'] : [])];
    const ask: Record<string, string> = {
      response_type: 'code',
      client_id: this.config.clientId,
      redirect_uri: this.home,
      scope: scopes.join(' '),
      state: attempt.state,
      nonce: attempt.nonce,
      code_challenge: base64url(new Uint8Array(digest)),
      code_challenge_method: 'S256',
    };
    if (hint) ask.login_hint = hint;
    if (silent) ask.prompt = 'none';
    for (const [k, v] of Object.entries(ask)) to.searchParams.set(k, v);
    this.b.go(to.href);
  }

  /**
   * The id token for the next connection, renewed if it is about to end. `doubted`: connections with it have failed; where
   * that shows nothing (there is a refresh token) a newer one is tried. Rejects with `unreachable` while the network is
   * away (ask again), and with `ended` when the browser is leaving for a new sign-in.
   */
  async token(doubted = false): Promise<string> {
    const t = this.tokens();
    if (!t) throw new SigninError('ended');
    const now = this.b.now();
    if (t.expires - now <= RENEW_BEFORE) return this.renew(t, true);
    if (doubted && t.refresh && now - t.at > DOUBT_AFTER) return this.renew(t, false).catch(() => t.id);
    return t.id;
  }

  /** Who is signed in: the token's subject. It names the agent's things in storage. */
  subject(): string {
    const t = this.tokens();
    return t ? String(claims(t.id).sub ?? '') : '';
  }

  /** Forgets the tokens, and tells the sign-in service where it has a page for that. */
  async signOut(): Promise<void> {
    const t = this.tokens();
    this.forget();
    const end = await this.discover().then(
      (p) => p.end_session_endpoint,
      () => undefined,
    );
    if (!end || !t) return;
    this.b.storage.setItem(LEFT, '1');
    const to = new URL(end);
    to.searchParams.set('id_token_hint', t.id);
    to.searchParams.set('client_id', this.config.clientId);
    to.searchParams.set('post_logout_redirect_uri', this.home);
    this.b.go(to.href);
  }

  /** Drops the tokens of this tab without telling anybody: they were refused, or another agent takes the tab over. */
  forget(): void {
    clearTimeout(this.timer);
    this.b.storage.removeItem(TOKENS);
  }

  private async back(q: URLSearchParams): Promise<Resumed> {
    const attempt = parse<Attempt>(this.b.storage.getItem(ATTEMPT));
    this.b.storage.removeItem(ATTEMPT);
    this.b.replace(this.home + (attempt?.hash ?? ''));
    if (!attempt || attempt.state !== q.get('state')) {
      // A reload of an address with a used code: whoever is signed in already stays so.
      if (this.tokens()) return { kind: 'in', fresh: false };
      throw new SigninError('stale');
    }
    const error = q.get('error');
    if (error) {
      this.forget();
      if (attempt.silent) throw new SigninError('ended');
      throw new SigninError('refused', q.get('error_description') ?? error);
    }
    await this.exchange(
      {
        grant_type: 'authorization_code',
        code: q.get('code') ?? '',
        redirect_uri: this.home,
        code_verifier: attempt.verifier,
      },
      attempt.nonce,
    );
    return { kind: 'in', fresh: !attempt.silent };
  }

  /** Renews by the refresh token; if there is none, or it is refused, by a silent trip if the agent may be taken along. */
  private renew(t: Tokens, travel: boolean): Promise<string> {
    this.renewal ??= (async () => {
      const refresh = t.refresh;
      if (refresh) {
        try {
          return await this.exchange(
            { grant_type: 'refresh_token', refresh_token: refresh },
            undefined,
            refresh,
          );
        } catch (e) {
          if (!travel || !(e instanceof SigninError) || e.problem !== 'refused') throw e;
        }
      }
      await this.signIn('', true);
      throw new SigninError('ended');
    })().finally(() => {
      this.renewal = undefined;
    });
    return this.renewal;
  }

  private async exchange(form: Record<string, string>, nonce?: string, refresh?: string): Promise<string> {
    const p = await this.discover();
    const r = await this.json<{ id_token?: string; refresh_token?: string; error?: string }>(
      p.token_endpoint,
      {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ ...form, client_id: this.config.clientId }),
      },
    );
    if (!r.id_token) throw new SigninError('refused', 'no id token');
    const c = claims(r.id_token);
    if (nonce !== undefined && c.nonce !== nonce) throw new SigninError('stale');
    const life = (Number(c.exp) - Number(c.iat)) * 1000;
    if (!(life > 0)) throw new SigninError('refused', 'the id token has no end');
    const t: Tokens = {
      id: r.id_token,
      refresh: r.refresh_token ?? refresh,
      at: this.b.now(),
      expires: this.b.now() + life,
    };
    this.b.storage.setItem(TOKENS, JSON.stringify(t));
    this.watch();
    return t.id;
  }

  /** Renews ahead of the end where that shows nothing: by a refresh token. */
  private watch() {
    clearTimeout(this.timer);
    const t = this.tokens();
    if (!t?.refresh) return;
    const wait = Math.max(1000, t.expires - this.b.now() - RENEW_BEFORE);
    // A failure here is no news: the next connection asks again and says so.
    this.timer = setTimeout(() => void this.renew(t, false).catch(() => {}), Math.min(wait, MAX_TIMER));
  }

  private tokens(): Tokens | undefined {
    const t = parse<Tokens>(this.b.storage.getItem(TOKENS));
    return t && typeof t.id === 'string' && typeof t.expires === 'number' ? t : undefined;
  }

  private discover(): Promise<Provider> {
    this.provider ??= this.json<Provider>(
      `${this.config.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
    ).catch((e) => {
      this.provider = undefined; // ask again next time
      throw e;
    });
    return this.provider;
  }

  private async json<T>(url: string, init?: RequestInit): Promise<T> {
    let res: Response;
    try {
      res = await this.b.fetch(url, init);
    } catch (e) {
      throw new SigninError('unreachable', String(e));
    }
    const body = await res.json().catch(() => undefined);
    if (res.ok && body) return body as T;
    // 4xx is the service's decision; everything else may be better in a moment.
    if (res.status >= 400 && res.status < 500)
      throw new SigninError('refused', body?.error_description ?? body?.error ?? `HTTP ${res.status}`);
    throw new SigninError('unreachable', `HTTP ${res.status}`);
  }
}

/** setTimeout counts in 32 bits. */
const MAX_TIMER = 2 ** 31 - 1;

/** GET /v1/desktop: where to sign in and where the socket is. */
export async function desktopConfig(get: typeof fetch = fetch): Promise<DesktopConfig> {
  const res = await get('/v1/desktop').catch((e) => {
    throw new SigninError('unreachable', String(e));
  });
  if (!res.ok) throw new SigninError('unreachable', `HTTP ${res.status}`);
  return res.json().catch((e) => {
    throw new SigninError('unreachable', String(e));
  });
}

/** 32 random bytes: state, nonce and verifier (RFC 7636 asks for 43 to 128 characters). */
const secret = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

const base64url = (b: Uint8Array) =>
  btoa(String.fromCharCode(...b))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

/** The claims of a token, unverified: the server verifies, this page only reads its own. */
function claims(jwt: string): Record<string, unknown> {
  try {
    const part = jwt.split('.')[1] ?? '';
    const bytes = Uint8Array.from(atob(part.replaceAll('-', '+').replaceAll('_', '/')), (c) =>
      c.charCodeAt(0),
    );
    return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
  } catch {
    throw new SigninError('refused', 'the id token cannot be read');
  }
}

function parse<T>(s: string | null): T | undefined {
  try {
    return s ? (JSON.parse(s) as T) : undefined;
  } catch {
    return undefined;
  }
}

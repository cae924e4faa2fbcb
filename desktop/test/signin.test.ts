// @vitest-environment node
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Browser, desktopConfig, Signin, type SigninError } from '../src/signin';

const HOME = 'https://desk.example/desktop/';
const ISSUER = 'https://id.example';
const config = { issuer: ISSUER, clientId: 'desk', socket: 'wss://desk.example/socket' };

const b64 = (o: object) => Buffer.from(JSON.stringify(o)).toString('base64url');
const jwt = (claims: object) => `${b64({ alg: 'none' })}.${b64(claims)}.x`;

/** A small sign-in service: what it was asked, and how it answers. */
class Issuer {
  asked: Record<string, string>[] = [];
  down = false;
  refuse: string | undefined;
  refresh: string | undefined = 'r1';
  nonce = '';
  life = 3600;
  scopes: string[] | undefined = ['openid', 'offline_access'];
  private count = 0;

  fetch = (async (url: string, init?: RequestInit) => {
    if (this.down) throw new TypeError('Failed to fetch');
    if (String(url).endsWith('/.well-known/openid-configuration'))
      return Response.json({
        issuer: ISSUER,
        authorization_endpoint: `${ISSUER}/authorize`,
        token_endpoint: `${ISSUER}/token`,
        end_session_endpoint: `${ISSUER}/logout`,
        scopes_supported: this.scopes,
      });
    this.asked.push(Object.fromEntries(init?.body as URLSearchParams));
    if (this.refuse) return Response.json({ error: this.refuse }, { status: 400 });
    const iat = 1_000_000;
    return Response.json({
      id_token: jwt({ sub: 'marta', nonce: this.nonce, iat, exp: iat + this.life, n: ++this.count }),
      refresh_token: this.refresh,
    });
  }) as typeof fetch;
}

class Memory {
  items = new Map<string, string>();
  getItem = (k: string) => this.items.get(k) ?? null;
  setItem = (k: string, v: string) => void this.items.set(k, v);
  removeItem = (k: string) => void this.items.delete(k);
}

/** One tab: its address, its storage, where it was sent. */
function tab(issuer: Issuer) {
  let now = 5_000_000;
  const t = {
    href: HOME,
    gone: [] as URL[],
    storage: new Memory() as unknown as Storage,
    pass: (ms: number) => {
      now += ms;
    },
    load(href: string) {
      t.href = href;
      return new Signin(config, HOME, b);
    },
    /** Comes back from the issuer as if it had agreed. */
    back() {
      const q = t.last().searchParams;
      issuer.nonce = q.get('nonce') ?? '';
      return t.load(`${HOME}?code=c1&state=${q.get('state')}`);
    },
    last: () => t.gone.at(-1) as URL,
  };
  const b: Browser = {
    fetch: issuer.fetch,
    storage: t.storage,
    href: () => t.href,
    go: (url) => void t.gone.push(new URL(url)),
    replace: (url) => {
      t.href = url;
    },
    now: () => now,
  };
  return t;
}

const problem = (p: Promise<unknown>) =>
  p.then(
    () => 'none',
    (e: SigninError) => e.problem,
  );

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

test('a new tab is signed out and asks nobody', async () => {
  const issuer = new Issuer();
  expect(await tab(issuer).load(HOME).resume()).toMatchObject({ kind: 'out' });
});

test('a hint starts the sign-in at once: code, PKCE and the hint go to the issuer', async () => {
  const t = tab(new Issuer());
  expect(await t.load(`${HOME}?login_hint=marta`).resume()).toEqual({ kind: 'leaving' });
  const q = t.last().searchParams;
  expect(t.last().origin + t.last().pathname).toBe(`${ISSUER}/authorize`);
  expect(Object.fromEntries(q)).toMatchObject({
    response_type: 'code',
    client_id: 'desk',
    redirect_uri: HOME,
    login_hint: 'marta',
    scope: 'openid offline_access',
    code_challenge_method: 'S256',
  });
  expect(q.get('prompt')).toBeNull();
});

test('the way back: the verifier matches its challenge, the address is clean, a reload stays signed in', async () => {
  const issuer = new Issuer();
  const t = tab(issuer);
  await t.load(`${HOME}?login_hint=marta#/chats/s1`).resume();
  const challenge = t.last().searchParams.get('code_challenge');
  const signin = t.back();
  expect(await signin.resume()).toEqual({ kind: 'in', fresh: true });
  expect(
    createHash('sha256')
      .update(issuer.asked[0]?.code_verifier ?? '')
      .digest('base64url'),
  ).toBe(challenge);
  expect(t.href).toBe(`${HOME}#/chats/s1`);
  expect(signin.subject()).toBe('marta');

  const again = t.load(t.href);
  expect(await again.resume()).toEqual({ kind: 'in', fresh: false });
  expect(await again.token()).toBe(await signin.token());
  expect(issuer.asked).toHaveLength(1);
});

test('a hint takes the tab over from whoever was signed in', async () => {
  const t = tab(new Issuer());
  await t.load(`${HOME}?login_hint=marta`).resume();
  await t.back().resume();
  expect(await t.load(`${HOME}?login_hint=jonas`).resume()).toEqual({ kind: 'leaving' });
  expect(await t.load(HOME).resume()).toMatchObject({ kind: 'out' });
});

test.each([
  ['an answer of another tab', 'state=foreign&code=c', 'stale'],
  ['a refusal', 'state=S&error=access_denied&error_description=Not%20today', 'refused'],
])('%s is said in words', async (_, query, want) => {
  const t = tab(new Issuer());
  await t.load(`${HOME}?login_hint=marta`).resume();
  const state = t.last().searchParams.get('state') ?? '';
  expect(await problem(t.load(`${HOME}?${query.replace('=S', `=${state}`)}`).resume())).toBe(want);
  expect(t.href).toBe(HOME);
});

test('a token for another nonce is not believed', async () => {
  const issuer = new Issuer();
  const t = tab(issuer);
  await t.load(`${HOME}?login_hint=marta`).resume();
  const signin = t.back();
  issuer.nonce = 'somebody-else';
  expect(await problem(signin.resume())).toBe('stale');
});

async function signedIn(issuer: Issuer) {
  const t = tab(issuer);
  await t.load(`${HOME}?login_hint=marta`).resume();
  const signin = t.back();
  await signin.resume();
  return { t, signin };
}

test('a token near its end is renewed by the refresh token, once for all who ask', async () => {
  const issuer = new Issuer();
  const { t, signin } = await signedIn(issuer);
  const first = await signin.token();
  t.pass(3_590_000);
  const [a, b] = await Promise.all([signin.token(), signin.token()]);
  expect(a).toBe(b);
  expect(a).not.toBe(first);
  expect(issuer.asked.map((q) => q.grant_type)).toEqual(['authorization_code', 'refresh_token']);
});

test('it is renewed ahead of its end by a timer', async () => {
  const issuer = new Issuer();
  await signedIn(issuer);
  await vi.advanceTimersByTimeAsync(3_539_000);
  expect(issuer.asked).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(2000);
  expect(issuer.asked.at(-1)).toMatchObject({ grant_type: 'refresh_token', refresh_token: 'r1' });
});

test('without a refresh token a silent trip brings a new one; nobody has signed in anew', async () => {
  const issuer = new Issuer();
  issuer.refresh = undefined;
  issuer.scopes = undefined;
  const { t, signin } = await signedIn(issuer);
  t.pass(3_590_000);
  expect(await problem(signin.token())).toBe('ended');
  expect(t.last().searchParams.get('prompt')).toBe('none');
  expect(t.last().searchParams.get('scope')).toBe('openid');
  expect(await t.back().resume()).toEqual({ kind: 'in', fresh: false });
});

test('a silent trip that needs a person ends at the sign-in page', async () => {
  const issuer = new Issuer();
  const { t, signin } = await signedIn(issuer);
  issuer.refuse = 'invalid_grant';
  t.pass(3_590_000);
  await problem(signin.token());
  const state = t.last().searchParams.get('state');
  expect(await problem(t.load(`${HOME}?error=login_required&state=${state}`).resume())).toBe('ended');
  expect(await t.load(HOME).resume()).toMatchObject({ kind: 'out' });
});

test('a network that is away is no reason to sign in again', async () => {
  const issuer = new Issuer();
  const { t, signin } = await signedIn(issuer);
  issuer.down = true;
  t.pass(3_590_000);
  expect(await problem(signin.token())).toBe('unreachable');
  expect(t.gone).toHaveLength(1);
  issuer.down = false;
  expect(await problem(signin.token())).toBe('none');
});

test('a token that connections fail with is doubted, but not right after it came', async () => {
  const issuer = new Issuer();
  const { t, signin } = await signedIn(issuer);
  const first = await signin.token(true);
  expect(issuer.asked).toHaveLength(1);
  t.pass(120_000);
  expect(await signin.token(true)).not.toBe(first);
});

test('signing out tells the issuer and leaves nothing', async () => {
  const { t, signin } = await signedIn(new Issuer());
  await signin.signOut();
  expect(t.last().href).toMatch(`${ISSUER}/logout?id_token_hint=`);
  expect(t.last().searchParams.get('post_logout_redirect_uri')).toBe(HOME);
  expect(await t.load(HOME).resume()).toEqual({ kind: 'out', left: true });
  expect(await t.load(HOME).resume()).toEqual({ kind: 'out', left: false });
});

test.each([
  ['no answer', () => Promise.reject(new TypeError('Failed to fetch'))],
  ['an error', () => Promise.resolve(new Response('', { status: 502 }))],
  ['a page instead of JSON', () => Promise.resolve(new Response('<html>'))],
])('the configuration with %s is unreachable', async (_, answer) => {
  expect(await problem(desktopConfig(answer as typeof fetch))).toBe('unreachable');
});

// @vitest-environment node
import { memoryStore } from '@parley/client';
import { beforeEach, expect, test, vi } from 'vitest';
import { Api, Refusal } from '../src/api';

const fetched = vi.fn<(url: string, init?: RequestInit) => Promise<Response>>();
beforeEach(() => {
  fetched.mockReset();
  vi.stubGlobal('fetch', fetched);
});

const reply = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status });
const token = (n: number, expires = Date.now() + 3_600_000) => ({
  token: `jwt ${n}`,
  customer: 'c',
  expires,
  socket: 'wss://socket',
});
const make = (store = memoryStore()) => ({
  api: new Api('https://chat.example', 'fern & co', store, 'key'),
  store,
});

test('asks for a token once, and keeps it', async () => {
  fetched.mockResolvedValueOnce(reply(token(1)));
  const { api, store } = make();
  expect(await api.dial(0)).toEqual({ url: 'wss://socket', token: 'jwt 1' });
  const [url, init] = fetched.mock.calls[0] ?? [];
  expect(url).toBe('https://chat.example/v1/websites/fern%20%26%20co/token');
  expect(init).toMatchObject({ method: 'POST', body: '{}', credentials: 'omit' });
  expect(new Request('https://x', init).headers.get('content-type'), 'no preflight').toMatch(/^text\/plain/);
  await api.dial(1);
  await make(store).api.dial(0);
  expect(fetched).toHaveBeenCalledTimes(1);
});

test.each([
  ['it is about to end', Date.now() + 30_000, 0],
  ['it was refused, perhaps', Date.now() + 3_600_000, 2],
])('asks for a new one, for the same customer, when %s', async (_, expires, failures) => {
  const { api, store } = make();
  store.setItem('key', JSON.stringify(token(1, expires)));
  fetched.mockResolvedValueOnce(reply(token(2)));
  expect((await api.dial(failures)).token).toBe('jwt 2');
  expect(fetched.mock.calls[0]?.[1]?.body).toBe('{"previous":"jwt 1"}');
});

test('what somebody else stored is no token', async () => {
  const { api, store } = make();
  store.setItem('key', '{"token":7}');
  fetched.mockResolvedValueOnce(reply(token(1)));
  expect((await api.dial(0)).token).toBe('jwt 1');
});

test('a full storage does not keep anybody from writing', async () => {
  const { api, store } = make();
  store.setItem = () => {
    throw new DOMException('full', 'QuotaExceededError');
  };
  fetched.mockResolvedValueOnce(reply(token(1)));
  expect((await api.dial(0)).token).toBe('jwt 1');
});

test('a refusal has the code of the server, whatever it came as', async () => {
  const { api } = make();
  fetched.mockResolvedValueOnce(reply({ code: 'not_found', message: 'No such website.' }, 404));
  await expect(api.website()).rejects.toMatchObject({ code: 'not_found', message: 'No such website.' });
  fetched.mockResolvedValueOnce(
    new Response('<h1>Bad gateway</h1>', { status: 502, statusText: 'Bad gateway' }),
  );
  await expect(api.website()).rejects.toBeInstanceOf(Refusal);
  fetched.mockRejectedValueOnce(new TypeError('offline'));
  await expect(api.website()).rejects.toBeInstanceOf(TypeError);
});

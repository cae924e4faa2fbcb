import { afterEach, expect, test, vi } from 'vitest';
import { Door } from '../src/door';

afterEach(() => {
  vi.unstubAllGlobals();
  sessionStorage.clear();
});
const answer = (body: object | undefined) =>
  vi.stubGlobal('fetch', async () => {
    if (!body) throw new TypeError('Failed to fetch');
    return Response.json(body);
  });
const config = { issuer: 'https://id.example', clientId: 'desk', socket: 'wss://desk.example/socket' };
const door = () => new Door(() => {}, 'https://desk.example/desktop/');

test('who is not signed in stands before it', async () => {
  answer(config);
  const d = door();
  expect(d.state).toEqual({ at: 'busy' });
  await d.enter();
  expect(d.state).toEqual({ at: 'out', left: false });
});

test('a server that does not answer is said, and asked again', async () => {
  answer(undefined);
  const d = door();
  await d.enter();
  expect(d.state).toEqual({ at: 'out', problem: { code: 'unreachable', detail: '' } });
  answer(config);
  await d.enter();
  expect(d.state).toMatchObject({ at: 'out', left: false });
});

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { endOfWorld, FakeSocket, settle, world } from '../test/fakes';
import { Socket } from './socket';

const sockets: Socket[] = [];
beforeEach(world);
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.stop();
  endOfWorld();
});

function make() {
  const options = {
    dial: vi.fn(async (_failures: number) => ({ url: 'wss://x', token: 'jwt' })),
    onFrame: vi.fn(),
    onOpen: vi.fn(),
    onDown: vi.fn(),
    onFinal: vi.fn(),
  };
  const socket = new Socket(options);
  sockets.push(socket);
  return { ...options, socket };
}

async function opened() {
  const made = make();
  await settle();
  FakeSocket.last.open();
  return made;
}

test('offers the version and the token as sub-protocols', async () => {
  const { onOpen } = await opened();
  expect(FakeSocket.last.url).toBe('wss://x');
  expect(FakeSocket.last.protocols).toEqual(['parley.v1', 't.jwt']);
  expect(onOpen).toHaveBeenCalledTimes(1);
});

test('waits longer after each failure, and says how many there were', async () => {
  const { dial } = make();
  await settle();
  for (const delay of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
    const dialled = FakeSocket.all.length;
    FakeSocket.last.close(1006);
    await vi.advanceTimersByTimeAsync(delay - 1);
    expect(FakeSocket.all.length).toBe(dialled);
    await vi.advanceTimersByTimeAsync(1);
    expect(FakeSocket.all.length).toBe(dialled + 1);
  }
  expect(dial.mock.calls.map(([failures]) => failures)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test('a socket that was heard counts as success; one that only opened does not', async () => {
  const { dial, onDown } = await opened();
  FakeSocket.last.say({ type: 'pong' });
  FakeSocket.last.close(1001);
  expect(onDown).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(500);
  expect(dial).toHaveBeenLastCalledWith(0);
});

test('a dial that throws is tried again', async () => {
  const { dial } = make();
  dial.mockRejectedValueOnce(new Error('no token'));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(FakeSocket.all.length).toBe(1);
});

test('a connection that does not open in 8 s is given up', async () => {
  make();
  await vi.advanceTimersByTimeAsync(8_000);
  expect(FakeSocket.last.readyState).toBe(3);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(FakeSocket.all.length).toBe(2);
});

test('pings every 5 minutes, every 30 s while somebody looks', async () => {
  const { socket } = await opened();
  await vi.advanceTimersByTimeAsync(299_999);
  expect(FakeSocket.last.sent).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(FakeSocket.last.sent).toEqual([{ action: 'ping' }]);
  FakeSocket.last.say({ type: 'pong' });
  socket.brisk(true);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(FakeSocket.last.sent.length).toBe(2);
});

test('retires a half-open socket 8 s after a ping that nobody answered', async () => {
  const { socket, onDown } = await opened();
  socket.brisk(true);
  const half = FakeSocket.last;
  await vi.advanceTimersByTimeAsync(30_000 + 7_999);
  expect(onDown).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(onDown).toHaveBeenCalledTimes(1);
  expect(half.readyState).toBe(3);
  await vi.advanceTimersByTimeAsync(500);
  expect(FakeSocket.all.length).toBe(2);
});

test('any frame answers a ping', async () => {
  const { socket, onDown } = await opened();
  socket.brisk(true);
  await vi.advanceTimersByTimeAsync(31_000);
  FakeSocket.last.say({ type: 'done' });
  await vi.advanceTimersByTimeAsync(20_000);
  expect(onDown).not.toHaveBeenCalled();
});

test('renews before the age limit by opening the new socket first', async () => {
  const { socket, onOpen, onDown, onFrame } = await opened();
  const old = FakeSocket.last;
  for (let minute = 0; minute < 115; minute++) {
    await vi.advanceTimersByTimeAsync(60_000);
    FakeSocket.all[0]?.say({ type: 'pong' });
  }
  expect(FakeSocket.all.length).toBe(2);
  expect(old.readyState).toBe(1);
  FakeSocket.last.open();
  expect(onOpen).toHaveBeenCalledTimes(2);
  old.say({ type: 'done', re: 7 });
  expect(onFrame).toHaveBeenLastCalledWith({ type: 'done', re: 7 });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(old.readyState).toBe(3);
  expect(onDown).not.toHaveBeenCalled();
  expect(socket.send({ action: 'ping' })).toBe(true);
  expect(FakeSocket.last.sent.length).toBeGreaterThan(0);
});

test('stops for good on a final close code', async () => {
  const { onFinal } = await opened();
  FakeSocket.last.close(4401);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(onFinal).toHaveBeenCalledWith(4401);
  expect(FakeSocket.all.length).toBe(1);
});

test('dials at once when the network is back', async () => {
  make();
  await settle();
  for (let i = 0; i < 6; i++) {
    FakeSocket.last.close(1006);
    await vi.advanceTimersByTimeAsync(30_000);
  }
  FakeSocket.last.close(1006);
  const dialled = FakeSocket.all.length;
  window.dispatchEvent(new Event('online'));
  await settle();
  expect(FakeSocket.all.length).toBe(dialled + 1);
});

test('drops what is not a frame: broken JSON and the errors of the gateway', async () => {
  const { onFrame } = await opened();
  FakeSocket.last.onmessage?.({ data: '{' });
  FakeSocket.last.onmessage?.({ data: 'null' });
  FakeSocket.last.say({ message: 'Internal server error', connectionId: 'a', requestId: 'b' });
  expect(onFrame).not.toHaveBeenCalled();
});

test.each([
  ['open', opened],
  [
    'on its way',
    async () => {
      const made = make();
      await settle();
      return made;
    },
  ],
])('after stop there are no sockets and no timers: %s', async (_, begin) => {
  const { socket } = await begin();
  socket.stop();
  expect(FakeSocket.last.readyState).toBe(3);
  expect(vi.getTimerCount()).toBe(0);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(FakeSocket.all.length).toBe(1);
});

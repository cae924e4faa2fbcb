// @vitest-environment node
import { expect, test } from 'vitest';
import { after, Log } from './log';
import type { Row, View } from './wire.gen';

const row = (place: number, more: Partial<Row> = {}): Row => ({
  place,
  kind: 'message',
  side: 'customer',
  at: place,
  ...more,
});
const places = (log: Log) => log.rows.map((r) => r.place);

test('shows places without a gap, whatever the order of arrival', () => {
  const log = new Log();
  expect(log.add([row(2)])).toEqual([]);
  expect(log.behind).toBe(true);
  expect(log.add([row(1)]).map((r) => r.place)).toEqual([1, 2]);
  log.add([row(5), row(4)]);
  expect([places(log), log.last, log.behind]).toEqual([[1, 2], 2, true]);
  log.add([row(3)]);
  expect([places(log), log.behind]).toEqual([[1, 2, 3, 4, 5], false]);
});

test('any order with repetitions ends in the same log', () => {
  let seed = 1;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  for (let round = 0; round < 200; round++) {
    const log = new Log();
    const left = new Set(Array.from({ length: 12 }, (_, i) => i + 1));
    while (left.size) {
      const place = 1 + Math.floor(random() * 12);
      left.delete(place);
      log.add([row(place)]);
      expect(places(log)).toEqual(Array.from({ length: log.last }, (_, i) => i + 1));
    }
    expect(log.last).toBe(12);
  }
});

test('a head beyond the rows is a gap too', () => {
  const log = new Log();
  log.add([row(1)], 3);
  expect(log.behind).toBe(true);
});

test('repeated rows change nothing', () => {
  const log = new Log();
  log.add([row(1), row(2)]);
  const { rows } = log;
  expect(log.add([row(2), row(1)])).toEqual([]);
  expect(log.rows).toBe(rows);
});

test('a kept window grows at both ends', () => {
  const log = new Log([row(7), row(8)]);
  expect([log.first, log.last]).toEqual([7, 8]);
  log.add([row(4), row(9), row(6), row(5)]);
  expect(places(log)).toEqual([4, 5, 6, 7, 8, 9]);
  log.add([row(1)]);
  expect(log.first, 'what has a gap behind it waits').toBe(4);
});

test('begins anew where the server kept nothing older', () => {
  const log = new Log([row(2), row(3)]);
  log.add([row(9)]);
  log.restart([row(20), row(21)], 22);
  expect([places(log), log.behind]).toEqual([[20, 21], true]);
});

const marta = { id: 'm', name: 'Marta' };
const bare: View = { session: 's', generation: 1, state: 'WAITING', head: 1, queue: { id: 'q', name: 'Q' } };
const line: View = { ...bare, position: 2, wait: 60 };
const owned: View = {
  ...bare,
  state: 'ACTIVE',
  agent: marta,
  assist: [{ id: 'b', name: 'Ben' }],
  idleUntil: 5,
  transfer: { by: marta, round: 2, until: 9, now: 1 },
};

test.each([
  ['accepted', line, { by: 'm', name: 'Marta' }, { state: 'ACTIVE', agent: marta }],
  ['transferred', owned, { by: 'j', name: 'Jonas' }, { state: 'ACTIVE', agent: { id: 'j', name: 'Jonas' } }],
  ['transferred', owned, { by: 'm', name: 'Marta', to: 'Orders' }, { state: 'WAITING' }],
  ['requeued', owned, { by: 'm', name: 'Marta' }, { state: 'WAITING' }],
  ['closed', line, { outcome: 'unmanaged' }, { state: 'CLOSED', outcome: 'unmanaged' }],
  ['closed', owned, { outcome: 'handled' }, { state: 'CLOSED', outcome: 'handled', agent: marta }],
  ['reopened', { ...bare, state: 'CLOSED', outcome: 'timeout' }, { text: 'again' }, { state: 'WAITING' }],
] as const)('a row %s tells the state before its frame comes', (kind, view, more, want) => {
  expect(after(view, row(2, { kind, ...more }))).toEqual({ ...bare, head: 2, ...want });
});

test('who writes along joins once, and leaves', () => {
  const joined = row(2, { kind: 'joined', by: 'c', name: 'Cleo' });
  const both = after(after(owned, joined), joined);
  expect(both.assist).toEqual([
    { id: 'b', name: 'Ben' },
    { id: 'c', name: 'Cleo' },
  ]);
  expect(after(both, row(3, { kind: 'left', by: 'b' })).assist).toEqual([{ id: 'c', name: 'Cleo' }]);
});

test('a message changes nothing, unless the session was idle', () => {
  expect(after(bare, row(2))).toBe(bare);
  const { idleUntil: _, ...busy } = owned;
  expect(after(owned, row(2))).toEqual(busy);
});

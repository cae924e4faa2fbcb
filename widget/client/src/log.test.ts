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

const view: View = {
  session: 's',
  generation: 1,
  state: 'WAITING',
  head: 1,
  queue: { id: 'q', name: 'Q' },
  position: 2,
};

test.each([
  ['accepted', { by: 'm', name: 'Marta' }, { state: 'ACTIVE', agent: { id: 'm', name: 'Marta' } }],
  ['requeued', {}, { state: 'WAITING' }],
  ['closed', { outcome: 'handled' }, { state: 'CLOSED', outcome: 'handled', position: 2 }],
  ['reopened', { text: 'again' }, { state: 'WAITING' }],
] as const)('a row %s tells the state before its frame comes', (kind, more, want) => {
  const { position: _, ...rest } = view;
  expect(after(view, row(2, { kind, ...more }))).toEqual({ ...rest, head: 2, ...want });
});

test('a message changes nothing', () => {
  expect(after(view, row(2))).toBe(view);
});

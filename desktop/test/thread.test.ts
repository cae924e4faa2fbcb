import type { Row } from '@parley/client';
import { describe, expect, test } from 'vitest';
import type { Session } from '../src/store';
import { lastLine, left, picked, story, thread, waitingSince } from '../src/thread';

const T = new Date(2026, 4, 20, 14).getTime();
const minute = 60_000;
const row = (place: number, at: number, r: Partial<Row> = {}): Row => ({
  place,
  at: T + at,
  kind: 'message',
  side: 'customer',
  text: `m${place}`,
  ...r,
});
const mine = { side: 'agent', by: 'marta', name: 'Marta' } as const;
const session = (rows: Row[], more: Partial<Session> = {}) =>
  ({ rows, pending: [], standing: 'open', ...more }) as unknown as Session;

const rows = [
  row(1, 0),
  row(2, 1 * minute),
  row(3, 2 * minute, { ...mine, kind: 'accepted', text: '' }),
  row(4, 2.5 * minute, mine),
  row(5, 10 * minute),
];

test('messages of one person within minutes are a group; events and days stand alone', () => {
  const shape = thread({ rows, pending: [] }, 'marta').map((i) =>
    i.kind === 'group' ? `${i.side}:${i.lines.map((l) => l.text)}` : i.kind,
  );
  expect(shape).toEqual(['day', 'customer:m1,m2', 'event', 'agent:m4', 'customer:m5']);
});

test('another day gets its own line, and parts a group', () => {
  const shape = thread({ rows: [row(1, 0), row(2, 24 * 60 * minute)], pending: [] }, 'marta').map(
    (i) => i.kind,
  );
  expect(shape).toEqual(['day', 'group', 'day', 'group']);
});

test('the line "New" stands before the first message that was not read', () => {
  const kinds = (seen?: number) => thread({ rows, pending: [] }, 'marta', seen).map((i) => i.kind);
  expect(kinds(4)).toEqual(['day', 'group', 'event', 'group', 'new', 'group']);
  expect(kinds(5)).not.toContain('new');
  expect(kinds()).not.toContain('new');
});

test('a message on its way joins the last own group, without a place', () => {
  const pending = [{ cid: 'c1', session: 's', after: 4, text: 'wait', at: T + 3 * minute }];
  const last = thread({ rows: rows.slice(0, 4), pending }, 'marta').at(-1);
  expect(last).toMatchObject({ kind: 'group', lines: [{ text: 'm4', place: 4 }, { text: 'wait' }] });
  expect(last?.kind === 'group' && last.lines[1]).not.toHaveProperty('place');
});

test('a reopening is an event and what the customer wrote', () => {
  const items = thread({ rows: [row(1, 0, { kind: 'reopened', text: 'me again' })], pending: [] }, 'marta');
  expect(items.map((i) => i.kind)).toEqual(['day', 'event', 'group']);
});

test.each([
  ['nobody has answered: since the accept, not the time in the queue', rows.slice(0, 3), 2 * minute],
  ['answered', rows.slice(0, 4), undefined],
  ['wrote again: since the first of the new messages', [...rows, row(6, 12 * minute)], 10 * minute],
])('waiting when %s', (_, log, since) => {
  expect(waitingSince(session(log))).toBe(since === undefined ? undefined : T + since);
});

test('nobody waits while a reply is on its way, or when the chat is over', () => {
  const pending = [{ cid: 'c', session: 's', after: 5, text: 'x', at: T }];
  expect(waitingSince(session(rows, { pending }))).toBeUndefined();
  expect(waitingSince(session(rows, { standing: 'closed' }))).toBeUndefined();
});

test('the tab shows the last thing said', () => {
  expect(lastLine(session(rows))).toBe('m5');
  expect(lastLine(session([...rows, row(6, 11 * minute, { kind: 'closed', text: '' })]))).toBe('m5');
});

test('the story knows who came when, and how fast', () => {
  expect(story(session(rows)).map(({ what, after }) => [what, after])).toEqual([
    ['asked', undefined],
    ['accepted', 2 * minute],
    ['replied', 0.5 * minute],
  ]);
});

const ben = { by: 'ben', name: 'Ben' };
const event = (place: number, kind: Row['kind'], more: Partial<Row>) =>
  row(place, place * minute, { kind, side: 'system', text: '', ...more });
/** Ben has it and sends it to Orders, Marta takes it there, and Ben takes it over from her. */
const travelled = [
  row(1, 0),
  event(2, 'accepted', ben),
  event(3, 'transferred', { ...ben, to: 'Orders' }),
  event(4, 'accepted', { by: 'marta', name: 'Marta' }),
  event(5, 'joined', { by: 'lena', name: 'Lena' }),
  event(6, 'transferred', ben),
];

test('an event knows who had the session until then, however it came to them', () => {
  const from = thread({ rows: travelled, pending: [] }, 'marta').flatMap((i) =>
    i.kind === 'event' ? [[i.row.kind, i.from?.id]] : [],
  );
  expect(from).toEqual([
    ['accepted', undefined],
    ['transferred', 'ben'],
    ['accepted', undefined],
    ['joined', 'marta'],
    ['transferred', 'marta'],
  ]);
});

test('the story tells sent from taken over', () => {
  expect(story(session(travelled)).map((s) => [s.what, s.name, s.to].filter(Boolean))).toEqual([
    ['asked'],
    ['accepted', 'Ben'],
    ['sent', 'Ben', 'Orders'],
    ['accepted', 'Marta'],
    ['joined', 'Lena'],
    ['transferred', 'Ben'],
  ]);
});

test('who takes a chat over does not inherit how long the customer has waited for the one before', () => {
  const waits = [...travelled.slice(0, 5), row(6, 6 * minute), event(7, 'transferred', ben)];
  expect(waitingSince(session(waits))).toBe(T + 7 * minute);
});

describe('a message that was left', () => {
  const marta = { by: 'marta', name: 'Marta' };
  const took = (place: number) =>
    row(place, place * minute, { kind: 'accepted', side: 'system', text: '', ...marta });
  const closed = (place: number, more: Partial<Row> = {}) =>
    event(place, 'closed', { outcome: 'handled', ...more });
  const said = (place: number) => row(place, place * minute, mine);
  const of = (generation: number, ...log: Row[]) => session(log, { generation, read: 0 });

  test.each([
    ['a first message', of(2, row(1, 0), took(2)), 2],
    ['two first messages, answered', of(2, row(1, 0), row(2, 1), took(3), said(4)), 3],
    ['a chat that nobody took', of(2, row(1, 0), closed(2, { outcome: 'offline' }), took(3)), 3],
    ['what was written after a chat', of(2, row(1, 0), took(2), closed(3), row(4, 0), took(5)), 5],
    ['one that was handed on', of(3, row(1, 0), took(2), event(3, 'transferred', ben)), 2],
    ['one of a log without its beginning', of(9, closed(40), row(41, 0), took(42)), 42],
  ])('is known as such: %s', (_, s, place) => {
    expect(picked(s)?.place).toBe(place);
    expect(left(s)).toBe(true);
    expect(waitingSince(s)).toBeUndefined();
    expect(story(s).findLast(({ what }) => what === 'picked' || what === 'accepted')?.what).toBe('picked');
  });

  test.each([
    ['a first chat', of(1, row(1, 0), took(2))],
    ['a first chat, closed', of(1, row(1, 0), took(2), closed(3))],
    ['one that was handed on', of(2, row(1, 0), took(2), event(3, 'transferred', ben))],
    ['one that came back', of(2, row(1, 0), took(2), event(3, 'requeued', marta), took(4))],
    ['one that moved to another queue', of(1, row(1, 0), event(2, 'requeued', {}), took(3))],
    [
      'one that was sent away',
      of(2, row(1, 0), took(2), event(3, 'transferred', { ...marta, to: 'Orders' }), took(4)),
    ],
    [
      'a closed one whose customer wrote again',
      of(2, row(1, 0), closed(2), row(3, 0, { kind: 'reopened' }), took(4)),
    ],
    ['one of a log without its beginning', of(2, row(40, 0), took(41))],
  ])('is not taken for %s', (_, s) => {
    expect(picked(s)).toBeUndefined();
    expect(left(s)).toBe(false);
  });

  test('is a chat like any other when the customer comes back', () => {
    const log = [row(1, 0), took(2), said(3)];
    expect(left(of(2, ...log))).toBe(true);
    expect(left(session(log, { generation: 2, read: 3 }))).toBe(false);
    const wrote = of(2, ...log, row(4, 20 * minute));
    expect(left(wrote)).toBe(false);
    expect(waitingSince(wrote)).toBe(T + 20 * minute);
    expect(left(session(log, { generation: 2, read: 0, standing: 'closed' }))).toBe(false);
  });
});

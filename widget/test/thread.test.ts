// @vitest-environment node
import type { Outgoing, Row } from '@parley/client';
import { expect, test } from 'vitest';
import { english } from '../src/texts';
import { thread } from '../src/thread';
import { sentence } from '../src/views/event';

const NOON = new Date(2026, 10, 24, 12).getTime();
const row = (place: number, side: Row['side'], minute: number, more: Partial<Row> = {}): Row => ({
  place,
  kind: 'message',
  side,
  text: `${place}`,
  at: NOON + minute * 60_000,
  ...more,
});
const waiting = (text: string, more: Partial<Outgoing> = {}): Outgoing => ({
  cid: text,
  session: 's',
  text,
  after: 1,
  at: NOON + 60_000,
  ...more,
});
/** The items in short: * marks the last of a group. */
const short = (rows: Row[], pending: Outgoing[] = [], read = {}) =>
  thread(rows, pending, read).map((item) =>
    item.is === 'bubble'
      ? `${item.mine ? 'me' : (item.name ?? 'they')} ${item.text}${item.last ? '*' : ''}${item.progress ? ` ${item.progress}` : ''}`
      : item.is === 'event'
        ? item.row.kind
        : 'day',
  );

test('groups what one side wrote within minutes', () => {
  expect(
    short([row(1, 'customer', 0), row(2, 'customer', 1), row(3, 'agent', 2), row(4, 'customer', 9)]),
  ).toEqual(['day', 'me 1 sent', 'me 2* sent', 'they 3*', 'me 4* sent']);
  expect(short([row(1, 'customer', 0), row(2, 'customer', 4)])).toEqual(['day', 'me 1* sent', 'me 2* sent']);
});

test('two agents are two groups', () => {
  expect(short([row(1, 'agent', 0, { name: 'Marta' }), row(2, 'agent', 1, { name: 'Jonas' })])).toEqual([
    'day',
    'Marta 1*',
    'Jonas 2*',
  ]);
});

test('says how far the reader came', () => {
  const rows = [row(1, 'customer', 0), row(2, 'customer', 1), row(3, 'customer', 1)];
  expect(short(rows, [], { agent: 2 })).toEqual(['day', 'me 1 read', 'me 2* read', 'me 3* sent']);
});

test('events stand between groups, and a reopening brings its text', () => {
  expect(
    short([
      row(1, 'customer', 0),
      row(2, 'system', 0, { kind: 'closed', text: '' }),
      row(3, 'customer', 1, { kind: 'reopened' }),
    ]),
  ).toEqual(['day', 'me 1* sent', 'closed', 'reopened', 'me 3* sent']);
});

test('what is on its way follows the log, what was refused stands alone', () => {
  const failed = { code: 'too_long', message: 'Too long.' } as const;
  expect(short([row(1, 'customer', 0)], [waiting('a'), waiting('b', { failed }), waiting('c')])).toEqual([
    'day',
    'me 1 sent',
    'me a sending',
    'me b* unsent',
    'me c* sending',
  ]);
});

test('a message keeps its key when it is acknowledged', () => {
  const [, before] = thread([], [waiting('cid')], {});
  const [, later] = thread([row(1, 'customer', 1, { cid: 'cid', text: 'cid' })], [], {});
  expect(before?.key).toBe(later?.key);
});

test('days begin with their name', () => {
  expect(short([row(1, 'agent', -24 * 60), row(2, 'agent', 0)])).toEqual([
    'day',
    'they 1*',
    'day',
    'they 2*',
  ]);
});

test('a transfer is to the one who took it, or moves the session to wait elsewhere', () => {
  const by = (name: string) => ({ by: name.toLowerCase(), name });
  const told = (...rows: Partial<Row>[]) =>
    thread(
      rows.map((more, i) => row(i + 1, 'system', 0, { text: '', ...more })),
      [],
      {},
    ).flatMap((item) => (item.is === 'event' ? sentence(item.row, item.moved, english().t) : []));
  const [marta, ben] = [by('Marta'), by('Ben')];
  expect(
    told(
      { kind: 'accepted', ...marta },
      { kind: 'joined', ...ben },
      { kind: 'left', ...ben },
      { kind: 'transferred', ...ben },
      { kind: 'transferred', ...marta, to: 'Orders' },
      { kind: 'transferred', ...marta, to: 'Plant care' },
      { kind: 'accepted', ...ben },
      { kind: 'requeued', ...ben },
    ),
  ).toEqual([
    'Marta joined the chat',
    'Ben joined the chat',
    'Ben left the chat',
    'You’re now talking with Ben',
    'You’re now talking with Marta',
    'Moved to Plant care. You keep your place in line.',
    'Ben joined the chat',
    'Ben was disconnected. You keep your place in line.',
  ]);
  // The row that says who had it before may be out of sight.
  expect(
    told({ kind: 'message', side: 'agent', ...marta }, { kind: 'transferred', ...ben, to: 'Orders' }),
  ).toEqual(['You’re now talking with Ben']);
  expect(told({ kind: 'transferred', ...marta, to: 'Orders' })).toEqual([
    'Moved to Orders. You keep your place in line.',
  ]);
});

test.each([
  ['handled', 'Marta closed the chat'],
  ['left', 'You ended the chat'],
  ['abandoned', 'You left the line'],
  ['unmanaged', 'Nobody could take the chat in time'],
  ['offline', 'Nobody could take the chat in time'],
  ['timeout', 'Closed because nobody wrote. Write again to go on.'],
])('a session that is closed as %s says so', (outcome, said) => {
  expect(sentence(row(1, 'system', 0, { kind: 'closed', outcome, name: 'Marta' }), false, english().t)).toBe(
    said,
  );
});

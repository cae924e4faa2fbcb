import type { Outgoing, Row, Session } from '@parley/client';
import { midnight } from './texts';

/** How far a message of the customer has come. */
export type Progress = 'sending' | 'sent' | 'read' | 'unsent';

/** What a conversation is drawn from, in order. */
export type Item =
  | { is: 'day'; key: string; at: number }
  /** `moved`: to wait in another queue; a transfer is else to the one who took it. */
  | { is: 'event'; key: string; row: Row; moved: boolean }
  | {
      is: 'bubble';
      key: string;
      mine: boolean;
      text: string;
      at: number;
      /** Who wrote it, on the agent's side. */
      name?: string;
      /** The last of a group: carries name, time and progress. */
      last: boolean;
      progress?: Progress;
      failed?: Outgoing;
    };

/** Messages of one side within so many milliseconds are one group. */
const GROUP = 3 * 60_000;

/** Turns a log and what is not acknowledged into what is drawn: days, events and groups of bubbles. */
export function thread(
  rows: readonly Row[],
  pending: readonly Outgoing[],
  read: Session['read'],
): readonly Item[] {
  const items: Item[] = [];
  let day = 0;
  let owner: string | undefined;
  const at = (time: number) => {
    if (midnight(time) === day) return;
    day = midnight(time);
    items.push({ is: 'day', key: `day ${day}`, at: time });
  };
  const bubble = (item: Extract<Item, { is: 'bubble' }>) => {
    at(item.at);
    const before = items.at(-1);
    if (before?.is === 'bubble' && together(before, item)) before.last = false;
    items.push(item);
  };
  for (const row of rows) {
    if (row.kind === 'message') {
      // The row that says who took it may be before the first that we have.
      if (row.side === 'agent') owner ??= row.by;
    } else {
      const moved = row.kind === 'transferred' && !!row.to && (owner ?? row.by) === row.by;
      if (row.kind === 'accepted' || row.kind === 'transferred') owner = row.by;
      at(row.at);
      items.push({ is: 'event', key: `event ${row.place}`, row, moved });
    }
    if (!row.text) continue;
    const mine = row.side === 'customer';
    bubble({
      is: 'bubble',
      // The same while it is sent and after, so that it is not drawn anew when it is acknowledged.
      key: row.cid ?? `row ${row.place}`,
      mine,
      text: row.text,
      at: row.at,
      last: true,
      ...(row.name && !mine && { name: row.name }),
      ...(mine && { progress: row.place <= (read.agent ?? 0) ? 'read' : 'sent' }),
    });
  }
  for (const item of pending) {
    bubble({
      is: 'bubble',
      key: item.cid,
      mine: true,
      text: item.text,
      at: item.at,
      last: true,
      progress: item.failed ? 'unsent' : 'sending',
      ...(item.failed && { failed: item }),
    });
  }
  return items;
}

type Bubble = Extract<Item, { is: 'bubble' }>;

function together(a: Bubble, b: Bubble): boolean {
  return (
    a.mine === b.mine &&
    a.name === b.name &&
    b.at - a.at < GROUP &&
    !a.failed &&
    // "Read" under the last message that was read, even when others follow.
    !(a.progress === 'read' && b.progress !== 'read')
  );
}

import type { Row, View } from './wire.gen';

/**
 * The rows of one session as far as this client knows them: places without a gap. Rows that came too early wait until their
 * predecessors are here; `behind` says that some are missing.
 */
export class Log {
  /** Contiguous, oldest first. A new array after each change. */
  rows: readonly Row[] = [];
  /** The highest place that is known to exist. */
  head = 0;
  private readonly early = new Map<number, Row>();

  /** `rows` are contiguous and were seen before: a window of the log that need not begin at 1. */
  constructor(rows: readonly Row[] = []) {
    this.rows = rows;
    this.head = this.last;
  }

  /** The first place we have; 1 while there is none, so that a log begins at its beginning. */
  get first(): number {
    return this.rows[0]?.place ?? 1;
  }

  /** The last place up to which nothing is missing: the cursor. */
  get last(): number {
    return this.rows.at(-1)?.place ?? 0;
  }

  get behind(): boolean {
    return this.head > this.last;
  }

  has(cid: string): boolean {
    return this.rows.some((row) => row.cid === cid);
  }

  /** Takes rows in any order and number; returns those that became visible. */
  add(rows: readonly Row[], head = 0): Row[] {
    this.head = Math.max(this.head, head, ...rows.map((row) => row.place));
    const known = this.rows.length;
    for (const row of rows) {
      if (!known || row.place > this.last || row.place < this.first) this.early.set(row.place, row);
    }
    const later = this.take(this.last + 1, 1);
    const earlier = known ? this.take(this.first - 1, -1).reverse() : [];
    if (later.length + earlier.length) this.rows = [...earlier, ...this.rows, ...later];
    return [...earlier, ...later];
  }

  /** Forgets everything and begins with these rows: what was before them is no longer kept. */
  restart(rows: readonly Row[], head: number): void {
    this.rows = rows;
    this.early.clear();
    this.head = Math.max(head, this.last);
  }

  private take(from: number, step: 1 | -1): Row[] {
    const rows: Row[] = [];
    for (let place = from; ; place += step) {
      const row = this.early.get(place);
      if (!row) return rows;
      this.early.delete(place);
      rows.push(row);
    }
  }
}

/** The view after a row of the log, for rows that come before the frame that tells of the change. */
export function after(view: View, row: Row): View {
  const { idleUntil: _, ...busy } = view;
  const { agent, assist = [], position: __, wait: ___, transfer: ____, outcome: _____, ...rest } = busy;
  const who = row.by ? { id: row.by, name: row.name ?? row.by } : undefined;
  const others = assist.filter(({ id }) => id !== row.by);
  // What only a session has that somebody owns, or that waits, ends with each change of its owner.
  const bare: View = { ...rest, head: row.place };
  switch (row.kind) {
    case 'message':
      return view.idleUntil ? busy : view;
    case 'joined':
      return { ...view, assist: who ? [...others, who] : others };
    case 'left':
      return { ...view, assist: others };
    case 'accepted':
      return { ...bare, state: 'ACTIVE', ...(who && { agent: who }) };
    case 'transferred':
      // Somebody took it over, or its owner sent it to wait in another queue.
      return who && who.id !== agent?.id
        ? { ...bare, state: 'ACTIVE', agent: who }
        : { ...bare, state: 'WAITING' };
    case 'requeued':
    case 'reopened':
      return { ...bare, state: 'WAITING' };
    case 'closed':
      return {
        ...bare,
        state: 'CLOSED',
        ...(agent && { agent }),
        ...(row.outcome && { outcome: row.outcome }),
      };
  }
}

import type { Ref, Row } from '@parley/client';
import type { Session } from './store';

/** Messages of one person nearer than this stand together under one time, in ms. */
const TOGETHER = 3 * 60_000;

/** One bubble. `place` is absent while it is on its way. */
export interface Line {
  key: string;
  text: string;
  place?: number;
}

/** What a conversation shows, top to bottom. */
export type Item =
  | { kind: 'day'; key: string; at: number }
  | { kind: 'new'; key: string }
  /** `from` is who had the session until then, as far as the rows tell. */
  | { kind: 'event'; key: string; row: Row; from?: Ref }
  | {
      kind: 'group';
      key: string;
      side: 'customer' | 'agent';
      /** Who wrote it; empty for the customer. */
      by: string;
      name: string;
      at: number;
      lines: Line[];
    };

/**
 * Puts a log in order for reading: days, events, and bubbles in groups. Messages on their way stand last. A line "New" is
 * drawn behind `seen`, if the customer wrote after it.
 */
export function thread(s: Pick<Session, 'rows' | 'pending'>, me: string, seen?: number): Item[] {
  const items: Item[] = [];
  let date = '';
  let owner: Ref | undefined;
  let marked = seen === undefined;

  const add = (at: number, side: 'customer' | 'agent', by: string, name: string, line: Line) => {
    const last = items.at(-1);
    if (last?.kind === 'group' && last.side === side && last.by === by && at - last.at < TOGETHER) {
      last.lines.push(line);
      last.at = at;
    } else items.push({ kind: 'group', key: `g${line.key}`, side, by, name, at, lines: [line] });
  };
  const today = (at: number) => {
    const d = new Date(at).toDateString();
    if (d !== date) items.push({ kind: 'day', key: `d${d}`, at });
    date = d;
  };

  for (const row of s.rows) {
    today(row.at);
    const message = row.kind === 'message' || row.kind === 'reopened';
    if (!marked && seen !== undefined && row.place > seen && message && row.side === 'customer') {
      marked = true;
      items.push({ kind: 'new', key: 'new' });
    }
    if (row.kind !== 'message') {
      items.push({ kind: 'event', key: `e${row.place}`, row, ...(owner && { from: owner }) });
      owner = after(owner, row);
    }
    if (!message || row.side === 'system') continue;
    const line = { key: row.cid ?? `p${row.place}`, text: row.text ?? '', place: row.place };
    const agent = row.side === 'agent';
    add(row.at, row.side, agent ? (row.by ?? '') : '', agent ? (row.name ?? '') : '', line);
  }
  for (const p of s.pending) {
    today(p.at);
    add(p.at, 'agent', me, '', { key: p.cid, text: p.text });
  }
  return items;
}

/** Who has the session after a row. A transfer by whoever has it sends it away: to wait in a queue. */
function after(owner: Ref | undefined, row: Row): Ref | undefined {
  switch (row.kind) {
    case 'accepted':
      return by(row);
    case 'transferred':
      return row.by === owner?.id ? undefined : by(row);
    case 'requeued':
    case 'closed':
    case 'reopened':
      return undefined;
    default:
      return owner;
  }
}

const by = (row: Row): Ref | undefined => (row.by ? { id: row.by, name: row.name ?? row.by } : undefined);

const speaks = (r: Row) => r.kind === 'message' || r.kind === 'reopened';

/** What the tab shows: the last thing that somebody said. */
export function lastLine(s: Session): string {
  return s.pending.at(-1)?.text ?? s.rows.findLast(speaks)?.text ?? '';
}

/**
 * The row by which an agent took what the customer had left as a message for later; undefined where the customer has waited for
 * that agent.
 */
export function picked(s: Pick<Session, 'rows' | 'generation'>): Row | undefined {
  // A first message may have been either: only the number of generations tells, of which a pick begins one.
  let was: 'unknown' | 'waiting' | 'closed' = s.rows[0]?.place === 1 ? 'unknown' : 'waiting';
  let taken: Row | undefined;
  let sure = false;
  let begun = 0;
  let owner: Ref | undefined;
  for (const r of s.rows) {
    owner = after(owner, r);
    switch (r.kind) {
      case 'accepted':
        taken = was === 'waiting' ? undefined : r;
        sure = was === 'closed';
        begun = 0;
        break;
      case 'transferred':
      case 'requeued':
      case 'reopened':
        begun++;
        if (!owner) was = 'waiting';
        break;
      case 'closed':
        was = 'closed';
        break;
    }
  }
  return sure || s.generation === 2 + begun ? taken : undefined;
}

/** The customer left a message and has not come back since it was taken: nobody waits. */
export function left(s: Session): boolean {
  const taken = s.standing === 'open' ? picked(s) : undefined;
  if (!taken || s.read >= taken.place) return false;
  return !s.rows.some((r) => r.place > taken.place && r.side === 'customer');
}

/**
 * Since when the customer waits for this agent: their first message that nobody has answered, but not before the agent had
 * the chat. Undefined while it is the customer's turn, or while they are not there.
 */
export function waitingSince(s: Session): number | undefined {
  if (s.standing !== 'open' || s.pending.length || left(s)) return undefined;
  let since: number | undefined;
  for (const r of s.rows) {
    if (speaks(r) && r.side === 'customer') since ??= r.at;
    else if (speaks(r) && r.side === 'agent') since = undefined;
    else if ((r.kind === 'accepted' || r.kind === 'transferred') && since !== undefined) since = r.at;
  }
  return since;
}

/** One moment of a session's story, for the contact panel. */
export interface Step {
  key: string;
  what:
    | 'asked'
    | 'accepted'
    | 'picked'
    | 'replied'
    | 'joined'
    | 'requeued'
    | 'transferred'
    | 'sent'
    | 'closed'
    | 'reopened';
  at: number;
  by?: string;
  name?: string;
  /** The queue that it was sent to. */
  to?: string;
  /** How long it took since the step that it answers, in ms. */
  after?: number;
}

/** The story of a session so far, oldest first: who asked, who came when, how fast the first reply was. */
export function story({ rows, generation }: Pick<Session, 'rows' | 'generation'>): Step[] {
  const pick = picked({ rows, generation });
  const steps: Step[] = [];
  let asked: number | undefined;
  let accepted: number | undefined;
  let owner: Ref | undefined;
  for (const r of rows) {
    const step = (what: Step['what'], took?: number) =>
      steps.push({
        key: `s${r.place}`,
        what,
        at: r.at,
        ...(r.by ? { by: r.by } : {}),
        ...(r.name ? { name: r.name } : {}),
        ...(r.to ? { to: r.to } : {}),
        ...(took === undefined ? {} : { after: took }),
      });
    switch (r.kind) {
      case 'message':
        if (r.place === 1) {
          asked = r.at;
          step('asked');
        } else if (r.side === 'agent' && accepted !== undefined) {
          step('replied', r.at - accepted);
          accepted = undefined;
        }
        break;
      case 'reopened':
        asked = r.at;
        step('reopened');
        break;
      case 'accepted':
        accepted = r.at;
        step(r === pick ? 'picked' : 'accepted', asked === undefined ? undefined : r.at - asked);
        break;
      case 'transferred':
        step(r.by === owner?.id ? 'sent' : 'transferred');
        break;
      case 'joined':
      case 'requeued':
      case 'closed':
        step(r.kind);
        break;
    }
    owner = after(owner, r);
  }
  return steps;
}

import type { Asked, PastOffer } from '@parley/client';

/** What one of those who were asked did. */
export type Deed =
  | 'accepted'
  | 'rejected'
  /** It is before their eyes now; or it was, and somebody was faster, or they let it pass. */
  | 'looks'
  | 'slower'
  | 'passed'
  /** It came, but to a window that nobody looked at. */
  | 'hidden'
  /** It is on its way, or never came. */
  | 'sent'
  | 'lost'
  /** It was called off before they could. */
  | 'off';

export function deed(a: Asked, o: PastOffer): Deed {
  if (a.decision) return a.decision;
  if (!o.outcome) return a.seen ? 'looks' : a.delivered ? 'hidden' : 'sent';
  if (o.outcome === 'canceled') return 'off';
  if (!a.delivered) return 'lost';
  if (!a.seen) return 'hidden';
  return o.outcome === 'accepted' || o.outcome === 'rescinded' ? 'slower' : 'passed';
}

/** One bar of the picture: where it begins, is seen and ends, as parts of the time that the offer had. */
export interface Bar {
  from: number;
  seen: number | undefined;
  to: number;
}

/** The time of an offer for one of those asked: from when it came to their desk until they decided or it was over. */
export function bar(a: Asked, o: PastOffer, now: number): Bar {
  const length = Math.max(1, o.until - o.offered, (o.ended ?? 0) - o.offered);
  const part = (at: number) => Math.min(1, Math.max(0, (at - o.offered) / length));
  const end = a.decided || o.ended || now;
  return {
    from: part(a.delivered || end),
    seen: a.seen ? part(a.seen) : undefined,
    to: part(end),
  };
}

/** Those who were not asked, by reason, in the order of the ledger. */
export function excluded(o: PastOffer): { reason: string; names: string[] }[] {
  const by = new Map<string, string[]>();
  for (const { agent, reason } of o.excluded ?? []) by.set(reason, [...(by.get(reason) ?? []), agent.name]);
  return [...by].map(([reason, names]) => ({ reason, names }));
}

/** Whose turn it would have been next: candidates that this offer did not ask. */
export function next(o: PastOffer): string[] {
  const asked = new Set(o.asked.map((a) => a.agent.id));
  return (o.candidates ?? []).filter((c) => !asked.has(c.id)).map((c) => c.name);
}

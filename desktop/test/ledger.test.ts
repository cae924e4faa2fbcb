import type { Asked, PastOffer } from '@parley/client';
import { describe, expect, test } from 'vitest';
import { bar, deed, excluded, next } from '../src/ledger';
import { ben } from './server';

const jonas = { id: 'jonas', name: 'Jonas' };
const offer = (more: Partial<PastOffer> = {}): PastOffer => ({
  generation: 1,
  round: 1,
  strategy: 'rrmemory',
  offered: 1000,
  until: 21_000,
  asked: [],
  ...more,
});
const asked = (more: Partial<Asked> = {}): Asked => ({ agent: ben, ...more });
const seen = { delivered: 1100, seen: 1500 };

describe('what somebody did with an offer', () => {
  test.each([
    ['accepted', { ...seen, decision: 'accepted', decided: 3000 }, { outcome: 'accepted' }],
    ['rejected', { ...seen, decision: 'rejected', decided: 3000 }, { outcome: 'expired' }],
    ['looks', seen, {}],
    ['hidden', { delivered: 1100 }, {}],
    ['sent', {}, {}],
    ['slower', seen, { outcome: 'accepted' }],
    ['passed', seen, { outcome: 'expired' }],
    ['hidden', { delivered: 1100 }, { outcome: 'expired' }],
    ['lost', {}, { outcome: 'expired' }],
    ['off', seen, { outcome: 'canceled' }],
  ] as const)('%s: %o of %o', (what, a, o) => {
    expect(deed(asked(a), offer(o))).toBe(what);
  });
});

describe('the picture', () => {
  test('a bar goes from the arrival to the decision, in parts of the time that the offer had', () => {
    const a = asked({ delivered: 3000, seen: 5000, decision: 'rejected', decided: 11_000 });
    expect(bar(a, offer({ ended: 11_000, outcome: 'rejected' }), 99_000)).toEqual({
      from: 0.1,
      seen: 0.2,
      to: 0.5,
    });
  });

  test('while it rings, it grows', () => {
    expect(bar(asked(seen), offer(), 11_000).to).toBe(0.5);
    expect(bar(asked(seen), offer(), 99_000).to).toBe(1);
  });

  test('what never arrived has no length', () => {
    const { from, to } = bar(asked(), offer({ ended: 11_000, outcome: 'expired' }), 99_000);
    expect(to - from).toBe(0);
  });
});

test('who was not asked stands together by reason', () => {
  const o = offer({
    excluded: [
      { agent: jonas, reason: 'paused' },
      { agent: ben, reason: 'full' },
      { agent: { id: 'sofia', name: 'Sofia' }, reason: 'paused' },
    ],
  });
  expect(excluded(o)).toEqual([
    { reason: 'paused', names: ['Jonas', 'Sofia'] },
    { reason: 'full', names: ['Ben Osei'] },
  ]);
});

test('next in turn are the candidates who were not asked, in their order', () => {
  expect(next(offer({ asked: [asked()], candidates: [ben, jonas] }))).toEqual(['Jonas']);
  expect(next(offer({ asked: [asked()] }))).toEqual([]);
});

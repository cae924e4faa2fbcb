import { describe, expect, test } from 'vitest';
import { matching, open, type Target, targets } from '../src/targets';
import { ben, colleague, team } from './server';

const s = { owner: { id: 'marta', name: 'Marta' }, assist: [] };
const names = (all: readonly Target[]) => all.map((to) => to.name);

describe('where a chat can go', () => {
  test('queues first, then who could take it, then who is busy or away; never who is in it', () => {
    expect(names(targets(team(), 'marta', s, new Map()))).toEqual([
      'Orders',
      'Trade',
      'Ben Osei',
      'Jonas Berg',
      'Sofía Oliveira',
    ]);
    expect(names(targets(team(), 'marta', { ...s, assist: [ben] }, new Map()))).not.toContain('Ben Osei');
  });

  test('the order stays when the team is told anew; who comes is added at the end', () => {
    const rank = new Map<string, number>();
    targets(team(), 'marta', s, rank);
    const later = team({
      agents: [
        colleague('anna', 'Anna'),
        colleague('jonas', 'Jonas Berg', { open: 0 }),
        colleague('ben', ben.name),
      ],
    });
    expect(names(targets(later, 'marta', s, rank))).toEqual([
      'Orders',
      'Trade',
      'Ben Osei',
      'Jonas Berg',
      'Anna',
    ]);
  });

  test('who is in the chat is not counted among those who could take it', () => {
    const queues = [{ queue: { id: 'orders', name: 'Orders' }, available: 2, waiting: 0 }];
    const agents = [
      colleague('marta', 'Marta', { queues: ['orders'] }),
      colleague('ben', ben.name, { queues: ['trade'] }),
    ];
    const [orders] = targets(team({ queues, agents }), 'marta', { ...s, assist: [ben] }, new Map());
    expect(orders?.kind === 'queue' && orders.queue.available).toBe(1);
  });

  test('a queue where nobody is free takes a chat, but cannot help', () => {
    const trade = targets(team(), 'marta', s, new Map())[1] as Target;
    expect(open(trade, false)).toBe(true);
    expect(open(trade, true)).toBe(false);
  });

  test.each([
    ['ose', ['Ben Osei']],
    ['sofia', ['Sofía Oliveira']],
    ['berg jo', ['Jonas Berg']],
    ['', ['Orders', 'Trade', 'Ben Osei', 'Jonas Berg', 'Sofía Oliveira']],
    ['zz', []],
  ])('“%s” finds %o', (text, found) => {
    expect(names(matching(targets(team(), 'marta', s, new Map()), text))).toEqual(found);
  });
});

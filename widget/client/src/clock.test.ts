// @vitest-environment node
import { expect, test, vi } from 'vitest';
import { Clock } from './clock';

test('believes the quickest of the last frames, and forgets old ones', () => {
  vi.useFakeTimers({ now: 1_000_000 });
  const clock = new Clock();
  expect(clock.now()).toBe(1_000_000);
  clock.hear(1_004_000); // 1 s on its way
  clock.hear(1_004_900); // 0.1 s on its way
  expect(clock.now()).toBe(1_004_900);
  for (let i = 0; i < 8; i++) clock.hear(999_000); // our clock was set 5.9 s forward
  expect(clock.now()).toBe(999_000);
  vi.useRealTimers();
});

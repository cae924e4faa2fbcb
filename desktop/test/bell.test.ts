import { beforeEach, expect, test } from 'vitest';
import { Bell } from '../src/bell';

/** A player that a browser has not allowed yet. */
function player() {
  const p = {
    enabled: false,
    ringing: false,
    pings: 0,
    changed: () => {},
    enable: async () => {
      p.enabled = true;
      p.changed();
      return true;
    },
    ring: () => {
      p.ringing = true;
    },
    quiet: () => {
      p.ringing = false;
    },
    ping: () => {
      p.pings++;
    },
    stop: () => {},
  };
  const bell = new Bell((changed) => {
    p.changed = changed;
    return p;
  });
  return { p, bell };
}
beforeEach(() => localStorage.clear());

test('is blocked until a click, then on; those who show it are told', async () => {
  const { bell } = player();
  const states: string[] = [];
  bell.subscribe(() => states.push(bell.state));
  expect(bell.state).toBe('blocked');
  await bell.enable();
  expect(bell.state).toBe('on');
  expect(states.at(-1)).toBe('on');
});

test('mute stops a ring, and is remembered; enable takes it up again', async () => {
  const { p, bell } = player();
  bell.ring(true);
  expect(p.ringing).toBe(true);
  bell.mute();
  expect(p.ringing).toBe(false);
  expect(player().bell.state).toBe('off');
  await bell.enable();
  expect(p.ringing).toBe(true);
  bell.ring(false);
  expect(p.ringing).toBe(false);
});

test('a ping sounds only where sounds are on', async () => {
  const { p, bell } = player();
  bell.ping();
  await bell.enable();
  bell.ping();
  bell.mute();
  bell.ping();
  expect(p.pings).toBe(1);
});

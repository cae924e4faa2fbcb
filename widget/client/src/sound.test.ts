import { beforeEach, expect, test, vi } from 'vitest';
import { Sound, wav } from './sound';

/** The part of an audio element that counts: it refuses to play until somebody touched the page. */
class Audible {
  src = '';
  loop = false;
  playing = false;
  allowed = false;
  play = vi.fn(async () => {
    if (!this.allowed) throw new DOMException('no gesture yet', 'NotAllowedError');
    this.playing = true;
  });
  pause = () => {
    this.playing = false;
  };
}

beforeEach(() => {
  let n = 0;
  URL.createObjectURL = () => `blob:${++n}`;
  URL.revokeObjectURL = () => {};
});

const settle = () => new Promise((done) => setTimeout(done));

test('a ring before any gesture is refused, and starts with the first click', async () => {
  const audio = new Audible();
  const changed = vi.fn();
  const sound = new Sound(changed, audio as unknown as HTMLAudioElement);
  sound.ring();
  await settle();
  expect([sound.enabled, sound.refused, audio.playing]).toEqual([false, true, false]);
  expect(changed).toHaveBeenCalledTimes(1);

  audio.allowed = true;
  window.dispatchEvent(new Event('pointerdown'));
  await settle();
  expect([sound.enabled, sound.refused, audio.playing, audio.loop]).toEqual([true, false, true, true]);
  expect(changed).toHaveBeenCalledTimes(2);

  sound.ping();
  await settle();
  expect(audio.loop, 'the ring goes on').toBe(true);
  sound.quiet();
  expect(audio.playing).toBe(false);
  sound.stop();
});

test('a gesture with nothing to play unlocks by silence', async () => {
  const audio = new Audible();
  audio.allowed = true;
  const sound = new Sound(() => {}, audio as unknown as HTMLAudioElement);
  window.dispatchEvent(new Event('keydown'));
  await settle();
  expect(sound.enabled).toBe(true);
  window.dispatchEvent(new Event('keydown'));
  await settle();
  expect(audio.play).toHaveBeenCalledTimes(1);
  sound.stop();
});

test('the file is a WAV of the right length that does not clip', async () => {
  const bytes = new DataView(await wav(0.5, [[0, 0.5, 880]]).arrayBuffer());
  expect(bytes.byteLength).toBe(44 + 0.5 * 22_050 * 2);
  expect(String.fromCharCode(...new Uint8Array(bytes.buffer, 0, 4))).toBe('RIFF');
  let loudest = 0;
  for (let i = 44; i < bytes.byteLength; i += 2)
    loudest = Math.max(loudest, Math.abs(bytes.getInt16(i, true)));
  expect(loudest).toBeGreaterThan(5_000);
  expect(loudest).toBeLessThan(32_767);
});

const RATE = 22_050;

/** A tone: when it starts and how long it rings, in seconds, and its pitch in hertz. */
type Tone = readonly [start: number, length: number, pitch: number];

// Two soft notes upward, and a pause: heard across a room, bearable for a whole shift. Loops.
const RING: Tone[] = [
  [0, 0.5, 659],
  [0.16, 0.9, 880],
  [0.75, 0.5, 659],
  [0.91, 1.1, 880],
];
const RING_LENGTH = 2.8;
// One short drop.
const PING: Tone[] = [
  [0, 0.22, 988],
  [0.07, 0.4, 1319],
];
const PING_LENGTH = 0.5;

/** Makes a WAV file (16 bit, mono) of tones that fade out like a struck bar. */
export function wav(seconds: number, tones: readonly Tone[]): Blob {
  const count = Math.round(seconds * RATE);
  const view = new DataView(new ArrayBuffer(44 + count * 2));
  const text = (at: number, s: string) => {
    for (let i = 0; i < s.length; i++) view.setUint8(at + i, s.charCodeAt(i));
  };
  text(0, 'RIFF');
  view.setUint32(4, 36 + count * 2, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // mono
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, 'data');
  view.setUint32(40, count * 2, true);
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (const [start, length, pitch] of tones) {
      const t = i / RATE - start;
      if (t < 0 || t > length) continue;
      // A few milliseconds of rise and the fade to nothing keep it free of clicks.
      const volume = Math.min(1, t / 0.006) * Math.exp((-5 * t) / length) * (1 - t / length);
      sum += volume * (Math.sin(2 * Math.PI * pitch * t) + 0.25 * Math.sin(4 * Math.PI * pitch * t));
    }
    view.setInt16(44 + i * 2, Math.max(-1, Math.min(1, sum * 0.4)) * 32_767, true);
  }
  return new Blob([view], { type: 'audio/wav' });
}

/**
 * The ring of an offer and the ping of a message, without assets. Browsers let a page play only after a gesture, so the first
 * click or key anywhere plays 0.1 s of silence on the one audio element: from then on it may play from timers too. Until a
 * play was allowed `enabled` is false, and after one was refused `refused` is true: show "Enable sound".
 */
export class Sound {
  enabled = false;
  refused = false;
  private ringing = false;
  private readonly audio: HTMLAudioElement;
  private readonly urls = new Map<string, string>();
  private readonly gesture = () => void this.enable();

  /** `changed` is called when `enabled` or `refused` changed. */
  constructor(
    private readonly changed: () => void = () => {},
    audio: HTMLAudioElement = new Audio(),
  ) {
    this.audio = audio;
    addEventListener('pointerdown', this.gesture, true);
    addEventListener('keydown', this.gesture, true);
  }

  /** Asks the browser for the permission to play. Only a gesture of the user gives it: call it in a click. */
  async enable(): Promise<boolean> {
    if (this.enabled) return true;
    // A ring that was refused starts as soon as it may.
    if (this.ringing) await this.play('ring', RING_LENGTH, RING, true);
    else await this.play('silence', 0.1, [], false);
    return this.enabled;
  }

  /** Rings until `quiet`. */
  ring(): void {
    this.ringing = true;
    void this.play('ring', RING_LENGTH, RING, true);
  }

  quiet(): void {
    if (!this.ringing) return;
    this.ringing = false;
    this.audio.pause();
  }

  /** One short sound; a ring goes on instead. */
  ping(): void {
    if (!this.ringing) void this.play('ping', PING_LENGTH, PING, false);
  }

  stop(): void {
    this.quiet();
    this.deaf();
    for (const url of this.urls.values()) URL.revokeObjectURL(url);
    this.urls.clear();
  }

  private async play(name: string, seconds: number, tones: readonly Tone[], loop: boolean): Promise<void> {
    const url = this.urls.get(name) ?? URL.createObjectURL(wav(seconds, tones));
    this.urls.set(name, url);
    this.audio.src = url;
    this.audio.loop = loop;
    try {
      await this.audio.play();
      if (this.enabled) return;
      this.deaf();
      this.enabled = true;
      this.refused = false;
    } catch (e) {
      const { name: why } = e as DOMException;
      // The page's policy allows no media: asking again with every click would only fill its log.
      if (why === 'NotSupportedError') this.deaf();
      // AbortError: another sound took over, which says nothing about permission.
      if (why !== 'NotAllowedError' || this.refused) return;
      this.refused = true;
    }
    this.changed();
  }

  private deaf(): void {
    removeEventListener('pointerdown', this.gesture, true);
    removeEventListener('keydown', this.gesture, true);
  }
}

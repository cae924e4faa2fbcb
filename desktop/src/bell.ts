import { Sound } from '@parley/client';

export type BellState = 'on' | 'off' | 'blocked';
type Player = Pick<Sound, 'enabled' | 'enable' | 'ring' | 'quiet' | 'ping' | 'stop'>;

const KEY = 'parley.desk.muted';

/**
 * The sounds of the desk, if the agent wants them: a ring while an offer shows, a ping for a message. `blocked` until the
 * browser had a click or a key to allow it.
 */
export class Bell {
  private readonly sound: Player;
  private readonly listeners = new Set<() => void>();
  private ringing = false;

  constructor(
    make: (changed: () => void) => Player = (changed) => new Sound(changed),
    private readonly storage: Storage = localStorage,
  ) {
    this.sound = make(() => this.tell());
  }

  get state(): BellState {
    if (this.storage.getItem(KEY)) return 'off';
    return this.sound.enabled ? 'on' : 'blocked';
  }

  subscribe = (fn: () => void): (() => void) => {
    this.listeners.add(fn);
    return () => this.listeners.delete(fn);
  };

  /** Rings from the first call with true to the next with false. */
  ring(on: boolean): void {
    if (on === this.ringing) return;
    this.ringing = on;
    this.apply();
  }

  ping(): void {
    if (this.state === 'on') this.sound.ping();
  }

  /** Turns the sounds on. Call it in a click: only then a browser may say yes. */
  async enable(): Promise<void> {
    this.storage.removeItem(KEY);
    this.tell();
    await this.sound.enable();
    this.apply();
  }

  mute(): void {
    this.storage.setItem(KEY, '1');
    this.apply();
    this.tell();
  }

  stop(): void {
    this.ringing = false;
    this.sound.stop();
  }

  private apply() {
    if (this.ringing && this.state !== 'off') this.sound.ring();
    else this.sound.quiet();
  }

  private tell() {
    for (const fn of this.listeners) fn();
  }
}

/** How many answers the estimate looks back on: enough to contain a quick one, few enough to follow a clock that was set. */
const SAMPLES = 8;

/**
 * The server's time, learned from the `now` of its frames. A frame is as old as its way here took, so of the last few frames
 * the one that puts the server's clock furthest ahead travelled fastest and is believed.
 */
export class Clock {
  private readonly skews: number[] = [];

  /** Learns from a frame's `now`, at the moment of its arrival. */
  hear(now: number): void {
    this.skews.push(now - Date.now());
    if (this.skews.length > SAMPLES) this.skews.shift();
  }

  /** Milliseconds since 1970 by the server's clock; by our own before anything was heard. */
  now(): number {
    return Date.now() + (this.skews.length ? Math.max(...this.skews) : 0);
  }
}

import '@testing-library/jest-dom/vitest';
import { cleanup } from '@testing-library/react';
import { afterEach, vi } from 'vitest';

afterEach(cleanup);

// Testing Library moves the time of its waits itself where timers are faked, but knows Jest's by name only. Without this the tests
// of views would need a clock that runs by itself, and fail on a busy machine.
Object.assign(globalThis, { jest: { advanceTimersByTime: (ms: number) => vi.advanceTimersByTime(ms) } });

// jsdom has no layout, so nothing ever changes its size.
globalThis.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
} as typeof ResizeObserver;

// Nor does it scroll.
if (typeof Element !== 'undefined') Element.prototype.scrollIntoView ??= () => {};

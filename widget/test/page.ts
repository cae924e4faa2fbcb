import { vi } from 'vitest';
import { settle, world } from '../client/test/fakes';

/** A page as the widget finds it: what jsdom lacks, and a service whose answers a test can change. */
export function page() {
  world();
  sessionStorage.clear();
  document.documentElement.lang = 'en-GB';
  document.title = 'Shop';
  document.body.replaceChildren();
  vi.stubGlobal('matchMedia', (query: string) => ({
    matches: state.phone && query.includes('max-width'),
    addEventListener: () => {},
    removeEventListener: () => {},
  }));
  CSSStyleSheet.prototype.replaceSync = () => {};
  URL.createObjectURL = () => 'blob:sound';
  URL.revokeObjectURL = () => {};
  HTMLMediaElement.prototype.play = async () => {};
  HTMLMediaElement.prototype.pause = () => {};
  const state = {
    phone: false,
    config: {
      website: 'fern',
      name: 'Fern & Fable',
      greeting: 'Hello!',
      open: 'open',
      queues: [{ id: 'plants', name: 'Plant care' }],
      askName: true,
      askEmail: true,
      socket: 'wss://socket',
    } as Record<string, unknown>,
    /** Status of the next answers: 0 is a lost network. */
    status: 200,
    asked: [] as string[],
  };
  vi.stubGlobal('fetch', async (url: string) => {
    state.asked.push(url);
    if (!state.status) throw new TypeError('offline');
    const body = url.endsWith('/token')
      ? { token: 'jwt', customer: 'c', expires: Date.now() + 86_400_000, socket: 'wss://socket' }
      : state.status === 200
        ? state.config
        : { code: state.status === 404 ? 'not_found' : 'internal', message: 'No.' };
    return new Response(JSON.stringify(body), { status: state.status });
  });
  return state;
}

/** Lets what was asked arrive, be applied and be drawn. */
export async function drawn(): Promise<void> {
  await settle();
  await vi.dynamicImportSettled();
  await vi.advanceTimersByTimeAsync(50);
}

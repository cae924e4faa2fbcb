import { useEffect, useRef } from 'react';

/**
 * Alt and a key, anywhere on the page, by the key's place (`event.code`): on many layouts Alt with a letter types another
 * character, which must not land in a half-typed message either.
 */
export function useHotkeys(keys: Record<string, () => void>, on: boolean) {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    if (!on) return;
    const onKey = (e: KeyboardEvent) => {
      if (!e.altKey || e.ctrlKey || e.metaKey || e.repeat) return;
      const run = latest.current[e.code];
      if (!run) return;
      e.preventDefault();
      run();
    };
    // Capture: a dialog or a field must not swallow it.
    addEventListener('keydown', onKey, true);
    return () => removeEventListener('keydown', onKey, true);
  }, [on]);
}

import { useCallback, useSyncExternalStore } from 'react';

export type Theme = 'light' | 'dark' | 'system';

// public/theme.js reads the same key before the first paint.
const KEY = 'parley.desk.theme';
const dark = () => matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();

const stored = (): Theme => {
  const t = localStorage.getItem(KEY);
  return t === 'light' || t === 'dark' ? t : 'system';
};

function apply() {
  const t = stored();
  document.documentElement.dataset.theme = t === 'system' ? (dark().matches ? 'dark' : 'light') : t;
  for (const fn of listeners) fn();
}

function subscribe(fn: () => void) {
  listeners.add(fn);
  const media = dark();
  media.addEventListener('change', apply);
  return () => {
    listeners.delete(fn);
    media.removeEventListener('change', apply);
  };
}

/** The theme as chosen, and the way to choose another. "system" follows the machine, also when it changes at dusk. */
export function useTheme(): [Theme, (t: Theme) => void] {
  const theme = useSyncExternalStore(subscribe, stored);
  const set = useCallback((t: Theme) => {
    if (t === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, t);
    apply();
  }, []);
  return [theme, set];
}

import { useSyncExternalStore } from 'react';

const listen = (fn: () => void) => {
  document.addEventListener('visibilitychange', fn);
  return () => document.removeEventListener('visibilitychange', fn);
};

/** True while somebody can see this page. */
export const useVisible = () => useSyncExternalStore(listen, () => document.visibilityState === 'visible');

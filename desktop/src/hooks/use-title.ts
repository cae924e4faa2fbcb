import { useEffect } from 'react';

/** One second each: the tab strip shows both, and a hidden tab's timer runs no faster anyway. */
const FLASH = 1000;

/** Sets the page's title; while `alert` is given, the two take turns. */
export function useTitle(title: string, alert?: string) {
  useEffect(() => {
    document.title = alert ?? title;
    if (!alert) return;
    let on = true;
    const t = setInterval(() => {
      on = !on;
      document.title = on ? alert : title;
    }, FLASH);
    return () => clearInterval(t);
  }, [title, alert]);
}

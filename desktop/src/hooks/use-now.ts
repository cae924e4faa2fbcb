import { useEffect, useState } from 'react';

/** This machine's time, anew every `every` ms while the component shows; read from the clock, never counted in ticks. */
export function useNow(every = 1000): number {
  const [now, set] = useState(Date.now);
  useEffect(() => {
    set(Date.now());
    const t = setInterval(() => set(Date.now()), every);
    return () => clearInterval(t);
  }, [every]);
  return now;
}

import type { Letter } from '@parley/client';
import { useCallback, useEffect, useRef, useState } from 'react';
import { countLetters } from '../letters';
import { useDesk, useDeskActions } from './use-desk';

/** How often the messages are asked for while somebody looks at them, in ms. */
const EVERY = 15_000;

interface Known {
  letters: readonly Letter[] | undefined;
  problem: string;
}

/**
 * What customers have left, anew every 15 s while `on`, when their number changes, and at each call of `again`; what was known
 * before stays until then. `problem` says why there is nothing new.
 */
export function useLetters(on: boolean): Known & { again: () => void } {
  const { letters: ask } = useDeskActions();
  const count = useDesk((d) => countLetters(d.line));
  const [calls, call] = useState(0);
  const [known, set] = useState<Known>({ letters: undefined, problem: '' });
  // How many there were in what is known; nothing, if that is old.
  const listed = useRef<number>(undefined);
  // `calls` is not read: `again` has made what is known old.
  useEffect(() => {
    if (!on) {
      listed.current = undefined;
      return;
    }
    let gone = false;
    let timer: ReturnType<typeof setTimeout>;
    const round = async () => {
      try {
        const letters = await ask();
        if (gone) return;
        listed.current = letters.length;
        set({ letters, problem: '' });
      } catch (e) {
        if (!gone) set((was) => ({ ...was, problem: (e as Error).message }));
      }
      if (!gone) timer = setTimeout(round, EVERY);
    };
    // The number may have changed by what we know.
    if (listed.current === count) timer = setTimeout(round, EVERY);
    else void round();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [on, ask, count, calls]);
  const again = useCallback(() => {
    listed.current = undefined;
    call((n) => n + 1);
  }, []);
  return { ...known, again };
}

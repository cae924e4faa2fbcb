import type { Ledger } from '@parley/client';
import { useEffect, useState } from 'react';
import { useDeskActions } from './use-desk';

/** How often a ledger is asked for again while an offer in it rings, in ms. */
const EVERY = 5000;

/** To whom a session was offered, while somebody reads it. `problem` says why there is nothing. */
export function useLedger(session: string): { ledger: Ledger | undefined; problem: string } {
  const { ledger: ask } = useDeskActions();
  const [known, set] = useState<{ ledger: Ledger | undefined; problem: string }>({
    ledger: undefined,
    problem: '',
  });
  useEffect(() => {
    let gone = false;
    let timer: ReturnType<typeof setTimeout>;
    const round = async () => {
      try {
        const ledger = await ask(session);
        if (gone) return;
        set({ ledger, problem: '' });
        if (ledger.offers.some((o) => !o.outcome)) timer = setTimeout(round, EVERY);
      } catch (e) {
        if (!gone) set((was) => ({ ...was, problem: (e as Error).message }));
      }
    };
    void round();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [session, ask]);
  return known;
}

import type { Team } from '@parley/client';
import { useEffect, useState } from 'react';
import { useDesk, useDeskActions } from './use-desk';

/** How often the team is asked for while somebody looks at it, in ms. */
const EVERY = 5000;

/** Who is there, anew every 5 s while `on` and after every change from here; what was known before stays until then. `problem` says why there is nothing new. */
export function useTeam(on: boolean): { team: Team | undefined; problem: string } {
  const { team: ask } = useDeskActions();
  const changes = useDesk((d) => d.changes);
  const [known, set] = useState<{ team: Team | undefined; problem: string }>({
    team: undefined,
    problem: '',
  });
  // `changes` is not read: when it grows, what is known is old.
  useEffect(() => {
    if (!on) return;
    let gone = false;
    let timer: ReturnType<typeof setTimeout>;
    const round = async () => {
      try {
        const team = await ask();
        if (!gone) set({ team, problem: '' });
      } catch (e) {
        if (!gone) set((was) => ({ ...was, problem: (e as Error).message }));
      }
      if (!gone) timer = setTimeout(round, EVERY);
    };
    void round();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [on, ask, changes]);
  return known;
}

import { createContext, useContext, useSyncExternalStore } from 'react';
import type { Desk, DeskState } from '../store';

export const DeskContext = createContext<Desk | undefined>(undefined);

/** The desk itself: what an agent can do. Its methods are bound and never change. */
export function useDeskActions(): Desk {
  const desk = useContext(DeskContext);
  if (!desk) throw new Error('no desk above this component');
  return desk;
}

/** A part of what the desk knows. The component renders again when that part changes: pick things, do not build them. */
export function useDesk<T>(pick: (state: DeskState) => T): T {
  const desk = useDeskActions();
  return useSyncExternalStore(desk.subscribe, () => pick(desk.state));
}

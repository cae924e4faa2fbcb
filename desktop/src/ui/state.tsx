import type { AgentState, Colleague } from '@parley/client';
import { t } from '../strings';
import css from './state.module.css';

/** The colour of an availability. Its words stand beside it. */
export function StateDot({ state }: { state: AgentState }) {
  return <i className={css.dot} data-state={state} aria-hidden="true" />;
}

/** What a colleague is, in words: "Paused · Lunch", "Available, at the limit". */
export function stateWords(a: Colleague): string {
  if (a.state === 'READY' && a.next)
    return t(a.next === 'OFFLINE' ? 'state.next.OFFLINE' : 'state.next.PAUSED');
  if (a.state === 'READY' && a.open >= a.capacity) return t('state.full');
  return a.reason && a.state === 'PAUSED' ? `${t('status.PAUSED')} · ${a.reason}` : t(`status.${a.state}`);
}

/** More places than this are a bar and not boxes to count. */
const BOXES = 10;

/** How many of their chats somebody has, as boxes and as a number. */
export function Slots({ open, capacity }: { open: number; capacity: number }) {
  return (
    <span className={css.places}>
      <span className={css.slots} role="img" aria-label={t('capacity.label', { open, capacity })}>
        {capacity <= BOXES ? (
          Array.from({ length: capacity }, (_, i) => <i key={i} className={i < open ? css.on : ''} />)
        ) : (
          <i className={css.bar}>
            <i style={{ inlineSize: `${(100 * Math.min(open, capacity)) / capacity}%` }} />
          </i>
        )}
      </span>
      <b className="num" aria-hidden="true">
        {open}/{capacity}
      </b>
    </span>
  );
}

import css from './ring.module.css';

const R = 20;
const ROUND = 2 * Math.PI * R;

/**
 * A countdown: the arc is what is left of it, the number its seconds. role=timer is silent by design: the card speaks. `calm`
 * is for what others have to do.
 */
export function Ring({
  left,
  total,
  label,
  calm,
}: {
  left: number;
  total: number;
  label: string;
  calm?: boolean;
}) {
  const part = total > 0 ? Math.min(1, Math.max(0, left / total)) : 0;
  return (
    <div className={`${css.ring} ${calm ? css.calm : ''} num`}>
      <svg viewBox="0 0 46 46" aria-hidden="true">
        <circle cx="23" cy="23" r={R} className={css.track} />
        <circle
          cx="23"
          cy="23"
          r={R}
          className={css.arc}
          strokeDasharray={ROUND}
          strokeDashoffset={ROUND * (1 - part)}
        />
      </svg>
      <span role="timer" aria-live="off" aria-label={label}>
        {Math.ceil(Math.max(0, left) / 1000)}
      </span>
    </div>
  );
}

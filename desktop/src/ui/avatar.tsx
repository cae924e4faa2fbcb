import { initials, pick } from '../format';
import css from './avatar.module.css';

const tones = [css.blue, css.coral, css.violet, css.green, css.sand, css.rose];

/** A person's sign: initials on a tone that their id decides. The name stands beside it, so it says nothing aloud. */
export function Avatar({ id, name, size = 'm' }: { id: string; name: string; size?: 's' | 'm' | 'l' }) {
  return (
    <span className={`${css.avatar} ${css[size]} ${tones[pick(id, tones.length)]}`} aria-hidden="true">
      {initials(name)}
    </span>
  );
}

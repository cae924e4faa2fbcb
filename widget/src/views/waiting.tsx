import { useWidget } from '../context';
import { Icon } from '../icons';

/** The customer waits: their place in the line, and about how long, as far as somebody knows. */
export function Waiting({ position, wait }: { position: number | undefined; wait: number | undefined }) {
  const { t, wait: words } = useWidget().language;
  return (
    <div class="wait" role="status">
      <div class="stack" aria-hidden="true">
        <i>
          <Icon of="user" />
        </i>
        <i>
          <Icon of="user" />
        </i>
        <i>
          <Icon of="user" />
        </i>
      </div>
      {position && (
        // The key makes it another element, which comes in.
        <div class="pos" aria-hidden="true" key={position}>
          {position}
        </div>
      )}
      <b>{position ? t('waiting.place', { n: position }) : t('waiting.open')}</b>
      {!!wait && <span class="time">{words(wait)}</span>}
      <span>{t('waiting.browse')}</span>
    </div>
  );
}

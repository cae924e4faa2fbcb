import { useWidget } from '../context';
import { Icon } from '../icons';

/** The customer waits: their place in the line, once it is known. */
export function Waiting({ position }: { position: number | undefined }) {
  const { t } = useWidget().language;
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
        <div class="pos" aria-hidden="true">
          {position}
        </div>
      )}
      <b>{position ? t('waiting.place', { n: position }) : t('waiting.open')}</b>
      <span>{t('waiting.browse')}</span>
    </div>
  );
}

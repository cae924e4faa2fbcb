import { useTalk } from '../context';
import { Icon } from '../icons';

/** A message for later arrived: what happens with it, and how to go on. */
export function Done() {
  const { widget, language } = useTalk();
  const { t } = language;
  const { email } = widget.about;
  return (
    <div class="wait" role="status">
      <div class="tick" aria-hidden="true">
        <Icon of="check" />
      </div>
      <b>{t('done.later')}</b>
      <span>{email ? t('done.email', { email }) : t('done.here')}</span>
      <span>{t('done.more')}</span>
    </div>
  );
}

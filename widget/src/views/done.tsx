import { useTalk } from '../context';
import { Icon } from '../icons';

/** Nobody takes the session now: what happens with what was written, and how to go on. `late`: it waited for too long. */
export function Done({ late, onWrite }: { late: boolean; onWrite(): void }) {
  const { widget, language } = useTalk();
  const { t } = language;
  const { email } = widget.about;
  return (
    <div class="wait" role="status">
      <div class="tick" aria-hidden="true">
        <Icon of={late ? 'clock' : 'check'} />
      </div>
      <b>{t(late ? 'done.late' : 'done.later')}</b>
      {/* A message for later has an address, also if this tab does not know it. */}
      <span>{email ? t('done.email', { email }) : t(late ? 'done.soon' : 'done.mail')}</span>
      {late ? (
        <button type="button" class="pill" onClick={onWrite}>
          {t('done.again')}
        </button>
      ) : (
        <span>{t('done.more')}</span>
      )}
    </div>
  );
}

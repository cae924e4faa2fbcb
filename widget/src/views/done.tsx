import { useTalk } from '../context';
import { Icon } from '../icons';

/**
 * Nobody takes the session now: what happens with what was written, and how to go on. `late`: it waited for too long. `chat`: it
 * began as one, so that nobody need know an address.
 */
export function Done({ late, chat, onWrite }: { late: boolean; chat: boolean; onWrite(): void }) {
  const { widget, language } = useTalk();
  const { t } = language;
  const { email } = widget.about;
  return (
    <div class="wait" role="status">
      <div class="tick" aria-hidden="true">
        <Icon of={late ? 'clock' : 'check'} />
      </div>
      <b>{t(late ? 'done.late' : 'done.later')}</b>
      <span>{email ? t('done.email', { email }) : t(chat ? 'done.soon' : 'done.mail')}</span>
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

import { mailto } from '../format';
import type { Session } from '../store';
import { t } from '../strings';
import { left } from '../thread';
import { ButtonLink } from '../ui/button';
import { Icon } from '../ui/icon';
import { Words } from '../ui/words';
import css from './left.module.css';

/** Says that nobody waits at the other end: the answer is to a message that was left, and an e-mail may be quicker. */
export function LeftLine({ session: s }: { session: Session }) {
  if (!left(s)) return null;
  const { email, name } = s.customer;
  return (
    <div className={css.left}>
      <Icon name="inbox" size={16} />
      <p>
        <Words of="left" with={{ name: <bdi>{name}</bdi> }} />
      </p>
      {email && (
        <ButtonLink look="quiet" icon="mail" href={mailto(email, subject(s.website?.name))}>
          {t('left.write')}
        </ButtonLink>
      )}
    </div>
  );
}

/** What an e-mail to somebody is about who left a message on a website. */
export const subject = (website = '') => website && t('messages.subject', { website });

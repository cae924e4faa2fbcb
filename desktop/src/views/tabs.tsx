import { Tabs as Base } from '@base-ui/react/tabs';
import { clock } from '../format';
import { useDesk } from '../hooks/use-desk';
import { useNow } from '../hooks/use-now';
import type { Session } from '../store';
import { t } from '../strings';
import { lastLine, waitingSince } from '../thread';
import { Avatar } from '../ui/avatar';
import { Icon } from '../ui/icon';
import css from './tabs.module.css';

/** A customer who waits longer than this for a reply is marked late, in ms. */
const LATE = 60_000;

/** One tab a session. Arrows, Home and End move between them; the panel follows. */
export function TabStrip() {
  const sessions = useDesk((d) => d.sessions);
  return (
    <Base.List className={css.tabs} aria-label={t('tabs.label')} activateOnFocus>
      {sessions.map((s) => (
        <Tab key={s.id} session={s} />
      ))}
    </Base.List>
  );
}

function Tab({ session: s }: { session: Session }) {
  const now = useNow() + useDesk((d) => d.skew);
  const since = waitingSince(s);
  const late = since !== undefined && now - since > LATE;
  return (
    <Base.Tab value={s.id} className={css.tab} data-over={s.standing !== 'open' || undefined}>
      <Avatar id={s.customer.id} name={s.customer.name} />
      <b>
        <bdi>{s.customer.name}</bdi>
      </b>
      <span className={css.time}>
        {since !== undefined && (
          <span className={`${late ? css.late : ''} num`}>
            <span aria-hidden="true">{clock(now - since)}</span>
            {late && <Icon name="flag" size={12} />}
            <span className="sr">{t(late ? 'tab.late' : 'tab.waits')}</span>
          </span>
        )}
      </span>
      <small className={s.typing ? css.typing : ''}>
        {s.typing ? (
          t('tab.typing')
        ) : s.idleUntil !== undefined ? (
          t('tab.idle')
        ) : s.standing === 'open' ? (
          <bdi>{lastLine(s)}</bdi>
        ) : (
          t(`tab.${s.standing}`)
        )}
      </small>
      <span className={css.tail}>
        {s.unread > 0 && (
          <span className={`${css.unread} num`}>
            {s.unread} <span className="sr">{t('tab.unread', { n: s.unread })}</span>
          </span>
        )}
      </span>
    </Base.Tab>
  );
}

import { Link } from 'wouter';
import { useDesk } from '../hooks/use-desk';
import { type Page, usePage } from '../hooks/use-page';
import { countLetters, uncounted } from '../letters';
import { t } from '../strings';
import { Avatar } from '../ui/avatar';
import { Icon, Logo } from '../ui/icon';
import { Menu, MenuGroup, MenuItem } from '../ui/menu';
import css from './rail.module.css';

/** The pages of the desktop, and whose desk it is. */
export function Rail({ onSignOut }: { onSignOut: () => void }) {
  const me = useDesk((d) => d.me);
  const supervisor = useDesk((d) => d.me?.supervisor === true);
  const page = usePage();
  const unread = useDesk((d) => d.sessions.reduce((n, s) => n + s.unread, 0));
  const letters = useDesk((d) => countLetters(d.line));
  const many = useDesk((d) => uncounted(d.line));
  const current = (of: Page) => (page === of ? 'page' : undefined);
  return (
    <nav className={css.rail} aria-label={t('rail.label')}>
      <div className={css.logo}>
        <Logo />
      </div>
      <Link href="/" className={css.link} aria-current={current('chats')}>
        <Icon name="chat" size={20} />
        {t('rail.chats')}{' '}
        {unread > 0 && (
          <span className={`${css.count} num`}>
            {unread} <span className="sr">{t('unread')}</span>
          </span>
        )}
      </Link>
      <Link href="/messages" className={css.link} aria-current={current('messages')}>
        <Icon name="inbox" size={20} />
        {t('rail.messages')}{' '}
        {letters > 0 && (
          <span className={`${css.count} ${css.calm} num`}>
            {letters}
            {many && '+'} <span className="sr">{t('rail.messages.left')}</span>
          </span>
        )}
      </Link>
      {supervisor && (
        <Link href="/team" className={css.link} aria-current={current('team')}>
          <Icon name="users" size={20} />
          {t('rail.team')}
        </Link>
      )}
      <span className={css.space} />
      {me && (
        <Menu
          side="right"
          trigger={
            <button type="button" className={css.me} aria-label={t('rail.account', { name: me.name })}>
              <Avatar id={me.id} name={me.name} />
              <i className={css.dot} data-state={me.next ? 'PAUSED' : me.state} />
            </button>
          }
        >
          <MenuGroup label={me.name}>
            <MenuItem icon="exit" onClick={onSignOut}>
              {t('signout')}
            </MenuItem>
          </MenuGroup>
        </Menu>
      )}
    </nav>
  );
}

import { clock } from '../format';
import { useDesk, useDeskActions } from '../hooks/use-desk';
import { useNow } from '../hooks/use-now';
import { type Theme, useTheme } from '../hooks/use-theme';
import type { DeskState, Me } from '../store';
import { t } from '../strings';
import { Button, IconButton } from '../ui/button';
import { Icon, type IconName } from '../ui/icon';
import { Menu, MenuGroup, MenuItem, MenuLine } from '../ui/menu';
import css from './topbar.module.css';

/** Availability, the line of my queues, capacity, sound and theme: what an agent checks with one look. */
export function Topbar() {
  return (
    <header className={css.top}>
      <Availability />
      <Line />
      <Capacity />
      <span className={css.space} />
      <Sound />
      <ThemeSwitch />
    </header>
  );
}

const dots = {
  READY: 'ok',
  PAUSED: 'warn',
  WRAPUP: 'info',
  NOT_RESPONDING: 'ember',
  OFFLINE: 'ink-3',
} as const;

function Availability() {
  const me = useDesk((d) => d.me);
  const reasons = useDesk((d) => d.reasons);
  const { setStatus } = useDeskActions();
  if (!me) return <span className={css.status} data-state="OFFLINE" aria-hidden="true" />;
  const choose = (state: Me['state'], reason?: string) => () => setStatus(state, reason);
  return (
    <Menu
      trigger={
        <button type="button" className={css.status} data-state={me.state}>
          <i />
          <span className={css.word}>
            <span className="sr">{t('status.label')}</span> {t(`status.${me.state}`)}
            {me.state === 'PAUSED' && me.reason ? ` · ${me.reason}` : ''}
          </span>
          <Since at={me.since} />
          <Icon name="down" size={15} />
        </button>
      }
    >
      <MenuItem dot="ok" checked={me.state === 'READY'} onClick={choose('READY')}>
        {t('status.READY')}
      </MenuItem>
      <MenuGroup label={t('status.pause')}>
        {(reasons.length ? reasons : [t('status.break')]).map((r) => (
          <MenuItem
            key={r}
            dot={dots.PAUSED}
            checked={me.state === 'PAUSED' && me.reason === r}
            onClick={choose('PAUSED', r)}
          >
            {r}
          </MenuItem>
        ))}
      </MenuGroup>
      <MenuLine />
      <MenuItem dot={dots.OFFLINE} checked={me.state === 'OFFLINE'} onClick={choose('OFFLINE')}>
        {t('status.OFFLINE')}
        <small>{t('status.offlineHint')}</small>
      </MenuItem>
    </Menu>
  );
}

/** Time since a moment of the server's clock. It changes each second: silent for a screen reader. */
function Since({ at }: { at: number }) {
  const skew = useDesk((d) => d.skew);
  const now = useNow();
  return (
    <span className={`${css.since} num`} aria-hidden="true">
      {clock(now + skew - at)}
    </span>
  );
}

/** The line is told once a minute; who rings here waits, whatever was told. */
export function countWaiting(d: DeskState): number {
  return d.line.reduce(
    (n, q) => n + Math.max(q.waiting, d.offers.filter((o) => o.offer.queue.id === q.queue.id).length),
    0,
  );
}

function Line() {
  const waiting = useDesk(countWaiting);
  const longest = useDesk((d) =>
    Math.min(...d.line.map((q) => q.longest ?? Infinity), ...d.offers.map((o) => o.offer.queued)),
  );
  const known = useDesk((d) => d.me !== undefined);
  if (!known) return null;
  return (
    <div className={css.kpi}>
      <Icon name="users" size={16} />
      {waiting > 0 ? (
        <>
          <b className="num">{waiting}</b>
          <span>
            {t('line.waiting', { n: waiting })}
            {longest < Infinity && (
              <>
                {', '}
                {t('line.longest')} <Since at={longest} />
              </>
            )}
          </span>
        </>
      ) : (
        <span>{t('line.nobody')}</span>
      )}
    </div>
  );
}

/** More places than this are a bar and not boxes to count. */
const BOXES = 10;

function Capacity() {
  const me = useDesk((d) => d.me);
  if (!me) return null;
  const open = me.open.length;
  const label = t('capacity.label', { open, capacity: me.capacity });
  return (
    <div className={css.kpi}>
      <span className={css.optional}>{t('capacity')}</span>
      <span className={css.slots} role="img" aria-label={label}>
        {me.capacity <= BOXES ? (
          Array.from({ length: me.capacity }, (_, i) => <i key={i} className={i < open ? css.on : ''} />)
        ) : (
          <i className={css.bar}>
            <i style={{ inlineSize: `${(100 * Math.min(open, me.capacity)) / me.capacity}%` }} />
          </i>
        )}
      </span>
      <b className="num" aria-hidden="true">
        {open}/{me.capacity}
      </b>
    </div>
  );
}

function Sound() {
  const sound = useDesk((d) => d.sound);
  const { enableSound, muteSound } = useDeskActions();
  if (sound === 'blocked')
    return (
      <Button icon="sound" className={css.enable ?? ''} onClick={enableSound}>
        {t('sound.enable')}
      </Button>
    );
  const on = sound === 'on';
  return (
    <IconButton
      icon={on ? 'sound' : 'mute'}
      className={on ? (css.ok ?? '') : ''}
      label={t(on ? 'sound.on' : 'sound.off')}
      onClick={on ? muteSound : enableSound}
    />
  );
}

const themes: [Theme, IconName][] = [
  ['light', 'sun'],
  ['dark', 'moon'],
  ['system', 'monitor'],
];

function ThemeSwitch() {
  const [theme, setTheme] = useTheme();
  const icon = themes.find(([name]) => name === theme)?.[1] ?? 'monitor';
  return (
    <Menu
      trigger={
        <button
          type="button"
          className={css.square}
          aria-label={t('theme.label', { theme: t(`theme.${theme}`) })}
        >
          <Icon name={icon} />
        </button>
      }
    >
      <MenuGroup label={t('theme')}>
        {themes.map(([name, picture]) => (
          <MenuItem key={name} icon={picture} checked={theme === name} onClick={() => setTheme(name)}>
            {t(`theme.${name}`)}
          </MenuItem>
        ))}
      </MenuGroup>
    </Menu>
  );
}

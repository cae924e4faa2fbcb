import { clock } from '../format';
import { useDesk, useDeskActions } from '../hooks/use-desk';
import { useNow } from '../hooks/use-now';
import { type Theme, useTheme } from '../hooks/use-theme';
import type { DeskState, Me } from '../store';
import { t } from '../strings';
import { Button, IconButton } from '../ui/button';
import { Icon, type IconName } from '../ui/icon';
import { Menu, MenuGroup, MenuItem, MenuLine, MenuMore } from '../ui/menu';
import { Slots } from '../ui/state';
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

function Availability() {
  const me = useDesk((d) => d.me);
  const { setStatus, stay } = useDeskActions();
  if (!me) return <span className={css.status} data-state="OFFLINE" aria-hidden="true" />;
  const ready = me.state === 'WRAPUP' && !me.next;
  return (
    <div className={css.availability}>
      <Menu
        trigger={
          <button type="button" className={css.status} data-state={me.next ? 'NEXT' : me.state}>
            <i />
            <span className={css.word}>
              <span className="sr">{t('status.label')}</span> {statusWords(me)}
            </span>
            {!me.next && (ready && me.until ? <Until at={me.until} /> : <Since at={me.since} />)}
            <Icon name="down" size={15} />
          </button>
        }
      >
        <Choices me={me} />
      </Menu>
      {me.next && (
        <Button look="quiet" icon="undo" onClick={stay}>
          {t('undo')}
        </Button>
      )}
      {ready && (
        <Button icon="bolt" onClick={() => setStatus('READY')}>
          {t('status.readyNow')}
        </Button>
      )}
    </div>
  );
}

/** What the agent is, or what they will be when the open chats are over. */
function statusWords(me: Me): string {
  const reason = me.next ? me.nextReason : me.state === 'PAUSED' && me.reason;
  const words = me.next
    ? t(me.next === 'OFFLINE' ? 'status.next.OFFLINE' : 'status.next.PAUSED', {
        n: Math.max(1, me.open.length),
      })
    : t(`status.${me.state}`);
  return reason ? `${words} · ${reason}` : words;
}

function Choices({ me }: { me: Me }) {
  const known = useDesk((d) => d.reasons);
  const { setStatus } = useDeskActions();
  const reasons = known.length ? known : [t('status.break')];
  const is = (state: Me['state'], reason?: string) =>
    !me.next && me.state === state && (reason === undefined || me.reason === reason);
  return (
    <>
      {me.by && me.state !== 'READY' && <p className={css.by}>{t('status.by', { by: me.by.name })}</p>}
      <MenuItem dot="ok" checked={is('READY')} onClick={() => setStatus('READY')}>
        {t('status.READY')}
      </MenuItem>
      <MenuGroup label={t('status.pause')}>
        {reasons.map((reason) => (
          <MenuItem
            key={reason}
            dot="warn"
            checked={is('PAUSED', reason)}
            onClick={() => setStatus('PAUSED', { reason })}
          >
            {reason}
          </MenuItem>
        ))}
      </MenuGroup>
      <MenuLine />
      {/* With nothing open the next status would come at once: that is what the others are for. */}
      {me.open.length > 0 && (
        <>
          <MenuMore dot="warn" label={t('status.pauseAfter')}>
            {reasons.map((reason) => (
              <MenuItem
                key={reason}
                checked={me.next === 'PAUSED' && me.nextReason === reason}
                onClick={() => setStatus('PAUSED', { reason, after: true })}
              >
                {reason}
              </MenuItem>
            ))}
          </MenuMore>
          <MenuItem
            dot="ink-3"
            checked={me.next === 'OFFLINE'}
            onClick={() => setStatus('OFFLINE', { after: true })}
          >
            {t('status.signoutAfter')}
          </MenuItem>
          <MenuLine />
        </>
      )}
      <MenuItem dot="ink-3" checked={is('OFFLINE')} onClick={() => setStatus('OFFLINE')}>
        {t('status.OFFLINE')}
        <small>{t('status.offlineHint')}</small>
      </MenuItem>
    </>
  );
}

/** Time until a moment of the server's clock. Silent like Since. */
export function Until({ at }: { at: number }) {
  const skew = useDesk((d) => d.skew);
  const now = useNow();
  return (
    <span className={`${css.since} num`} aria-hidden="true">
      {clock(at - now - skew + 999)}
    </span>
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

function Capacity() {
  const me = useDesk((d) => d.me);
  if (!me) return null;
  return (
    <div className={css.kpi}>
      <span className={css.optional}>{t('capacity')}</span>
      <Slots open={me.open.length} capacity={me.capacity} />
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

import type { ReactNode } from 'react';
import { useDesk, useDeskActions } from '../hooks/use-desk';
import { t } from '../strings';
import { Button } from '../ui/button';
import { AltKey } from '../ui/kbd';
import css from './empty.module.css';
import { countWaiting, Until } from './topbar';

/** The desk without a chat: says what holds now and what to do about it. */
export function Empty() {
  const me = useDesk((d) => d.me);
  const link = useDesk((d) => d.link);
  const waiting = useDesk(countWaiting);
  const { setStatus } = useDeskActions();
  if (!me)
    return link === 'refused' ? (
      <Scene mood="away" title={t('empty.refused')} text={t('empty.refused.hint')}>
        <Button look="primary" large onClick={() => location.reload()}>
          {t('reload')}
        </Button>
      </Scene>
    ) : (
      <Scene mood="ready" title={t('empty.connecting')} text={t('empty.connecting.hint')} />
    );
  const back = (
    <Button look="primary" large onClick={() => setStatus('READY')}>
      {t('empty.goAvailable')}
    </Button>
  );
  switch (me.state) {
    case 'READY':
      return (
        <Scene mood="ready" title={t('empty.ready')} text={t('empty.ready.hint')}>
          {waiting > 0 && <p className={css.extra}>{t('empty.ready.waiting', { n: waiting })}</p>}
          <p className={css.keys}>
            <span>
              <AltKey letter="A" /> {t('empty.accepts')}
            </span>
            <span>
              <AltKey letter="R" /> {t('empty.rejects')}
            </span>
          </p>
        </Scene>
      );
    case 'PAUSED':
      return (
        <Scene
          mood="paused"
          title={me.reason ? t('empty.paused.reason', { reason: me.reason }) : t('empty.paused')}
          text={t('empty.paused.hint')}
        >
          {me.by && <p className={css.extra}>{t('status.by', { by: me.by.name })}</p>}
          {back}
        </Scene>
      );
    case 'NOT_RESPONDING':
      return (
        <Scene mood="paused" title={t('empty.missed')} text={t('empty.missed.hint')}>
          {back}
        </Scene>
      );
    case 'WRAPUP':
      return (
        <Scene mood="paused" title={t('empty.wrapup')} text={t('empty.wrapup.hint')}>
          {me.until && (
            <p className={css.extra} aria-hidden="true">
              {t('empty.wrapup.left')} <Until at={me.until} />
            </p>
          )}
          <Button look="primary" large onClick={() => setStatus('READY')}>
            {t('status.readyNow')}
          </Button>
        </Scene>
      );
    case 'OFFLINE':
      return (
        <Scene mood="away" title={t('empty.offline')} text={t('empty.offline.hint')}>
          {back}
        </Scene>
      );
  }
}

/** The page of messages without one. */
export function NoMessages() {
  return <Scene mood="ready" title={t('empty.messages')} text={t('empty.messages.hint')} />;
}

/** In place of a page that this version of the desktop cannot load any more. */
export function Outdated() {
  return (
    <Scene mood="away" title={t('outdated')} text={t('outdated.hint')}>
      <Button look="primary" large onClick={() => location.reload()}>
        {t('reload')}
      </Button>
    </Scene>
  );
}

type Mood = 'ready' | 'paused' | 'away';

function Scene({
  mood,
  title,
  text,
  children,
}: {
  mood: Mood;
  title: string;
  text: string;
  children?: ReactNode;
}) {
  return (
    <section className={css.scene}>
      <Plant mood={mood} />
      <h1>{title}</h1>
      <p>{text}</p>
      {children}
    </section>
  );
}

/** A potted plant with a speech bubble: awake, resting, or asleep. */
function Plant({ mood }: { mood: Mood }) {
  return (
    <svg
      className={css.plant}
      data-mood={mood}
      viewBox="0 0 220 170"
      width="220"
      height="170"
      aria-hidden="true"
    >
      <ellipse cx="110" cy="154" rx="74" ry="8" className={css.ground} />
      <g className={css.leaves}>
        <path d="M108 112C104 82 84 64 54 60c2 28 20 50 54 52Z" />
        <path d="M112 112c0-38 20-60 54-66 0 34-20 62-54 66Z" />
        <path d="M110 114C98 84 102 54 116 34c14 22 14 54-6 80Z" className={css.front} />
        <path
          d="M108 112C98 92 82 76 66 68M112 112c8-26 24-46 44-58M110 112c-2-26 0-48 6-66"
          className={css.vein}
        />
      </g>
      <path d="M82 110h56l-7 38a8 8 0 0 1-8 7H97a8 8 0 0 1-8-7l-7-38Z" className={css.pot} />
      <rect x="77" y="104" width="66" height="13" rx="5" className={css.rim} />
      <g className={css.bubble}>
        <path d="M158 22h34a14 14 0 0 1 14 14v10a14 14 0 0 1-14 14h-18l-14 11V60a14 14 0 0 1-14-14V36a14 14 0 0 1 12-14Z" />
        {mood === 'ready' && (
          <g className={css.dots}>
            <circle cx="166" cy="41" r="3.5" />
            <circle cx="177" cy="41" r="3.5" />
            <circle cx="188" cy="41" r="3.5" />
          </g>
        )}
        {mood === 'paused' && <path d="M172 34v14M182 34v14" className={css.sign} />}
        {mood === 'away' && <path d="M168 35h8l-8 10h8M182 38h7l-7 9h7" className={css.sign} />}
      </g>
    </svg>
  );
}

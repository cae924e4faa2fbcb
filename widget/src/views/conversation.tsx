import type { Session } from '@parley/client';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useTalk } from '../context';
import { declined } from '../declined';
import { Icon } from '../icons';
import { thread } from '../thread';
import { Bubble } from './bubble';
import { Composer } from './composer';
import { Done } from './done';
import { Event } from './event';
import { Idle } from './idle';
import { Waiting } from './waiting';

/** So many rows are drawn at first, and more with each "Show earlier messages": long logs stay quick and readable. */
const SHOWN = 100;
/** So near to the end, in pixels, counts as being there. */
const NEAR = 48;

/** The customer's session: its log, what is on its way, and where to write. */
export function Conversation() {
  const { widget, talk, language } = useTalk();
  const { t } = language;
  const { open = 'open', opens } = widget.config ?? {};
  const session: Session | undefined = talk.session;
  const { view, rows = [], read = {}, typing } = session ?? {};
  const pending = useMemo(
    () => [...(session?.pending ?? []), ...talk.starting],
    [session?.pending, talk.starting],
  );
  const [shown, setShown] = useState(SHOWN);
  const [away, setAway] = useState(false);
  const log = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const stuck = useRef(true);
  const items = useMemo(() => thread(rows.slice(-shown), pending, read), [rows, shown, pending, read.agent]);
  const more = rows.length > shown || (rows[0]?.place ?? 1) > 1;
  const waiting = view
    ? view.state === 'WAITING' || view.state === 'OFFERED'
    : !talk.leaving && !talk.starting.some((i) => i.failed);
  const closed = view?.state === 'CLOSED';
  const unanswered = closed && (view.outcome === 'offline' || view.outcome === 'unmanaged');
  const refused = pending.filter((item) => declined(item.failed)).length;
  const agent = view?.agent?.name;

  const write = () => field.current?.focus();
  // It was open when they wrote.
  useEffect(() => {
    if (refused) void widget.refresh();
  }, [refused, widget]);

  const toEnd = () => {
    const { current } = log;
    if (current) current.scrollTop = current.scrollHeight;
  };
  // Stay at the end while the reader is there; leave them where they are when they read back.
  useLayoutEffect(() => {
    if (stuck.current) toEnd();
    else setAway(true);
  }, [items, waiting, typing]);
  useLayoutEffect(() => {
    stuck.current = true;
    toEnd();
  }, [pending.length]);
  useEffect(() => {
    if (stuck.current) talk.seen();
  });
  // What grows below (the field, the emoji) shall not cover the end.
  useEffect(() => {
    const { current } = log;
    if (!current || typeof ResizeObserver === 'undefined') return;
    const observer = new ResizeObserver(() => stuck.current && toEnd());
    observer.observe(current);
    return () => observer.disconnect();
  }, []);

  const earlier = async () => {
    const { current } = log;
    const below = current ? current.scrollHeight - current.scrollTop : 0;
    if (rows.length <= shown && session) await talk.client.earlier(session.view.session).catch(() => {});
    setShown(shown + SHOWN);
    requestAnimationFrame(() => {
      if (current) current.scrollTop = current.scrollHeight - below;
    });
  };

  return (
    <>
      <div class="mid">
        <div
          class="log"
          role="log"
          aria-label={agent ? t('log.with', { name: agent }) : t('log')}
          aria-busy={!talk.client.state.ready}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
          tabIndex={0}
          ref={log}
          onScroll={(e) => {
            const { scrollHeight, scrollTop, clientHeight } = e.currentTarget;
            stuck.current = scrollHeight - scrollTop - clientHeight < NEAR;
            if (!stuck.current) return;
            setAway(false);
            talk.seen();
          }}
        >
          {more && (
            <button type="button" class="pill" onClick={earlier}>
              {t('earlier')}
            </button>
          )}
          {items.map((item) =>
            item.is === 'day' ? (
              <div key={item.key} class="day">
                {language.day(item.at, talk.client.clock.now())}
              </div>
            ) : item.is === 'event' ? (
              <Event key={item.key} row={item.row} moved={item.moved} />
            ) : (
              <Bubble key={item.key} item={item} />
            ),
          )}
          {unanswered && (
            <Done
              late={rows.at(-1)?.kind === 'closed'}
              chat={rows.some((row) => row.kind !== 'message')}
              onWrite={write}
            />
          )}
          {waiting && <Waiting position={view?.position} wait={view?.wait} />}
        </div>
        {away && (
          <button
            type="button"
            class="pill new"
            onClick={() => {
              stuck.current = true;
              toEnd();
            }}
          >
            <Icon of="down" />
            {t('latest')}
          </button>
        )}
      </div>
      <div class="typing" role="status">
        {typing && (
          <>
            <span aria-hidden="true">
              <i />
              <i />
              <i />
            </span>
            {t('typing', { name: (typing.name ?? agent ?? t('agent')).split(' ')[0] ?? '' })}
          </>
        )}
      </div>
      <div class="bar calm" role="status">
        {closed && open !== 'open' && (
          <>
            <bdi>{t(`open.${open}`)}</bdi> {opens && <bdi>{language.opens(opens, Date.now())}</bdi>}
          </>
        )}
      </div>
      {view?.idleUntil && <Idle until={view.idleUntil} onWrite={write} />}
      <Composer
        hint={t(talk.later ? 'later' : closed && !unanswered ? 'write.again' : 'write')}
        field={field}
      />
    </>
  );
}

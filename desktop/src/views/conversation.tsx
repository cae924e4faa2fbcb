import { parts, type Row } from '@parley/client';
import { memo, useEffect, useMemo, useRef, useState } from 'react';
import { day, hour } from '../format';
import { useDesk, useDeskActions } from '../hooks/use-desk';
import { useEnd } from '../hooks/use-end';
import { useHotkeys } from '../hooks/use-hotkeys';
import { useVisible } from '../hooks/use-visible';
import type { Session } from '../store';
import { locale, t } from '../strings';
import { type Item, thread } from '../thread';
import { Avatar } from '../ui/avatar';
import { Button } from '../ui/button';
import { Icon, type IconName } from '../ui/icon';
import { altKey } from '../ui/kbd';
import { Tip } from '../ui/tip';
import { CloseDialog } from './close-dialog';
import { Composer } from './composer';
import css from './conversation.module.css';
import { HandoverBanner } from './handover';
import { type Ask, TransferDialog } from './transfer-dialog';

/** One session: who it is, what was said, and the field to answer. */
export function Conversation({ session: s, onDismiss }: { session: Session; onDismiss: () => void }) {
  const [closing, setClosing] = useState(false);
  const [asking, setAsking] = useState<Ask>();
  const banner = useRef<HTMLButtonElement>(null);
  const started = s.rows.findLast((r) => r.kind === 'accepted')?.at;
  const owned = s.standing === 'open' && !s.helping;
  // One at a time: what rings is answered or taken back first.
  const askable = owned && s.handover?.state !== 'rings';
  useHotkeys({ KeyT: () => setAsking('transfer') }, askable && !closing);
  return (
    <section className={css.conversation} aria-label={s.customer.name}>
      <header className={css.bar}>
        <div className={css.who}>
          <h1>
            <bdi>{s.customer.name}</bdi>
            <span className={css.tag}>{s.queue.name}</span>
          </h1>
          <p>
            <Icon name="globe" size={14} />
            <span>
              {s.customer.page?.title ? t('bar.page', { page: s.customer.page.title }) : s.website?.name}
              {started !== undefined && ` · ${t('bar.started', { time: hour(started) })}`}
            </span>
          </p>
        </div>
        {askable && (
          <Tip text={t('transfer.tip', { key: altKey('T') })}>
            <Button icon="transfer" aria-keyshortcuts="Alt+T" onClick={() => setAsking('transfer')}>
              {t('transfer')}
            </Button>
          </Tip>
        )}
        {owned && (
          <Button look="danger" icon="check" onClick={() => setClosing(true)}>
            {t('close')}
          </Button>
        )}
        {s.standing !== 'open' && (
          <Button icon="x" onClick={onDismiss}>
            {t('dismiss')}
          </Button>
        )}
      </header>
      <HandoverBanner
        session={s}
        button={banner}
        onAgain={(assist) => setAsking(assist ? 'assist' : 'transfer')}
      />
      <Log session={s} />
      <Typing session={s} />
      {s.standing === 'open' ? <Composer session={s} /> : <Over session={s} onDismiss={onDismiss} />}
      <CloseDialog session={s} open={closing} onDone={() => setClosing(false)} />
      <TransferDialog
        session={s}
        ask={asking}
        onAsk={setAsking}
        onDone={() => setAsking(undefined)}
        back={() => banner.current}
      />
    </section>
  );
}

/** Real elements, so that a screen reader can walk through them, but not more than this at first. */
const ROWS = 200;

function Log({ session: s }: { session: Session }) {
  const me = useDesk((d) => d.me?.id ?? '');
  const skew = useDesk((d) => d.skew);
  const { read, earlier } = useDeskActions();
  const visible = useVisible();
  // Where the agent had read to when the tab was opened: the line "New" stays there while they read on.
  const [seen] = useState(() => (s.unread > 0 && s.seen > 0 ? s.seen : undefined));
  const log = useRef<HTMLDivElement>(null);
  const [shown, setShown] = useState(ROWS);
  const { rows, pending } = s;
  const visibleRows = useMemo(() => rows.slice(-shown), [rows, shown]);
  const items = useMemo(
    () => thread({ rows: visibleRows, pending }, me, seen),
    [visibleRows, pending, me, seen],
  );
  const { away, toEnd, hold } = useEnd(
    log,
    `${visibleRows[0]?.place} ${rows.at(-1)?.place} ${pending.length}`,
  );
  const showEarlier = () => {
    hold();
    if (rows.length > shown) setShown(shown + ROWS);
    else {
      setShown(rows.length + ROWS);
      void earlier(s.id);
    }
  };

  // Read is what stood on a visible screen.
  const last = s.rows.at(-1)?.place ?? 0;
  useEffect(() => {
    if (visible && !away && last > 0) read(s.id, last);
  }, [visible, away, last, read, s.id]);

  return (
    <div className={css.logbox}>
      <div
        ref={log}
        className={css.log}
        role="log"
        aria-label={t('log.label', { name: s.customer.name })}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a log that scrolls must be reachable by keyboard
        tabIndex={0}
      >
        {(s.cut || rows.length > shown) && (
          <Button look="quiet" className={css.earlier ?? ''} onClick={showEarlier}>
            {t('log.earlier')}
          </Button>
        )}
        {items.map((item) => (
          <Entry key={item.key} item={item} session={s} me={me} now={Date.now() + skew} />
        ))}
      </div>
      {away && (
        <button type="button" className={css.toEnd} onClick={toEnd}>
          <Icon name="down" size={16} />
          {t('log.toEnd')}
        </button>
      )}
    </div>
  );
}

function Entry({ item, session: s, me, now }: { item: Item; session: Session; me: string; now: number }) {
  switch (item.kind) {
    case 'day':
      return <div className={css.day}>{day(item.at, now, locale)}</div>;
    case 'new':
      return (
        <div className={css.new}>
          <span>{t('log.new')}</span>
        </div>
      );
    case 'event':
      return <Event row={item.row} session={s} me={me} />;
    case 'group':
      return <Group item={item} session={s} me={me} />;
  }
}

function Group({
  item: g,
  session: s,
  me,
}: {
  item: Extract<Item, { kind: 'group' }>;
  session: Session;
  me: string;
}) {
  const own = g.side === 'agent';
  const mine = own && g.by === me;
  const last = g.lines.at(-1);
  const state = last?.place === undefined ? 'sending' : last.place <= s.read ? 'read' : 'sent';
  return (
    <div className={`${css.group} ${own ? css.own : ''} ${own && !mine ? css.colleague : ''}`}>
      {!own && <Avatar id={s.customer.id} name={s.customer.name} size="s" />}
      <div className={css.column}>
        {g.lines.map((l, i) => (
          <div key={l.key} className={css.bubble} data-sending={l.place === undefined || undefined}>
            {i === 0 && <span className="sr">{mine ? t('log.you') : own ? g.name : s.customer.name}: </span>}
            {/* Goes as its own words do; the bubble, as the page. */}
            <div dir="auto">
              <Text text={l.text} />
            </div>
          </div>
        ))}
        <div className={css.meta}>
          {own && !mine && g.name && <span>{g.name} ·</span>}
          <time dateTime={new Date(g.at).toISOString()}>{hour(g.at)}</time>
          {mine && (
            <>
              <Icon name={state === 'read' ? 'checks' : state === 'sent' ? 'check' : 'clock'} size={15} />
              <span>{t(`log.${state}`)}</span>
            </>
          )}
        </div>
      </div>
    </div>
  );
}

/** Text with its links. Never markup: what a customer writes is text nodes and anchors. */
const Text = memo(function Text({ text }: { text: string }) {
  return parts(text).map((p, i) =>
    p.href ? (
      <a key={i} href={p.href} target="_blank" rel="noopener noreferrer">
        {p.text}
      </a>
    ) : (
      p.text
    ),
  );
});

const signs: Partial<Record<Row['kind'], IconName>> = {
  accepted: 'check',
  joined: 'user',
  left: 'user',
  requeued: 'undo',
  transferred: 'undo',
  closed: 'check',
  reopened: 'undo',
};

function Event({ row, session: s, me }: { row: Row; session: Session; me: string }) {
  return (
    <>
      <div className={css.event}>
        <Icon name={signs[row.kind] ?? 'clock'} size={14} />
        <span>{eventText(row, s, me)}</span>
      </div>
      {row.note && (
        <div className={css.note}>
          <Icon name="note" size={16} />
          <div dir="auto">
            <b>{t('event.note')}</b> — {row.note}
          </div>
        </div>
      )}
    </>
  );
}

/** What happened, in a sentence. */
function eventText(row: Row, s: Session, me: string): string {
  const mine = row.by === me;
  const name = row.name ?? '';
  const customer = s.customer.name;
  switch (row.kind) {
    case 'accepted':
      return mine ? t('event.accepted.you', { queue: s.queue.name }) : t('event.accepted', { name });
    case 'joined':
      return t('event.joined', { name });
    case 'left':
      return t('event.left', { name });
    case 'requeued':
      return t('event.requeued', { queue: s.queue.name });
    case 'transferred':
      return mine ? t('event.transferred.you') : t('event.transferred', { name });
    case 'reopened':
      return t('event.reopened', { customer });
    case 'closed':
      if (row.outcome === 'left' || row.outcome === 'abandoned')
        return t('event.closed.customer', { customer });
      if (row.outcome === 'timeout') return t('event.closed.timeout');
      if (!row.by) return t('event.closed.system');
      return mine ? t('event.closed.you') : t('event.closed', { name });
    default:
      return '';
  }
}

/** A stable element whose words change: a screen reader hears once that somebody writes. */
function Typing({ session: s }: { session: Session }) {
  return (
    <div className={css.typing} role="status">
      {s.typing && (
        <>
          <span className={css.dots} aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          {t('log.typing', { name: s.customer.name })}
        </>
      )}
    </div>
  );
}

/** In place of the composer, once the session is over for this agent. */
function Over({ session: s, onDismiss }: { session: Session; onDismiss: () => void }) {
  const how = s.standing === 'away' ? 'away' : 'closed';
  return (
    <div className={css.over}>
      <Icon name={how === 'closed' ? 'check' : 'undo'} />
      <p>
        <b>{t(`over.${how}`)}</b>
        {s.refused ? (
          <span role="alert" className={css.unsent}>
            {t('over.unsent', { text: s.refused.text })}
          </span>
        ) : (
          t(`over.${how}.hint`, { customer: s.customer.name })
        )}
      </p>
      <Button onClick={onDismiss}>{t('dismiss')}</Button>
    </div>
  );
}

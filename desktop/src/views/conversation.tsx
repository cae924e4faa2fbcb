import { parts, type Ref, type Row } from '@parley/client';
import { memo, useEffect, useMemo, useRef, useState } from 'react';
import { day, hour } from '../format';
import { useDesk, useDeskActions } from '../hooks/use-desk';
import { useEnd } from '../hooks/use-end';
import { useHotkeys } from '../hooks/use-hotkeys';
import { useVisible } from '../hooks/use-visible';
import type { Session } from '../store';
import { locale, t } from '../strings';
import { type Item, picked, thread } from '../thread';
import { Avatar } from '../ui/avatar';
import { Button } from '../ui/button';
import { Dialog } from '../ui/dialog';
import { Icon, type IconName } from '../ui/icon';
import { altKey } from '../ui/kbd';
import { Menu, MenuGroup, MenuItem } from '../ui/menu';
import { Tip } from '../ui/tip';
import { CloseDialog } from './close-dialog';
import { Composer } from './composer';
import css from './conversation.module.css';
import { HandoverBanner } from './handover';
import { LedgerView } from './ledger';
import { LeftLine } from './left';
import { Until } from './topbar';
import { type Ask, TransferDialog } from './transfer-dialog';

/** One session: who it is, what was said, and the field to answer. */
export function Conversation({ session: s, onDismiss }: { session: Session; onDismiss: () => void }) {
  const [closing, setClosing] = useState(false);
  const [asking, setAsking] = useState<Ask>();
  const [looking, setLooking] = useState(false);
  const { leave } = useDeskActions();
  const banner = useRef<HTMLButtonElement>(null);
  const started = s.rows.findLast((r) => r.kind === 'accepted')?.at;
  const owned = s.standing === 'open' && !s.helping;
  // One at a time: what rings is answered or taken back first.
  const askable = owned && s.handover?.state !== 'rings';
  useHotkeys({ KeyT: () => setAsking('transfer') }, askable && !closing && !looking);
  return (
    <section className={css.conversation} aria-label={s.customer.name}>
      <header className={css.bar}>
        <div className={css.who}>
          <h1>
            <bdi>{s.customer.name}</bdi>
            <span className={css.tag}>{s.queue.name}</span>
            {s.helping && s.owner && (
              <span className={`${css.tag} ${css.help}`}>{t('help.tag', { name: s.owner.name })}</span>
            )}
          </h1>
          <p>
            <Icon name="globe" size={14} />
            <span>
              {s.customer.page?.title ? t('bar.page', { page: s.customer.page.title }) : s.website?.name}
              {started !== undefined && ` · ${t('bar.started', { time: hour(started) })}`}
            </span>
          </p>
        </div>
        <People session={s} />
        {askable && (
          <Tip text={t('transfer.tip', { key: altKey('T') })}>
            <Button
              icon="transfer"
              className={css.short ?? ''}
              aria-keyshortcuts="Alt+T"
              onClick={() => setAsking('transfer')}
            >
              {t('transfer')}
            </Button>
          </Tip>
        )}
        {owned && (
          <Button look="danger" icon="check" onClick={() => setClosing(true)}>
            {t('close')}
          </Button>
        )}
        {s.helping && (
          <Button icon="exit" onClick={() => leave(s.id)}>
            {t('help.leave')}
          </Button>
        )}
        {s.standing !== 'open' && (
          <Button icon="x" onClick={onDismiss}>
            {t('dismiss')}
          </Button>
        )}
        <Menu
          align="end"
          trigger={
            <button type="button" className={css.more} aria-label={t('bar.more')}>
              <Icon name="dots" size={20} />
            </button>
          }
        >
          {askable && (
            <MenuItem icon="help" onClick={() => setAsking('assist')}>
              {t('transfer.assist')}
            </MenuItem>
          )}
          <MenuItem icon="route" onClick={() => setLooking(true)}>
            {t('ledger.open')}
          </MenuItem>
        </Menu>
      </header>
      <HandoverBanner
        session={s}
        button={banner}
        onAgain={(assist) => setAsking(assist ? 'assist' : 'transfer')}
      />
      <Log session={s} />
      <LeftLine session={s} />
      <Idle session={s} />
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
      <Dialog
        wide
        open={looking}
        onClose={() => setLooking(false)}
        title={t('ledger.title', { name: s.customer.name })}
      >
        <div className={css.story}>
          <LedgerView session={s.id} queue={s.queue} />
        </div>
        <div className={css.done}>
          <Button onClick={() => setLooking(false)}>{t('done')}</Button>
        </div>
      </Dialog>
    </section>
  );
}

/** Who else is in the chat: who has it, and who writes along. Whoever has it can end the help. */
function People({ session: s }: { session: Session }) {
  const me = useDesk((d) => d.me?.id);
  const { leave } = useDeskActions();
  const others = [...(s.helping && s.owner ? [s.owner] : []), ...s.assist.filter((a) => a.id !== me)];
  if (s.standing !== 'open' || !others.length) return null;
  return (
    <div className={css.people}>
      {others.map((a) =>
        s.helping ? (
          <Tip key={a.id} text={t(a.id === s.owner?.id ? 'help.has' : 'help.helps', { name: a.name })}>
            <span
              className={css.person}
              role="img"
              aria-label={t(a.id === s.owner?.id ? 'help.has' : 'help.helps', { name: a.name })}
            >
              <Avatar id={a.id} name={a.name} size="s" />
            </span>
          </Tip>
        ) : (
          <Menu
            key={a.id}
            align="end"
            trigger={
              <button type="button" className={css.person} aria-label={t('help.helps', { name: a.name })}>
                <Avatar id={a.id} name={a.name} size="s" />
              </button>
            }
          >
            <MenuGroup label={t('help.helps', { name: a.name })}>
              <MenuItem icon="exit" onClick={() => leave(s.id, a.id)}>
                {t('help.end')}
              </MenuItem>
            </MenuGroup>
          </Menu>
        ),
      )}
    </div>
  );
}

/** Says that the chat will be closed, while that can still be helped. */
function Idle({ session: s }: { session: Session }) {
  return (
    <div role="status">
      {s.idleUntil !== undefined && (
        <p className={css.idle}>
          <Icon name="clock" size={15} />
          <span className="sr">{t('idle.soon')}</span>
          <span aria-hidden="true">
            {t('idle.warning')}{' '}
            <b>
              <Until at={s.idleUntil} />
            </b>
          </span>
        </p>
      )}
    </div>
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
      return <Event row={item.row} from={item.from} session={s} me={me} />;
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
  joined: 'help',
  left: 'exit',
  requeued: 'undo',
  transferred: 'transfer',
  closed: 'check',
  reopened: 'undo',
};

function Event({
  row,
  from,
  session: s,
  me,
}: {
  row: Row;
  from: Ref | undefined;
  session: Session;
  me: string;
}) {
  return (
    <>
      <div className={css.event}>
        <Icon name={signs[row.kind] ?? 'clock'} size={14} />
        <span>{eventText(row, from, s, me)}</span>
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

/** The rows after which a session may be in another queue. */
const MOVES: readonly string[] = ['accepted', 'transferred', 'requeued', 'reopened'] satisfies Row['kind'][];

/** What happened, in a sentence. */
function eventText(row: Row, from: Ref | undefined, s: Session, me: string): string {
  const mine = row.by === me;
  const name = row.name ?? '';
  const customer = s.customer.name;
  switch (row.kind) {
    case 'accepted':
      if (row === picked(s))
        return mine ? t('event.picked.you', { queue: s.queue.name }) : t('event.picked', { name });
      // Which queue it was in is known of the last time only.
      if (mine && s.rows.findLast((r) => MOVES.includes(r.kind)) === row)
        return t('event.accepted.you', { queue: s.queue.name });
      return mine ? t('event.accepted.youThen') : t('event.accepted', { name });
    case 'joined':
      return mine ? t('event.joined.you') : t('event.joined', { name });
    case 'left':
      return mine ? t('event.left.you') : t('event.left', { name });
    case 'requeued': {
      const queue = row.to ?? s.queue.name;
      return row.by ? t('event.requeued.lost', { name, queue }) : t('event.requeued', { queue });
    }
    case 'transferred': {
      const to = row.to ?? s.queue.name;
      // Whoever had it sent it off; else they took it.
      if (row.by === from?.id) return mine ? t('event.sent.you', { to }) : t('event.sent', { name, to });
      if (!from) return mine ? t('event.transferred.you') : t('event.transferred', { name });
      if (from.id === me) return t('event.handed.you', { name });
      return mine
        ? t('event.handed.toYou', { from: from.name })
        : t('event.handed', { name, from: from.name });
    }
    case 'reopened':
      return t('event.reopened', { customer });
    case 'closed':
      if (row.outcome === 'left' || row.outcome === 'abandoned')
        return t('event.closed.customer', { customer });
      if (row.outcome === 'timeout') return t('event.closed.timeout');
      if (row.outcome === 'unmanaged') return t('event.closed.unmanaged');
      if (row.outcome === 'offline') return t('event.closed.offline');
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
  const { draft } = useDeskActions();
  const how = s.standing === 'away' ? 'away' : 'closed';
  const unsent = s.refused?.text ?? s.pending.at(-1)?.text ?? draft(s.id).trim();
  const hint =
    how === 'closed'
      ? t('over.closed.hint', { customer: s.customer.name })
      : s.owner
        ? t('over.away.owner', { name: s.owner.name })
        : t('over.away.queue', { customer: s.customer.name, queue: s.queue.name });
  return (
    <div className={css.over}>
      <Icon name={how === 'closed' ? 'check' : 'undo'} />
      <p>
        <b>{t(`over.${how}`)}</b>
        {unsent ? (
          <span role={s.refused ? 'alert' : undefined} className={css.unsent}>
            {t(s.refused ? 'over.unsent' : 'over.draft', { text: unsent })}
          </span>
        ) : (
          hint
        )}
      </p>
      <Button onClick={onDismiss}>{t('dismiss')}</Button>
    </div>
  );
}

import { useId } from 'react';
import { createPortal } from 'react-dom';
import { clock, languageName } from '../format';
import { useDesk, useDeskActions } from '../hooks/use-desk';
import { useNow } from '../hooks/use-now';
import type { Card, Notice } from '../store';
import { locale, t } from '../strings';
import { Button, IconButton } from '../ui/button';
import { Icon, type IconName } from '../ui/icon';
import { AltKey } from '../ui/kbd';
import { Popover } from '../ui/popover';
import { Ring } from '../ui/ring';
import { Words } from '../ui/words';
import { LedgerView } from './ledger';
import css from './offers.module.css';

/** When an offer is announced a second time, in ms before its end. */
const LAST_CALL = 5000;

/** What wants the agent now: offers that ring, and short news. In the corner, over everything, and never taking the focus. */
export function Corner() {
  const offers = useDesk((d) => d.offers);
  const notices = useDesk((d) => d.notices);
  // Beside the page, not in it: dialogs lie over the page, and an offer over them.
  return createPortal(
    // aria-live also tells Base UI not to hide this from a screen reader while a dialog is open.
    <div className={css.corner} aria-live="off">
      <div className={css.notices} role="status">
        {notices.map((n) => (
          <NoticeCard key={n.id} notice={n} />
        ))}
      </div>
      {offers.map((o, i) => (
        <OfferCard key={o.key} card={o} first={i === 0} />
      ))}
    </div>,
    document.body,
  );
}

function OfferCard({ card, first }: { card: Card; first: boolean }) {
  const { accept, reject } = useDeskActions();
  const now = useNow(250) + useDesk((d) => d.skew);
  const id = useId();
  const o = card.offer;
  const left = o.until - now;
  const language = languageName(o.customer.language, locale);
  const kind = o.by ? o.kind : undefined;
  const by = o.by?.name ?? '';
  return (
    <div
      className={css.offer}
      role="alertdialog"
      aria-modal="false"
      aria-labelledby={`${id}t`}
      aria-describedby={o.note ? `${id}n ${id}q` : `${id}q`}
      data-busy={card.accepting || undefined}
    >
      <header>
        <Ring
          left={left}
          total={o.until - o.offered}
          label={t('offer.left', { n: Math.ceil(Math.max(0, left) / 1000) })}
        />
        <div className={css.who}>
          <h2 id={`${id}t`}>
            {kind ? t(`offer.${kind}`, { by }) : t('offer.new')} · <bdi>{card.name}</bdi>
          </h2>
          <p>
            {o.queue.name}
            {!kind && (
              <>
                {' · '}
                {t('offer.waits')} <b className="num">{clock(now - o.queued)}</b>
              </>
            )}
            {language && ` · ${language}`}
          </p>
        </div>
      </header>
      {/* Said once when the card comes and once more shortly before its end; the ring itself stays silent. */}
      <p className="sr" role="alert">
        {left <= LAST_CALL
          ? t('offer.lastCall', { name: card.name })
          : kind
            ? t(`offer.${kind}.announce`, { by, name: card.name, note: o.note ?? o.question })
            : t('offer.announce', { name: card.name, queue: o.queue.name, question: o.question })}
      </p>
      {o.note && (
        <p className={css.note} id={`${id}n`}>
          <Icon name="note" size={15} />
          <span dir="auto">{o.note}</span>
        </p>
      )}
      <blockquote id={`${id}q`} dir="auto">
        {o.question}
      </blockquote>
      {o.again && (
        <p className={css.again}>
          <Icon name="chat" size={14} />
          {t('offer.again', { name: card.name })}
        </p>
      )}
      <p className={css.from}>
        <Icon name="globe" size={13} />
        {o.website.name}
        {o.others > 0 && <span>{t('offer.others', { n: o.others })}</span>}
      </p>
      <Popover
        title={t('offer.why')}
        trigger={
          <button type="button" className={css.why}>
            {t('offer.why')}
          </button>
        }
      >
        <LedgerView session={o.session} queue={o.queue} offered />
      </Popover>
      {card.problem && (
        <p className={css.problem} role="alert">
          {card.problem}
        </p>
      )}
      <div className={css.acts}>
        <Button disabled={card.accepting} onClick={() => reject(card.key)}>
          {t('offer.reject')}
          {first && <AltKey letter="R" />}
        </Button>
        <Button look="primary" icon="check" disabled={card.accepting} onClick={() => accept(card.key)}>
          {t(card.accepting ? 'offer.accepting' : 'offer.accept')}
          {first && <AltKey letter="A" />}
        </Button>
      </div>
    </div>
  );
}

const looks: Record<Notice['kind'], { icon: IconName; tone: string | undefined }> = {
  taken: { icon: 'user', tone: css.info },
  missed: { icon: 'clock', tone: css.warn },
  kept: { icon: 'clock', tone: css.warn },
  withdrawn: { icon: 'clock', tone: css.info },
  returned: { icon: 'undo', tone: css.warn },
  released: { icon: 'exit', tone: css.info },
  handed: { icon: 'transfer', tone: css.ok },
  sent: { icon: 'transfer', tone: css.ok },
  joined: { icon: 'help', tone: css.ok },
  refused: { icon: 'warn', tone: css.bad },
  note: { icon: 'warn', tone: css.warn },
  done: { icon: 'check', tone: css.ok },
};

function NoticeCard({ notice: n }: { notice: Notice }) {
  const { dismissNotice } = useDeskActions();
  const look = looks[n.kind];
  return (
    <div className={`${css.notice} ${look.tone}`}>
      <Icon name={look.icon} />
      <p>
        {'text' in n ? (
          n.text
        ) : (
          <Words
            of={`notice.${n.kind}`}
            with={{
              who: (
                <b>
                  <bdi>{n.who}</bdi>
                </b>
              ),
              by: (
                <b>
                  <bdi>{n.by}</bdi>
                </b>
              ),
            }}
          />
        )}
      </p>
      {n.act && (
        <Button
          look="quiet"
          onClick={() => {
            n.act?.run();
            dismissNotice(n.id);
          }}
        >
          {n.act.words}
        </Button>
      )}
      <IconButton small icon="x" label={t('notice.dismiss')} onClick={() => dismissNotice(n.id)} />
    </div>
  );
}

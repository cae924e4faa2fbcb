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
import { Ring } from '../ui/ring';
import { Words } from '../ui/words';
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
  return (
    <div
      className={css.offer}
      role="alertdialog"
      aria-modal="false"
      aria-labelledby={`${id}t`}
      aria-describedby={`${id}q`}
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
            {t('offer.new')} · <bdi>{card.name}</bdi>
          </h2>
          <p>
            {o.queue.name} · {t('offer.waits')} <b className="num">{clock(now - o.queued)}</b>
            {language && ` · ${language}`}
          </p>
        </div>
      </header>
      {/* Said once when the card comes and once more shortly before its end; the ring itself stays silent. */}
      <p className="sr" role="alert">
        {t(left > LAST_CALL ? 'offer.announce' : 'offer.lastCall', {
          name: card.name,
          queue: o.queue.name,
          question: o.question,
        })}
      </p>
      <blockquote id={`${id}q`} dir="auto">
        {o.question}
      </blockquote>
      <p className={css.from}>
        <Icon name="globe" size={13} />
        {o.website.name}
        {o.others > 0 && <span>{t('offer.others', { n: o.others })}</span>}
      </p>
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
  withdrawn: { icon: 'clock', tone: css.info },
  returned: { icon: 'undo', tone: css.warn },
  released: { icon: 'exit', tone: css.info },
  handed: { icon: 'transfer', tone: css.ok },
  sent: { icon: 'transfer', tone: css.ok },
  joined: { icon: 'help', tone: css.ok },
  refused: { icon: 'warn', tone: css.bad },
  note: { icon: 'warn', tone: css.warn },
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

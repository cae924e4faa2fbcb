import type { Asked, PastOffer, Ref } from '@parley/client';
import { hour, pace } from '../format';
import { useDesk } from '../hooks/use-desk';
import { useLedger } from '../hooks/use-ledger';
import { useNow } from '../hooks/use-now';
import { bar, deed, excluded, next } from '../ledger';
import { isKey, locale, t, template } from '../strings';
import { Avatar } from '../ui/avatar';
import { Icon } from '../ui/icon';
import css from './ledger.module.css';

/**
 * The story of a session's offers, the last one first: who was asked, what each did and how fast, and who was not asked. `offered`:
 * for whom the last one rings now, and wants to know why.
 */
export function LedgerView({ session, queue, offered }: { session: string; queue: Ref; offered?: boolean }) {
  const { ledger, problem } = useLedger(session);
  const now = useNow() + useDesk((d) => d.skew);
  const last = ledger?.offers.find((o) => offered || !o.kind);
  return (
    <div className={css.ledger} aria-busy={!ledger && !problem}>
      {/* Words that come later: said when they do. */}
      <div role="status" className={css.why}>
        {problem ? (
          <p>{problem}</p>
        ) : !ledger ? (
          <p>{t('ledger.asking')}</p>
        ) : !ledger.offers.length ? (
          <p>{t('ledger.none')}</p>
        ) : (
          last && (
            <p>
              {offered && last.again && `${t('ledger.again')} `}
              {!last.kind && known(`ledger.strategy.${last.strategy}`, { queue: queue.name })}
              {last.kind && t(`ledger.kind.${last.kind}`)}
              {offered && (last.ahead ?? 0) > 0 && ` ${t('ledger.ahead', { n: last.ahead ?? 0 })}`}
            </p>
          )
        )}
      </div>
      <ol className={css.offers}>
        {ledger?.offers.map((o) => (
          <Past key={`${o.generation}.${o.round}`} offer={o} now={now} />
        ))}
      </ol>
    </div>
  );
}

function Past({ offer: o, now }: { offer: PastOffer; now: number }) {
  const others = excluded(o);
  const turn = next(o);
  return (
    <li className={css.offer} data-outcome={o.outcome || 'rings'}>
      <h3>
        <span>{headline(o)}</span>
        <time className="num" dateTime={new Date(o.offered).toISOString()}>
          {hour(o.offered)}
        </time>
      </h3>
      {o.by && <p className={css.rest}>{t('ledger.by', { name: o.by.name })}</p>}
      <ul className={css.people}>
        {o.asked.map((a) => (
          <Person key={a.agent.id} asked={a} offer={o} now={now} />
        ))}
      </ul>
      {turn.length > 0 && <p className={css.rest}>{t('ledger.next', { names: list(turn) })}</p>}
      {others.length > 0 && (
        <p className={css.rest}>
          {t('ledger.excluded')}{' '}
          {others
            .map(({ reason, names }) =>
              t('ledger.excluded.because', {
                names: list(names),
                reason: known(`ledger.reason.${reason}`) || reason,
              }),
            )
            .join('; ')}
          .
        </p>
      )}
    </li>
  );
}

function Person({ asked: a, offer: o, now }: { asked: Asked; offer: PastOffer; now: number }) {
  const me = useDesk((d) => d.me?.id);
  const what = deed(a, o);
  const { from, seen, to } = bar(a, o, now);
  const percent = (part: number) => `${(100 * part).toFixed(1)}%`;
  return (
    <li className={css.person} data-deed={what}>
      <Avatar id={a.agent.id} name={a.agent.name} size="s" />
      <b>
        <bdi>{a.agent.id === me ? t('log.you') : a.agent.name}</bdi>
      </b>
      <span className={css.what}>
        {t(`ledger.${what}`, { after: pace((a.decided || o.ended || now) - o.offered, locale) })}
      </span>
      <span className={css.track} aria-hidden="true">
        <i className={css.bar} style={{ insetInlineStart: percent(from), inlineSize: percent(to - from) }} />
        {seen !== undefined && <i className={css.eye} style={{ insetInlineStart: percent(seen) }} />}
        {(what === 'accepted' || what === 'rejected') && (
          <i className={css.end} style={{ insetInlineStart: percent(to) }}>
            <Icon name={what === 'accepted' ? 'check' : 'x'} size={11} />
          </i>
        )}
      </span>
    </li>
  );
}

/** What an offer was, and how it ended. */
function headline(o: PastOffer): string {
  const taker = o.asked.find((a) => a.decision === 'accepted')?.agent.name ?? '';
  const how = o.outcome === 'rescinded' ? 'accepted' : o.outcome || 'rings';
  const kind = o.kind ?? 'chat';
  return taker && how === 'accepted'
    ? t(`ledger.${kind}.taken`, { name: taker })
    : t(`ledger.outcome.${how}`);
}

const list = (names: readonly string[]) => new Intl.ListFormat(locale, { type: 'conjunction' }).format(names);

/** The words for what the server names, if this version of the desktop has them. */
const known = (key: string, gaps: Record<string, string> = {}) =>
  isKey(key) ? template(key).replace(/\{(\w+)\}/g, (_, gap: string) => gaps[gap] ?? '') : '';

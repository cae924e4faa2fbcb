import type { Letter, Ref } from '@parley/client';
import { type FocusEvent, type KeyboardEvent, type RefObject, useEffect, useRef, useState } from 'react';
import { day, hour, mailto } from '../format';
import { useDesk, useDeskActions } from '../hooks/use-desk';
import { useLetters } from '../hooks/use-letters';
import { useNow } from '../hooks/use-now';
import { useVisible } from '../hooks/use-visible';
import { countLetters, letterKey, uncounted } from '../letters';
import { locale, t } from '../strings';
import { Avatar } from '../ui/avatar';
import { Button } from '../ui/button';
import { Icon } from '../ui/icon';
import { NoMessages } from './empty';
import { subject } from './left';
import css from './messages-view.module.css';

/** How long a message that nobody can answer any more still says why, in ms: long enough to read it. */
const GOES = 6000;
/** Yesterday begins at midnight: often enough for that, in ms. */
const MINUTE = 60_000;

/** What became of a message while it was shown. */
interface Over {
  readonly letter: Letter;
  readonly why: string;
  /** It was said for long enough. */
  readonly said: boolean;
}

/** What customers have left while nobody could answer, the oldest first. */
export default function MessagesView() {
  const { letters, problem, again } = useLetters(useVisible());
  const counted = useDesk((d) => countLetters(d.line));
  const many = useDesk((d) => uncounted(d.line));
  const [over, setOver] = useState<ReadonlyMap<string, Over>>(new Map());
  const [chosen, choose] = useState<string>();
  const now = useNow(MINUTE) + useDesk((d) => d.skew);

  const put = (letter: Letter, why: string, said: boolean) =>
    setOver((was) => new Map(was).set(letterKey(letter), { letter, why, said }));
  const all = merge(letters ?? [], over);
  const queues = distinct(all);
  // The last one of a queue was answered: then there is nothing to choose.
  const queue = queues.length > 1 && queues.some((q) => q.id === chosen) ? chosen : undefined;
  const shown = all.filter((l) => !queue || l.queue.id === queue);
  const open = all.filter((l) => !over.has(letterKey(l))).length;
  // Not all of a long list may have come.
  const n = Math.max(open, counted);

  if (letters && !problem && !all.length) return <NoMessages />;
  return (
    <div className={css.page}>
      <header className={css.head}>
        <h1>{t('messages')}</h1>
        <p role="status" className={problem ? css.problem : ''}>
          {problem ||
            (!letters ? t('messages.looking') : many ? t('messages.many', { n }) : t('messages.left', { n }))}
        </p>
        {queues.length > 1 && (
          <fieldset className={css.queues}>
            <legend className="sr">{t('messages.queues')}</legend>
            {[undefined, ...queues].map((q) => (
              <button
                key={q?.id ?? ''}
                type="button"
                aria-pressed={q?.id === queue}
                onClick={() => choose(q?.id)}
              >
                {q ? <bdi>{q.name}</bdi> : t('messages.all')}{' '}
                <span className="num">{all.filter((l) => !q || l.queue.id === q.id).length}</span>
              </button>
            ))}
          </fieldset>
        )}
      </header>
      <Letters
        letters={shown}
        over={over}
        now={now}
        onOver={(letter, why) => {
          put(letter, why, false);
          again();
        }}
        onSaid={(letter, why) => put(letter, why, true)}
      />
      {counted > all.length && all.length > 0 && <p className={css.more}>{t('messages.more')}</p>}
    </div>
  );
}

/** What is left, and what says why it goes; in the order of the server. */
function merge(letters: readonly Letter[], over: ReadonlyMap<string, Over>): Letter[] {
  const going = [...over.values()].filter((o) => !o.said).map((o) => o.letter);
  return [...letters.filter((l) => !over.has(letterKey(l))), ...going].sort(
    (a, b) => a.at - b.at || (a.session < b.session ? -1 : 1),
  );
}

/** The queues of these messages, by name. */
function distinct(letters: readonly Letter[]): Ref[] {
  const queues = new Map(letters.map(({ queue }) => [queue.id, queue]));
  return [...queues.values()].sort((a, b) => a.name.localeCompare(b.name));
}

function Letters({
  letters,
  over,
  now,
  onOver,
  onSaid,
}: {
  letters: readonly Letter[];
  over: ReadonlyMap<string, Over>;
  now: number;
  onOver: (letter: Letter, why: string) => void;
  onSaid: (letter: Letter, why: string) => void;
}) {
  const list = useRef<HTMLOListElement>(null);
  const noteFocus = useFocusNext(list);
  return (
    <ol ref={list} className={css.letters} aria-label={t('messages')} onKeyDown={walk} onFocus={noteFocus}>
      {letters.map((l) => (
        <Row
          key={letterKey(l)}
          letter={l}
          now={now}
          over={over.get(letterKey(l))?.why}
          onOver={(why) => onOver(l, why)}
          onSaid={(why) => onSaid(l, why)}
        />
      ))}
    </ol>
  );
}

/** Arrows, Home and End move between the messages that can be answered. */
function walk(e: KeyboardEvent<HTMLElement>) {
  const buttons = [...e.currentTarget.querySelectorAll('button')];
  const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[e.key];
  const next = at < 0 || to === undefined ? undefined : buttons[to];
  if (!next) return;
  e.preventDefault();
  next.focus();
}

/** When what has the focus goes, because somebody else answers that message, the focus goes to the next one. */
function useFocusNext(list: RefObject<HTMLElement | null>) {
  const had = useRef<{ it: Element; row: number }>(undefined);
  const rowOf = (it: Element) => [...(list.current?.children ?? [])].findIndex((row) => row.contains(it));
  // After every change of the list.
  useEffect(() => {
    const was = had.current;
    if (!was) return;
    if (was.it.isConnected) {
      was.row = rowOf(was.it);
      return;
    }
    had.current = undefined;
    if (document.activeElement !== document.body) return;
    const rows = [...(list.current?.children ?? [])];
    const near = [...rows.slice(was.row), ...rows.slice(0, was.row).reverse()];
    near
      .map((row) => row.querySelector('button'))
      .find((button) => button)
      ?.focus();
  });
  return ({ target }: FocusEvent) => {
    had.current = { it: target, row: rowOf(target) };
  };
}

function Row({
  letter: l,
  now,
  over,
  onOver,
  onSaid,
}: {
  letter: Letter;
  now: number;
  /** Why it cannot be answered any more. */
  over: string | undefined;
  onOver: (why: string) => void;
  onSaid: (why: string) => void;
}) {
  const { answer } = useDeskActions();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const name = l.customer.name || t('guest');
  const { email } = l.customer;

  const onAnswer = async () => {
    if (busy) return;
    setBusy(true);
    setProblem('');
    const no = await answer(l.session);
    setBusy(false);
    if (no?.over) onOver(no.text);
    else if (no) setProblem(no.text);
  };
  const said = useRef(onSaid);
  said.current = onSaid;
  useEffect(() => {
    if (!over) return;
    const timer = setTimeout(() => said.current(over), GOES);
    return () => clearTimeout(timer);
  }, [over]);

  return (
    <li className={css.letter} data-over={over !== undefined || undefined}>
      <Avatar id={l.customer.id} name={name} />
      <p className={css.who}>
        <b>
          <bdi>{name}</bdi>
        </b>{' '}
        <span className={css.where}>
          <bdi>{l.website.name}</bdi> · <bdi>{l.queue.name}</bdi>
        </span>
      </p>
      <time className={`${css.when} num`} dateTime={new Date(l.at).toISOString()}>
        {day(l.at, now, locale)} {hour(l.at)}
      </time>
      <p className={css.text} dir="auto">
        {l.text}
      </p>
      {(over || problem) && (
        <p className={css.why} role="alert">
          <Icon name={over ? 'user' : 'warn'} size={16} />
          {over ?? problem}
        </p>
      )}
      {!over && email && (
        <a className={css.mail} href={mailto(email, subject(l.website.name))}>
          <Icon name="mail" size={16} />
          <bdi>{email}</bdi>
        </a>
      )}
      {!over && (
        <Button
          look="primary"
          icon="chat"
          className={css.answer ?? ''}
          aria-label={t('messages.answerTo', { name })}
          aria-busy={busy}
          onClick={onAnswer}
        >
          {t('messages.answer')}
        </Button>
      )}
    </li>
  );
}

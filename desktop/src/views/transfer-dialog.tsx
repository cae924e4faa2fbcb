import {
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  useEffect,
  useId,
  useRef,
  useState,
} from 'react';
import { useDesk, useDeskActions } from '../hooks/use-desk';
import { useTeam } from '../hooks/use-team';
import type { Session } from '../store';
import { t } from '../strings';
import { matching, open as openTo, type Target, targets } from '../targets';
import { Avatar } from '../ui/avatar';
import { Button } from '../ui/button';
import { Dialog } from '../ui/dialog';
import { Icon } from '../ui/icon';
import { Slots, StateDot, stateWords } from '../ui/state';
import css from './transfer-dialog.module.css';

/** The contract's limit of a note (functions/wire, Transfer), in characters. */
const MAX_NOTE = 2000;

export type Ask = 'transfer' | 'assist';

/** Hands a chat over, or asks somebody to help in it. Nothing changes for the customer until somebody accepts. */
export function TransferDialog({
  session: s,
  ask,
  onAsk,
  onDone,
  back,
}: {
  session: Session;
  /** What is asked for; undefined while it is closed. */
  ask: Ask | undefined;
  onAsk: (ask: Ask) => void;
  onDone: () => void;
  back: () => HTMLElement | null | undefined;
}) {
  const search = useRef<HTMLInputElement>(null);
  // While it closes it stays what it was.
  const last = useRef<Ask>('transfer');
  if (ask) last.current = ask;
  const what = last.current;
  const shown = ask !== undefined && s.standing === 'open';
  return (
    <Dialog
      open={shown}
      onClose={onDone}
      wide
      first={search}
      back={back}
      title={t(what === 'assist' ? 'transfer.assist.title' : 'transfer.title', { name: s.customer.name })}
    >
      <TransferForm session={s} ask={what} onAsk={onAsk} onDone={onDone} search={search} />
    </Dialog>
  );
}

function TransferForm({
  session: s,
  ask,
  onAsk,
  onDone,
  search,
}: {
  session: Session;
  ask: Ask;
  onAsk: (ask: Ask) => void;
  onDone: () => void;
  search: RefObject<HTMLInputElement | null>;
}) {
  const me = useDesk((d) => d.me?.id ?? '');
  const { transfer, draft } = useDeskActions();
  const { team, problem: silence } = useTeam(true);
  const noteKey = `${s.id}:handover`;
  const rank = useRef(new Map<string, number>());
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState<string>();
  const [blind, setBlind] = useState(false);
  // Kept like a draft: an accepted offer may bring another chat to the front meanwhile.
  const [note, setNote] = useState(() => draft(noteKey));
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');

  const assist = ask === 'assist';
  const all = team ? targets(team, me, s, rank.current) : [];
  const found = matching(all, text);
  const can = found.filter((x) => openTo(x, assist));
  // Else the first who fits what was typed, also when the team comes later: a few letters and Enter are enough.
  const to = can.find((x) => x.id === chosen) ?? (text.trim() ? can[0] : undefined);
  // Nobody there could say yes: asking first would ring for nobody.
  const mustWait = to?.kind === 'queue' && to.queue.available === 0;
  const atOnce = to?.kind === 'queue' && !assist && (blind || mustWait);

  const submit = async () => {
    if (!to || busy) return;
    setBusy(true);
    setProblem('');
    const why = await transfer(s.id, {
      ...(to.kind === 'agent' ? { agent: to.agent.id } : { queue: to.queue.queue.id }),
      ...(assist && { assist }),
      ...(atOnce && { blind: true }),
      ...(note.trim() && { note: note.trim() }),
    });
    setBusy(false);
    if (why) setProblem(why);
    else {
      draft(noteKey, '');
      onDone();
    }
  };

  return (
    <form
      className={css.form}
      onSubmit={(e) => {
        e.preventDefault();
        void submit();
      }}
    >
      <fieldset className={css.modes}>
        <legend className="sr">{t('transfer.what')}</legend>
        {(['transfer', 'assist'] as const).map((what) => (
          <label key={what} className={css.mode}>
            <input
              type="radio"
              name="ask"
              className="sr"
              checked={ask === what}
              onChange={() => onAsk(what)}
            />
            <Icon name={what === 'assist' ? 'help' : 'transfer'} size={16} />
            {t(`transfer.${what}`)}
          </label>
        ))}
      </fieldset>
      <p className={css.text}>
        {t(assist ? 'transfer.assist.text' : atOnce ? 'transfer.blind.text' : 'transfer.text')}
      </p>
      <Picker
        field={search}
        text={text}
        onText={(next) => {
          setText(next);
          setChosen(undefined);
        }}
        found={found}
        chosen={to?.id}
        assist={assist}
        onChoose={setChosen}
      >
        {!team ? (
          <p className={css.nobody}>{silence || t('transfer.looking')}</p>
        ) : (
          found.length === 0 && (
            <p className={css.nobody}>
              {text.trim() ? t('transfer.nobody', { text: text.trim() }) : t('transfer.alone')}
            </p>
          )
        )}
      </Picker>
      {to?.kind === 'queue' && !assist && (
        <fieldset className={css.ways}>
          <legend className="sr">{t('transfer.how')}</legend>
          <Way
            checked={!atOnce}
            disabled={mustWait}
            onChange={() => setBlind(false)}
            title={t('transfer.first')}
            text={mustWait ? t('transfer.first.nobody') : t('transfer.first.hint')}
          />
          <Way
            checked={atOnce === true}
            onChange={() => setBlind(true)}
            title={t('transfer.blind')}
            text={t('transfer.blind.hint')}
          />
        </fieldset>
      )}
      <label className={css.note}>
        <span>
          {t(assist ? 'transfer.assist.note' : 'transfer.note')} <i>{t('optional')}</i>
        </span>
        <textarea
          rows={2}
          maxLength={MAX_NOTE}
          dir="auto"
          value={note}
          onChange={(e) => setNote(draft(noteKey, e.target.value))}
        />
      </label>
      {problem && (
        <p role="alert" className={css.problem}>
          {problem}
        </p>
      )}
      <div className={css.buttons}>
        <Button onClick={onDone}>{t('cancel')}</Button>
        <Button look="primary" type="submit" disabled={!to || busy}>
          {!to
            ? t('transfer.choose')
            : t(assist ? 'transfer.ask' : atOnce ? 'transfer.send' : 'transfer.offer', { to: to.name })}
        </Button>
      </div>
    </form>
  );
}

function Way({
  title,
  text,
  ...rest
}: {
  title: string;
  text: string;
  checked: boolean;
  disabled?: boolean;
  onChange: () => void;
}) {
  return (
    <label className={css.way}>
      <input type="radio" name="way" {...rest} />
      <span>
        <b>{title}</b>
        <small>{text}</small>
      </span>
    </label>
  );
}

/** One field over one list: letters narrow it, arrows choose, Enter is the dialog's. The focus stays in the field. */
function Picker({
  field,
  text,
  onText,
  found,
  chosen,
  assist,
  onChoose,
  children,
}: {
  field: RefObject<HTMLInputElement | null>;
  text: string;
  onText: (text: string) => void;
  found: readonly Target[];
  chosen: string | undefined;
  assist: boolean;
  onChoose: (id: string) => void;
  children: ReactNode;
}) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const can = found.filter((to) => openTo(to, assist));
  const onKeyDown = (e: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (!step || e.altKey || !can.length) return;
    e.preventDefault();
    const at = can.findIndex((to) => to.id === chosen);
    const next = at < 0 ? (step > 0 ? 0 : can.length - 1) : (at + step + can.length) % can.length;
    onChoose(can[next]?.id ?? '');
  };
  useEffect(() => {
    if (chosen) list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);
  const options = (kind: Target['kind']) => {
    const some = found.filter((to) => to.kind === kind);
    return (
      some.length > 0 && (
        // biome-ignore lint/a11y/useSemanticElements: a listbox knows groups by their role only
        <div role="group" aria-labelledby={`${id}${kind}`}>
          <div className={css.heading} id={`${id}${kind}`} role="presentation">
            {t(kind === 'queue' ? 'transfer.queues' : 'transfer.agents')}
          </div>
          {some.map((to) => (
            <Option
              key={to.id}
              id={`${id}${to.id}`}
              target={to}
              chosen={to.id === chosen}
              can={openTo(to, assist)}
              onChoose={() => {
                onChoose(to.id);
                field.current?.focus();
              }}
            />
          ))}
        </div>
      )
    );
  };
  return (
    <div className={css.picker}>
      <div className={css.search}>
        <Icon name="search" size={17} />
        <input
          ref={field}
          role="combobox"
          aria-label={t('transfer.search')}
          aria-expanded="true"
          aria-autocomplete="list"
          aria-controls={`${id}list`}
          aria-activedescendant={chosen && `${id}${chosen}`}
          placeholder={t('transfer.search')}
          autoComplete="off"
          spellCheck={false}
          dir="auto"
          value={text}
          onChange={(e) => onText(e.target.value)}
          onKeyDown={onKeyDown}
        />
      </div>
      <div ref={list} className={css.list} id={`${id}list`} role="listbox" aria-label={t('transfer.list')}>
        {options('queue')}
        {options('agent')}
      </div>
      <div role="status">{children}</div>
    </div>
  );
}

function Option({
  id,
  target: to,
  chosen,
  can,
  onChoose,
}: {
  id: string;
  target: Target;
  chosen: boolean;
  can: boolean;
  onChoose: () => void;
}) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the focus and the keys
    // biome-ignore lint/a11y/useFocusableInteractive: likewise
    <div
      id={id}
      role="option"
      className={css.option}
      aria-selected={chosen}
      aria-disabled={!can}
      onClick={can ? onChoose : undefined}
    >
      {to.kind === 'queue' ? (
        <>
          <span className={css.sign}>
            <Icon name="inbox" size={17} />
          </span>
          <b dir="auto">{to.name}</b>
          <small>{queueWords(to)}</small>
        </>
      ) : (
        <>
          <span className={css.face}>
            <Avatar id={to.agent.id} name={to.name} size="s" />
            <StateDot state={to.agent.next ? 'PAUSED' : to.agent.state} />
          </span>
          <b dir="auto">{to.name}</b>
          <small>{can ? t('status.READY') : stateWords(to.agent)}</small>
          <Slots open={to.agent.open} capacity={to.agent.capacity} />
        </>
      )}
      {chosen && <Icon name="check" size={17} />}
    </div>
  );
}

function queueWords({ queue }: Extract<Target, { kind: 'queue' }>): string {
  const free = queue.available
    ? t('transfer.available', { n: queue.available })
    : t('transfer.available.none');
  return queue.waiting ? `${free} · ${t('transfer.waiting', { n: queue.waiting })}` : free;
}

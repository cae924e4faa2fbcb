import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { useDesk, useDeskActions } from '../hooks/use-desk';
import type { Session } from '../store';
import { t } from '../strings';
import { Button } from '../ui/button';
import css from './composer.module.css';

/** The contract's limit of a message (functions/wire, MaxText), in characters. */
export const MAX_TEXT = 4000;
/** From here on the composer counts down. */
const NEARLY = 3600;

/**
 * Writes to a customer. The draft outlives a reload and a change of tabs; a message that the server refuses comes back into
 * the field with the reason.
 */
export function Composer({ session: s }: { session: Session }) {
  const { send, typing, draft, takeBack } = useDeskActions();
  const link = useDesk((d) => d.link);
  const [text, setText] = useState(() => draft(s.id));
  const [reason, setReason] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  const hint = useId();

  const change = (next: string) => setText(draft(s.id, next));

  // The field is where an agent who opens a chat wants to be, unless they write somewhere else or walk through the tabs.
  useEffect(() => {
    const at = document.activeElement;
    if (!at || at === document.body || at.closest('[role=alertdialog]')) field.current?.focus();
  }, []);

  const refused = s.refused;
  useEffect(() => {
    if (!refused) return;
    const now = draft(s.id);
    const both = now.trim() ? `${refused.text}\n${now}` : refused.text;
    takeBack(refused.cid);
    setReason(refused.message);
    setText(draft(s.id, both));
    field.current?.focus();
  }, [refused, takeBack, draft, s.id]);

  // Characters as people and the server count them, not UTF-16 units.
  const length = text.length > NEARLY / 2 ? Array.from(text).length : text.length;
  const left = MAX_TEXT - length;
  const ready = text.trim() !== '' && left >= 0;

  const submit = () => {
    if (!ready) return;
    send(s.id, text.trim());
    change('');
    setReason('');
    field.current?.focus();
  };
  const onKeyDown = (e: KeyboardEvent) => {
    // Enter also ends the choice of a character in Japanese and others: that is not "send".
    if (e.key !== 'Enter' || e.shiftKey || e.nativeEvent.isComposing) return;
    e.preventDefault();
    submit();
  };

  return (
    <form
      className={css.composer}
      data-bad={left < 0 || reason !== '' || undefined}
      onSubmit={(e) => {
        e.preventDefault();
        submit();
      }}
    >
      <textarea
        ref={field}
        className={css.field}
        aria-label={t('composer.label', { name: s.customer.name })}
        aria-describedby={hint}
        placeholder={t('composer.placeholder')}
        dir="auto"
        rows={1}
        value={text}
        onChange={(e) => {
          change(e.target.value);
          if (e.target.value.trim()) typing(s.id);
        }}
        onKeyDown={onKeyDown}
      />
      <div className={css.tools}>
        <div className={css.state} id={hint}>
          {left < 0 ? (
            <span className={css.bad}>{t('composer.over', { n: -left })}</span>
          ) : reason ? (
            <span className={css.bad} role="alert">
              {t('composer.refused', { reason })}
            </span>
          ) : length > NEARLY ? (
            <span>{t('composer.left', { n: left })}</span>
          ) : link === 'up' ? null : (
            <span>{t('composer.offline')}</span>
          )}
        </div>
        <span className={css.hint}>
          <kbd>Enter</kbd> {t('composer.enter')} <kbd>Shift Enter</kbd> {t('composer.shiftEnter')}
        </span>
        <Button look="primary" icon="send" type="submit" disabled={!ready}>
          {t('composer.send')}
        </Button>
      </div>
    </form>
  );
}

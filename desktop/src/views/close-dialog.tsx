import { useState } from 'react';
import { useDesk, useDeskActions } from '../hooks/use-desk';
import type { Session } from '../store';
import { t } from '../strings';
import { Button } from '../ui/button';
import { Dialog } from '../ui/dialog';
import css from './close-dialog.module.css';

/** The contract's limit of a note (functions/wire, Close), in characters. */
const MAX_NOTE = 2000;

/** Ends a chat: how it ended, and a note for whoever reads it later. Both may stay empty. */
export function CloseDialog({
  session: s,
  open,
  onDone,
}: {
  session: Session;
  open: boolean;
  onDone: () => void;
}) {
  return (
    <Dialog
      open={open && s.standing === 'open'}
      onClose={onDone}
      title={t('close.title', { name: s.customer.name })}
      text={t('close.text')}
    >
      <CloseForm session={s} onDone={onDone} />
    </Dialog>
  );
}

function CloseForm({ session: s, onDone }: { session: Session; onDone: () => void }) {
  const dispositions = useDesk((d) => d.dispositions);
  const { close, draft } = useDeskActions();
  const noteKey = `${s.id}:note`;
  const [disposition, setDisposition] = useState('');
  // Kept like a draft: an accepted offer may bring another chat to the front meanwhile.
  const [note, setNote] = useState(() => draft(noteKey));
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');

  const submit = async () => {
    setBusy(true);
    setProblem('');
    const refusal = await close(s.id, disposition, note.trim());
    setBusy(false);
    if (refusal) setProblem(refusal);
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
      {dispositions.length > 0 && (
        <fieldset>
          <legend>{t('close.disposition')}</legend>
          <div className={css.choices}>
            {dispositions.map((d) => (
              <label key={d} className={css.choice}>
                <input
                  type="radio"
                  name="disposition"
                  className="sr"
                  value={d}
                  checked={d === disposition}
                  onChange={() => setDisposition(d)}
                />
                {d}
              </label>
            ))}
          </div>
        </fieldset>
      )}
      <label className={css.note}>
        <span>
          {t('close.note')} <i>{t('optional')}</i>
        </span>
        <textarea
          rows={3}
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
        <Button onClick={onDone}>{t('close.cancel')}</Button>
        <Button look="primary" type="submit" disabled={busy}>
          {t(busy ? 'close.busy' : 'close')}
        </Button>
      </div>
    </form>
  );
}

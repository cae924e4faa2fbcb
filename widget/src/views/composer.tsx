import type { RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';
import { useTalk } from '../context';
import { Icon } from '../icons';
import { Emojis } from './emojis';

/** As the server counts them (functions/wire/doc.go). */
const LONGEST = 4000;

/** Where messages are written. Enter sends, with Shift it begins a line. */
export function Composer({ hint, field }: { hint: string; field: RefObject<HTMLTextAreaElement | null> }) {
  const { widget, talk, language } = useTalk();
  const { t } = language;
  const [text, setText] = useState(widget.draft);
  const [emojis, setEmojis] = useState<readonly string[]>();
  const over = [...text].length - LONGEST;

  useLayoutEffect(() => {
    const { current } = field;
    if (!current) return;
    current.style.height = 'auto';
    current.style.height = `${current.scrollHeight}px`;
  }, [text]);

  const write = (now: string) => {
    setText(now);
    widget.draft = now;
    const session = talk.session?.view.session;
    if (session && now.trim()) talk.client.typing(session);
  };
  const send = () => {
    if (over > 0 || !text.trim()) return;
    talk.send(text.trim());
    write('');
    setEmojis(undefined);
    field.current?.focus();
  };
  const insert = (emoji: string) => {
    const { current } = field;
    if (!current) return;
    const { selectionStart: from, selectionEnd: to } = current;
    write(text.slice(0, from) + emoji + text.slice(to));
    current.focus();
    // After the text is drawn, behind what was inserted.
    requestAnimationFrame(() => current.setSelectionRange(from + emoji.length, from + emoji.length));
  };

  return (
    <>
      {over > 0 && (
        <div class="err" role="alert" id="over">
          <Icon of="alert" />
          {t('long', { n: over })}
        </div>
      )}
      <form
        class={`comp ${over > 0 ? 'bad' : ''}`}
        onSubmit={(e) => {
          e.preventDefault();
          send();
        }}
      >
        <textarea
          ref={field}
          rows={1}
          // Without a word it goes as the page does.
          dir={text ? 'auto' : undefined}
          enterkeyhint="send"
          aria-label={hint}
          placeholder={hint}
          aria-invalid={over > 0}
          aria-describedby={over > 0 ? 'over' : undefined}
          value={text}
          onInput={(e) => write(e.currentTarget.value)}
          onKeyDown={(e) => {
            if (e.key !== 'Enter' || e.shiftKey || e.isComposing) return;
            e.preventDefault();
            send();
          }}
        />
        <button
          type="button"
          class="ib"
          aria-label={t('emoji')}
          aria-expanded={!!emojis}
          onClick={async () => {
            setEmojis(emojis ? undefined : (await import('../emojis')).EMOJIS);
          }}
        >
          <Icon of="smile" />
        </button>
        <button type="submit" class="ib send" aria-label={t('send')}>
          <Icon of="send" class="turn" />
        </button>
      </form>
      {emojis && <Emojis emojis={emojis} onPick={insert} />}
    </>
  );
}

import type { WebsiteConfig } from '@parley/client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useWidget } from '../context';
import { declined } from '../declined';
import { Icon } from '../icons';
import type { First } from '../widget';

/** As the server counts them (functions/wire/doc.go). */
const LONGEST = { name: 80, text: 4000 };
type Field = 'name' | 'email' | 'text';
type Errors = Partial<Record<Field, string>>;

/**
 * The first message, with what the website wants to know about its writer; or the one that is left for later, where the website
 * takes those while it is as it is. The same fields in the same places, so that nothing is lost when it changes.
 */
export function Welcome({ config }: { config: WebsiteConfig }) {
  const { widget, language } = useWidget();
  const { t } = language;
  const [errors, setErrors] = useState<Errors>({});
  const form = useRef<HTMLFormElement>(null);
  const { open, offline = false } = config;
  const { about, refused } = widget;
  const why = declined(refused);
  useEffect(() => setErrors({}), [offline]);

  const value = (name: string) =>
    form.current?.querySelector<HTMLInputElement>(`[name=${name}]`)?.value.trim() ?? '';
  const keep = () => {
    widget.draft = value('text');
    // The rest of the app comes while they write.
    if (widget.draft) widget.converse().catch(() => {});
    widget.about = { name: value('name'), email: value('email'), queue: value('queue') };
  };
  const submit = (e: Event, later = offline) => {
    e.preventDefault();
    const { name, email, text, queue } = {
      name: value('name'),
      email: value('email'),
      text: value('text'),
      queue: value('queue'),
    };
    const wrong: Errors = {};
    const over = [...text].length - LONGEST.text;
    if ([...name].length > LONGEST.name) wrong.name = t('error.name');
    if (later && !email) wrong.email = t('error.email.needed');
    if (email && !/^\S+@\S+$/.test(email)) {
      wrong.email = t(email.endsWith('@') ? 'error.email' : 'error.email.none');
    }
    if (!text) wrong.text = t(later ? 'error.text' : 'error.question');
    if (over > 0) wrong.text = t('long', { n: over });
    setErrors(wrong);
    const [first] = Object.keys(wrong);
    if (first) {
      form.current?.querySelector<HTMLElement>(`[name=${first}]`)?.focus();
      return;
    }
    const message: First = {
      text,
      ...(name && { name }),
      ...(email && { email }),
      ...(queue && { queue }),
      ...(later && { offline: true }),
    };
    widget.draft = '';
    widget.start(message).catch(() => {
      widget.draft = text;
      setErrors({ text: t('lost') });
    });
  };
  const field = (name: Field, label: string, optional = '') => ({
    label: (
      <label for={name}>
        {label} {optional && <small>{optional}</small>}
      </label>
    ),
    input: {
      name,
      id: name,
      dir: 'auto' as const,
      'aria-invalid': !!errors[name],
      'aria-describedby': errors[name] && `${name}-error`,
      onInput: () => {
        if (errors[name]) setErrors({ ...errors, [name]: undefined });
      },
    },
    error: errors[name] && (
      <span class="err" id={`${name}-error`}>
        <Icon of="alert" />
        {errors[name]}
      </span>
    ),
  });
  const name = field('name', t('name'), t('optional'));
  const email = field('email', t('email'), offline ? '' : t('optional'));
  const text = field('text', t(offline ? 'later.text' : 'question'));

  return (
    <form
      class="body"
      ref={form}
      noValidate
      aria-label={t(offline ? 'later' : 'form')}
      onInput={keep}
      onSubmit={submit}
    >
      <div class="fields">
        {refused && (
          <p class="back" role="alert">
            {why ? t(`declined.${why}`) : refused.message} {t('declined')}
          </p>
        )}
        <p class="hello" dir="auto">
          {offline ? t('later') : config.greeting || t('greeting')}
        </p>
        {/* Always there, so that a change is heard. */}
        <p class="hint" role="status">
          {offline ? t('later.hint') : open !== 'open' && t(`hint.${open}`)}
        </p>
        {/* What was filled in stays, also where it is no longer asked for. */}
        {(config.askName || offline || about.name) && (
          <div class="field" key="name">
            {name.label}
            <input autocomplete="name" defaultValue={about.name} {...name.input} />
            {name.error}
          </div>
        )}
        {(config.askEmail || offline || about.email) && (
          <div class="field" key="email">
            {email.label}
            <input
              type="email"
              inputMode="email"
              autocomplete="email"
              required={offline}
              defaultValue={about.email}
              {...email.input}
            />
            {email.error}
          </div>
        )}
        {config.queues.length > 1 && (
          <div class="field" key="queue">
            <label for="queue">{t('queue')}</label>
            <select name="queue" id="queue">
              {config.queues.map((queue) => (
                <option key={queue.id} value={queue.id} selected={queue.id === about.queue}>
                  {queue.name}
                </option>
              ))}
            </select>
          </div>
        )}
        <div class="field" key="text">
          {text.label}
          <textarea
            rows={3}
            defaultValue={widget.draft}
            {...text.input}
            onKeyDown={(e) => {
              if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) submit(e);
            }}
          />
          {text.error}
        </div>
      </div>
      <div class="act">
        <button type="submit" class="cta">
          <Icon of="send" class="turn" />
          {t(offline ? 'leave' : refused ? 'again' : 'start')}
        </button>
        {offline && refused && (
          <button type="button" class="cta ghost" onClick={(e) => submit(e, false)}>
            {t('again')}
          </button>
        )}
      </div>
    </form>
  );
}

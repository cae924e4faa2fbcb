import type { WebsiteConfig } from '@parley/client';
import { useRef, useState } from 'preact/hooks';
import { useWidget } from '../context';
import { Icon } from '../icons';

/** As the server counts them (functions/wire/doc.go). */
const LONGEST_NAME = 80;

type Field = 'name' | 'email' | 'text';
type Errors = Partial<Record<Field, string>>;

/** The first message, with what the website wants to know about its writer. */
export function Welcome({ config }: { config: WebsiteConfig }) {
  const { widget, language } = useWidget();
  const { t } = language;
  const [errors, setErrors] = useState<Errors>({});
  const form = useRef<HTMLFormElement>(null);
  const { open } = config;

  const submit = (e: Event) => {
    e.preventDefault();
    if (!form.current) return;
    const data = new FormData(form.current);
    const value = (name: string) => String(data.get(name) ?? '').trim();
    const name = value('name');
    const email = value('email');
    const text = value('text');
    const queue = value('queue');
    const wrong: Errors = {};
    if ([...name].length > LONGEST_NAME) wrong.name = t('error.name');
    if (email && !/^\S+@\S+$/.test(email)) {
      wrong.email = email.endsWith('@') ? t('error.email') : t('error.email.none');
    }
    if (!text) wrong.text = t('error.question');
    setErrors(wrong);
    const [first] = Object.keys(wrong);
    if (first) {
      form.current.querySelector<HTMLElement>(`[name=${first}]`)?.focus();
      return;
    }
    widget.draft = '';
    widget
      .start({ text, ...(name && { name }), ...(email && { email }), ...(queue && { queue }) })
      .catch(() => {
        widget.draft = text;
        setErrors({ text: t('lost') });
      });
  };
  const clear = (name: Field) => errors[name] && setErrors({ ...errors, [name]: undefined });
  const field = (name: Field) => ({
    name,
    id: name,
    dir: 'auto' as const,
    'aria-invalid': !!errors[name],
    'aria-describedby': errors[name] && `${name}-error`,
    onInput: () => clear(name),
  });
  const error = (name: Field) =>
    errors[name] && (
      <span class="err" id={`${name}-error`}>
        <Icon of="alert" />
        {errors[name]}
      </span>
    );

  return (
    <form class="body" ref={form} noValidate aria-label={t('form')} onSubmit={submit}>
      <div class="fields">
        <p class="hello" dir="auto">
          {config.greeting || t('greeting')}
        </p>
        {/* Always there, so that a change is heard. */}
        <p class="hint" role="status">
          {open !== 'open' && t(`hint.${open}`)}
        </p>
        {config.askName && (
          <div class="field">
            <label for="name">
              {t('name')} <small>{t('optional')}</small>
            </label>
            <input autocomplete="name" {...field('name')} />
            {error('name')}
          </div>
        )}
        {config.askEmail && (
          <div class="field">
            <label for="email">
              {t('email')} <small>{t('optional')}</small>
            </label>
            <input type="email" inputMode="email" autocomplete="email" {...field('email')} />
            {error('email')}
          </div>
        )}
        {config.queues.length > 1 && (
          <div class="field">
            <label for="queue">{t('queue')}</label>
            <select name="queue" id="queue">
              {config.queues.map((queue) => (
                <option key={queue.id} value={queue.id}>
                  {queue.name}
                </option>
              ))}
            </select>
          </div>
        )}
        <div class="field">
          <label for="text">{t('question')}</label>
          <textarea
            rows={3}
            {...field('text')}
            defaultValue={widget.draft}
            onInput={(e) => {
              widget.draft = e.currentTarget.value;
              // The rest of the app comes while they write.
              widget.converse().catch(() => {});
              clear('text');
            }}
            onKeyDown={(e) => {
              if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) submit(e);
            }}
          />
          {error('text')}
        </div>
      </div>
      <div class="act">
        <button type="submit" class="cta">
          <Icon of="send" class="turn" />
          {open === 'closed' ? t('leave') : t('start')}
        </button>
      </div>
    </form>
  );
}

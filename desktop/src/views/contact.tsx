import type { ReactNode } from 'react';
import { clock, hour, languageName, mailto } from '../format';
import { useDesk } from '../hooks/use-desk';
import type { Session } from '../store';
import { locale, t } from '../strings';
import { type Step, story } from '../thread';
import { Avatar } from '../ui/avatar';
import { Icon, type IconName } from '../ui/icon';
import css from './contact.module.css';

/** Who the agent talks to: what the customer told us and where they are. Nothing is shown that we do not know. */
export function Contact({ session: s }: { session: Session }) {
  const { customer } = s;
  const language = languageName(customer.language, locale);
  return (
    <aside className={css.side} aria-label={t('contact.label')}>
      <div className={css.who}>
        <Avatar id={customer.id} name={customer.name} size="l" />
        <div>
          <h2>
            <bdi>{customer.name}</bdi>
          </h2>
          {s.website && <p>{t('contact.on', { website: s.website.name })}</p>}
        </div>
      </div>
      <section>
        <dl className={css.facts}>
          {customer.email && (
            <Fact icon="mail" label={t('contact.email')}>
              <a href={mailto(customer.email)}>{customer.email}</a>
            </Fact>
          )}
          {language && (
            <Fact icon="language" label={t('contact.language')}>
              {language}
            </Fact>
          )}
          {s.website && (
            <Fact icon="shop" label={t('contact.website')}>
              {s.website.name}
            </Fact>
          )}
          <Fact icon="inbox" label={t('contact.queue')}>
            {s.queue.name}
          </Fact>
        </dl>
      </section>
      {customer.page?.url && (
        <section>
          <h3>{t('contact.page')}</h3>
          <a className={css.page} href={customer.page.url} target="_blank" rel="noopener noreferrer">
            <Icon name="page" size={17} />
            <span>
              <b dir="auto">{customer.page.title || address(customer.page.url)}</b>
              <small>{address(customer.page.url)}</small>
            </span>
          </a>
        </section>
      )}
      <Story session={s} />
    </aside>
  );
}

function Fact({ icon, label, children }: { icon: IconName; label: string; children: ReactNode }) {
  return (
    <>
      <dt>
        <Icon name={icon} size={16} />
        <span className="sr">{label}</span>
      </dt>
      <dd>{children}</dd>
    </>
  );
}

/** An address without what says nothing: scheme and a lone slash. */
function address(url: string): string {
  try {
    const u = new URL(url);
    return u.host + (u.pathname === '/' ? '' : u.pathname);
  } catch {
    return url;
  }
}

function Story({ session: s }: { session: Session }) {
  const me = useDesk((d) => d.me?.id);
  const steps = story(s).reverse();
  if (!steps.length) return null;
  return (
    <section>
      <h3>{t('story')}</h3>
      <ol className={css.trail}>
        {steps.map((step, i) => (
          <li key={step.key}>
            <span>
              {i === 0 && step.what === 'closed' && s.disposition
                ? t('story.closed.as', { disposition: s.disposition })
                : words(step, me)}
            </span>
            <time className="num" dateTime={new Date(step.at).toISOString()}>
              {hour(step.at)}
            </time>
          </li>
        ))}
      </ol>
    </section>
  );
}

function words(step: Step, me: string | undefined): string {
  const after = step.after === undefined ? '' : clock(step.after);
  const name = step.name ?? '';
  switch (step.what) {
    case 'accepted':
      return step.by === me ? t('story.accepted.you', { after }) : t('story.accepted', { name, after });
    case 'picked':
      return step.by === me ? t('story.picked.you', { after }) : t('story.picked', { name, after });
    case 'joined':
    case 'transferred':
      return step.by === me ? t(`story.${step.what}.you`) : t(`story.${step.what}`, { name });
    case 'sent':
      return t('story.sent', { to: step.to ?? '' });
    case 'replied':
      return t('story.replied', { after });
    default:
      return t(`story.${step.what}`);
  }
}

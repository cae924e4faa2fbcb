import type { View, WebsiteConfig } from '@parley/client';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useWidget } from '../context';
import { Icon } from '../icons';
import type { Language } from '../texts';
import type { Widget } from '../widget';
import { Avatar } from './avatar';
import { Welcome } from './welcome';

/** The network may be gone for so long before we speak of it, in milliseconds: a socket is often back in less. */
const SILENT = 1_500;

export interface PanelProps {
  /** It covers the page: nothing else can be reached. */
  modal: boolean;
  /** Opened by the customer just now, not restored with the page: it takes the focus. */
  focus: boolean;
}

/** The widget's window: who is there, the conversation or the way into one, and what is wrong when something is. */
export function Panel({ modal, focus }: PanelProps) {
  const { widget, language } = useWidget();
  const { t } = language;
  const { session, config, going, talk, View: Conversation } = widget;
  const view = session?.view;
  const section = useRef<HTMLElement>(null);
  const [notice, setNotice] = useState('');
  const down = useDown(!!talk?.client.state.ready && going && !talk.client.state.up);

  const arrived = useRef(false);
  useLayoutEffect(() => {
    const { current } = section;
    if (!focus || !current) return;
    // Later, when a form comes or goes, the focus follows; but nobody is fetched back from elsewhere on the page.
    const root = current.getRootNode() as ShadowRoot;
    const within = root.activeElement;
    const page = document.activeElement;
    const lost = (!within || within === current) && (!page || page === document.body || page === root.host);
    if (arrived.current && !lost) return;
    arrived.current = true;
    (current.querySelector<HTMLElement>('input, textarea') ?? current).focus({ preventScroll: true });
  }, [focus, going, !config, !Conversation]);

  const { title, subtitle, agent } = heading(widget, language);
  const active = view?.state === 'ACTIVE';
  const closed = view?.state === 'CLOSED';

  const end = async () => {
    try {
      setNotice('');
      await talk?.end();
    } catch (e) {
      // A refusal is a sentence for people; anything else is the network.
      setNotice('code' in (e as object) ? (e as Error).message : t('lost'));
    }
  };

  return (
    <section
      class="panel"
      role="dialog"
      aria-modal={modal}
      aria-labelledby="title"
      lang={language.tag}
      tabIndex={-1}
      ref={section}
      onKeyDown={(e) => {
        if (e.key === 'Escape') widget.toggle(false);
      }}
    >
      <header class="head">
        {agent && <Avatar name={agent} here={active} />}
        <div class="grow">
          <h2 id="title">
            <bdi>{title ?? config?.name ?? t('panel.unnamed')}</bdi>
          </h2>
          <p>
            {config?.open === 'open' && !going && <i class="dot" />}
            <bdi>{subtitle}</bdi>
          </p>
        </div>
        {going && <More ending={!!session && !closed} onEnd={end} />}
        <button type="button" class="ib" aria-label={t('minimise')} onClick={() => widget.toggle(false)}>
          <Icon of="down" />
        </button>
      </header>
      <div class="bar" role="status">
        {down && t('down')}
      </div>
      {notice && (
        <div class="bar bad" role="alert">
          {notice}
        </div>
      )}
      {going && Conversation ? (
        <Conversation />
      ) : config && !going ? (
        <Welcome config={config} />
      ) : (
        <div class="body mid" role={widget.trouble ? 'alert' : 'status'}>
          <p>{t(widget.trouble ?? 'loading')}</p>
          {widget.trouble === 'failed' && (
            <button type="button" class="cta ghost" onClick={() => widget.again()}>
              {t('again')}
            </button>
          )}
        </div>
      )}
      <footer class="foot">{t('by')}</footer>
    </section>
  );
}

interface Heading {
  title?: string | undefined;
  subtitle?: string;
  /** Who is pictured: the agent who is there, or who closed the session. */
  agent?: string | undefined;
}

/** What the panel is about now. */
function heading({ session, config, going, talk }: Widget, language: Language): Heading {
  const { t } = language;
  if (!going) return config ? front(config, language) : {};
  const view = session?.view;
  if (view?.state === 'ACTIVE') {
    return { title: view.agent?.name, agent: view.agent?.name, subtitle: company(language, view) };
  }
  if (view?.state !== 'CLOSED') {
    return { title: view?.queue.name, subtitle: t(talk?.leaving ? 'sending' : 'waiting') };
  }
  const last = session?.rows.at(-1);
  // Behind the end of a session there can only be messages for later.
  if (view.outcome === 'offline' && last?.kind !== 'closed') {
    return { title: t('done'), subtitle: t('done.later') };
  }
  const agent = last?.kind === 'closed' ? last.name : undefined;
  return {
    title: agent ? t('closed.by', { name: agent.split(' ')[0] ?? '' }) : t('closed'),
    subtitle: t(talk?.later ? 'later' : 'closed.again'),
    agent,
  };
}

/** Where the customer is, and who writes along. */
function company({ t, tag }: Language, { queue, assist = [] }: View): string {
  if (!assist.length) return queue.name;
  const names = assist.map(({ name }) => name.split(' ')[0] ?? '');
  return t('with', { queue: queue.name, names: new Intl.ListFormat(tag).format(names) });
}

/** How the website is. */
function front({ name, open, opens, wait }: WebsiteConfig, language: Language): Heading {
  const { t } = language;
  if (open !== 'open') {
    return { title: t(`open.${open}`), subtitle: opens ? language.opens(opens, Date.now()) : name };
  }
  return { title: name, subtitle: wait ? t('open.wait', { time: language.wait(wait) }) : t('open.open') };
}

/** True when something has been true for a while. */
function useDown(now: boolean): boolean {
  const [down, setDown] = useState(false);
  useEffect(() => {
    if (!now) {
      setDown(false);
      return;
    }
    const timer = setTimeout(() => setDown(true), SILENT);
    return () => clearTimeout(timer);
  }, [now]);
  return down;
}

/** What is rarely wanted, behind one button. */
function More({ ending, onEnd }: { ending: boolean; onEnd(): void }) {
  const { widget, language } = useWidget();
  const { t } = language;
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const choose = (run: () => void) => () => {
    setOpen(false);
    button.current?.focus();
    run();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: hears the keys of the buttons inside
    <div
      class="more"
      onKeyDown={(e) => {
        if (e.key !== 'Escape' || !open) return;
        e.stopPropagation();
        setOpen(false);
        button.current?.focus();
      }}
      onFocusOut={(e) => {
        if (!e.currentTarget.contains(e.relatedTarget as Node | null)) setOpen(false);
      }}
    >
      <button
        type="button"
        class="ib"
        ref={button}
        aria-label={t('more')}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Icon of="dots" class="fat" />
      </button>
      {open && (
        <div class="menu">
          <button
            type="button"
            onClick={choose(() => {
              widget.muted = !widget.muted;
            })}
          >
            <Icon of={widget.muted ? 'bell' : 'mute'} />
            {t(widget.muted ? 'unmute' : 'mute')}
          </button>
          {ending && (
            <button type="button" onClick={choose(onEnd)}>
              <Icon of="end" class="turn" />
              {t('end')}
            </button>
          )}
        </div>
      )}
    </div>
  );
}

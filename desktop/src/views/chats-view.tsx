import { Tabs } from '@base-ui/react/tabs';
import { useEffect, useRef, useState } from 'react';
import { useLocation, useRoute } from 'wouter';
import { useDesk, useDeskActions } from '../hooks/use-desk';
import { useTitle } from '../hooks/use-title';
import type { Session } from '../store';
import { t } from '../strings';
import css from './chats-view.module.css';
import { Contact } from './contact';
import { Conversation } from './conversation';
import { Empty } from './empty';
import { TabStrip } from './tabs';

/** The chats: a tab each, one in front. Which one is in the address, so a reload opens it again. */
export function ChatsView() {
  const sessions = useDesk((d) => d.sessions);
  const { dismiss } = useDeskActions();
  const [, navigate] = useLocation();
  const list = useRef<HTMLDivElement>(null);
  const current = useFront();

  const select = (id: string) => navigate(`/chats/${id}`, { replace: true });
  const onDismiss = (s: Session) => {
    const i = sessions.indexOf(s);
    const next = sessions[i + 1] ?? sessions[i - 1];
    dismiss(s.id);
    if (next) select(next.id);
    else navigate('/', { replace: true });
    requestAnimationFrame(() => focusTab(list.current));
  };
  // A tab may go by itself, when a colleague took the chat. The focus that was in it goes to the next tab, never into the
  // next chat's field: what the agent was writing would land there.
  const front = useRef(current?.id);
  useEffect(() => {
    const went = front.current !== undefined && !sessions.some((s) => s.id === front.current);
    front.current = current?.id;
    const at = document.activeElement;
    if (went && (!at || at === document.body || list.current?.contains(at))) focusTab(list.current);
  }, [sessions, current?.id]);

  if (!current) return <Empty />;
  return (
    <div className={css.chats}>
      <Tabs.Root value={current.id} onValueChange={select} className={css.front} ref={list}>
        <TabStrip />
        <Tabs.Panel value={current.id} className={css.panel}>
          <Conversation key={current.id} session={current} onDismiss={() => onDismiss(current)} />
        </Tabs.Panel>
      </Tabs.Root>
      <Contact session={current} />
    </div>
  );
}

/** The session in front, while the chats are. */
function useFront(): Session | undefined {
  const sessions = useDesk((d) => d.sessions);
  const [, params] = useRoute('/chats/:session');
  return sessions.find((s) => s.id === params?.session) ?? sessions[0];
}

/** The desk on every page: its title, and the voice of messages that nobody looks at. */
export function Herald({ chats }: { chats: boolean }) {
  const front = useFront();
  const current = chats ? front : undefined;
  useDeskTitle(current);
  return <NewMessages current={current} />;
}

/** The tab that had the focus is gone: the one in front has it. */
function focusTab(list: HTMLElement | null) {
  list?.querySelector<HTMLElement>('[aria-selected=true]')?.focus();
}

/** The page's title: who is in front, how many messages wait; an offer takes turns with it. */
function useDeskTitle(current: Session | undefined) {
  const unread = useDesk((d) => d.sessions.reduce((n, s) => n + s.unread, 0));
  const offers = useDesk((d) => d.offers);
  const base = current ? t('title.session', { name: current.customer.name }) : t('title');
  const first = offers[0];
  useTitle(
    unread ? t('title.unread', { n: unread, title: base }) : base,
    first &&
      t(first.offer.kind ? `title.${first.offer.kind}` : 'title.offer', {
        n: offers.length,
        name: first.name,
        by: first.offer.by?.name ?? '',
      }),
  );
}

/** One voice for messages in tabs that are not in front. The one in front speaks by its own log. */
function NewMessages({ current }: { current: Session | undefined }) {
  const sessions = useDesk((d) => d.sessions);
  const { ping } = useDeskActions();
  const [said, say] = useState('');
  const before = useRef(sessions);
  useEffect(() => {
    for (const s of sessions) {
      const old = before.current.find((b) => b.id === s.id);
      if (!old || s.unread <= old.unread) continue;
      if (s.id !== current?.id) say(t('announce.message', { name: s.customer.name }));
      if (s.id !== current?.id || document.visibilityState !== 'visible') ping();
    }
    before.current = sessions;
  }, [sessions, current?.id, ping]);
  return (
    <div className="sr" role="status">
      {said}
    </div>
  );
}

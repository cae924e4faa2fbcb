import { Tooltip } from '@base-ui/react/tooltip';
import { lazy, Suspense } from 'react';
import { useDesk, useDeskActions } from '../hooks/use-desk';
import { useHotkeys } from '../hooks/use-hotkeys';
import { usePage } from '../hooks/use-page';
import { t } from '../strings';
import { Button } from '../ui/button';
import { Icon } from '../ui/icon';
import { ChatsView, Herald } from './chats-view';
import css from './desk-view.module.css';
import { Outdated } from './empty';
import { Corner } from './offers';
import { Rail } from './rail';
import { Topbar } from './topbar';

/** What an agent opens now and then, or never, is no part of the first page. A page that was open over an update has to be loaded again to find it. */
const outdated = () => ({ default: Outdated });
const MessagesView = lazy(() => import('./messages-view').catch(outdated));
const TeamView = lazy(() => import('./team-view').catch(outdated));

/** The desk of a signed-in agent. */
export function DeskView({ onSignIn, onSignOut }: { onSignIn: () => void; onSignOut: () => void }) {
  const { acceptOldest, rejectOldest } = useDeskActions();
  const ringing = useDesk((d) => d.offers.length > 0);
  const page = usePage();
  useHotkeys({ KeyA: acceptOldest, KeyR: rejectOldest }, ringing);
  return (
    <Tooltip.Provider delay={400}>
      <div className={css.desk}>
        <Rail onSignOut={onSignOut} />
        <Topbar />
        <main className={css.main}>
          <Connection onSignIn={onSignIn} />
          <Herald chats={page === 'chats'} />
          {page === 'chats' ? (
            <ChatsView />
          ) : (
            <Suspense>{page === 'team' ? <TeamView /> : <MessagesView />}</Suspense>
          )}
        </main>
        <Corner />
      </div>
    </Tooltip.Provider>
  );
}

/** Says that the line is down. A stable element, so that its words are read out when they come. */
function Connection({ onSignIn }: { onSignIn: () => void }) {
  const link = useDesk((d) => d.link);
  const down = link === 'down' || link === 'refused';
  return (
    <div role="status" className={css.status}>
      {down && (
        <div className={css.banner}>
          <Icon name="cloud" />
          <p>{t(`link.${link}`)}</p>
          <Button look="quiet" onClick={onSignIn}>
            {t('link.again')}
          </Button>
        </div>
      )}
    </div>
  );
}

import { Tooltip } from '@base-ui/react/tooltip';
import { lazy, Suspense } from 'react';
import { useRoute } from 'wouter';
import { useDesk, useDeskActions } from '../hooks/use-desk';
import { useHotkeys } from '../hooks/use-hotkeys';
import { t } from '../strings';
import { Button } from '../ui/button';
import { Icon } from '../ui/icon';
import { ChatsView, Herald } from './chats-view';
import css from './desk-view.module.css';
import { Outdated } from './empty';
import { Corner } from './offers';
import { Rail } from './rail';
import { Topbar } from './topbar';

/** For supervisors only, so nobody else downloads it. A page that was open over an update has to be loaded again to find it. */
const TeamView = lazy(() => import('./team-view').catch(() => ({ default: Outdated })));

/** The desk of a signed-in agent. */
export function DeskView({ onSignIn, onSignOut }: { onSignIn: () => void; onSignOut: () => void }) {
  const { acceptOldest, rejectOldest } = useDeskActions();
  const ringing = useDesk((d) => d.offers.length > 0);
  const supervisor = useDesk((d) => d.me?.supervisor === true);
  const [atTeam] = useRoute('/team');
  const team = atTeam && supervisor;
  useHotkeys({ KeyA: acceptOldest, KeyR: rejectOldest }, ringing);
  return (
    <Tooltip.Provider delay={400}>
      <div className={css.desk}>
        <Rail onSignOut={onSignOut} />
        <Topbar />
        <main className={css.main}>
          <Connection onSignIn={onSignIn} />
          <Herald chats={!team} />
          {team ? (
            <Suspense>
              <TeamView />
            </Suspense>
          ) : (
            <ChatsView />
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

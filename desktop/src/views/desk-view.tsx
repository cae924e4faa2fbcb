import { Tooltip } from '@base-ui/react/tooltip';
import { useDesk, useDeskActions } from '../hooks/use-desk';
import { useHotkeys } from '../hooks/use-hotkeys';
import { t } from '../strings';
import { Button } from '../ui/button';
import { Icon } from '../ui/icon';
import { ChatsView } from './chats-view';
import css from './desk-view.module.css';
import { Corner } from './offers';
import { Rail } from './rail';
import { Topbar } from './topbar';

/** The desk of a signed-in agent. */
export function DeskView({ onSignIn, onSignOut }: { onSignIn: () => void; onSignOut: () => void }) {
  const { acceptOldest, rejectOldest } = useDeskActions();
  const ringing = useDesk((d) => d.offers.length > 0);
  useHotkeys({ KeyA: acceptOldest, KeyR: rejectOldest }, ringing);
  return (
    <Tooltip.Provider delay={400}>
      <div className={css.desk}>
        <Rail onSignOut={onSignOut} />
        <Topbar />
        <main className={css.main}>
          <Connection onSignIn={onSignIn} />
          <ChatsView />
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

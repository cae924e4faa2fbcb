import type { RefObject } from 'react';
import { useDesk, useDeskActions } from '../hooks/use-desk';
import { useNow } from '../hooks/use-now';
import type { Handover, Session } from '../store';
import { type Key, t } from '../strings';
import { Button, IconButton } from '../ui/button';
import { Icon } from '../ui/icon';
import { Ring } from '../ui/ring';
import { Words } from '../ui/words';
import css from './handover.module.css';

/**
 * What was offered to somebody: while it rings there, and afterwards if nobody took it. The element stays, so that a screen reader
 * hears each once; the button stays too, so that the focus is never lost.
 */
export function HandoverBanner({
  session: s,
  button,
  onAgain,
}: {
  session: Session;
  /** The one thing to do here. */
  button: RefObject<HTMLButtonElement | null>;
  onAgain: (assist: boolean) => void;
}) {
  const { takeBackOffer, forgetHandover } = useDeskActions();
  const h = s.handover;
  // How it ended is for whoever asked.
  const shown = h && (h.state === 'rings' || !s.helping) ? h : undefined;
  return (
    <div role="status">
      {shown && (
        <div className={css.banner} data-state={shown.state}>
          {shown.state === 'rings' ? <Countdown of={shown} /> : <Icon name="undo" />}
          <p>
            <Words of={words(shown)} with={{ to: <b dir="auto">{shown.to.name}</b> }} />{' '}
            {shown.state === 'rings' && !s.helping && (
              <span>{t(shown.assist ? 'handover.assist.hint' : 'handover.rings.hint')}</span>
            )}
          </p>
          {!s.helping && (
            <Button
              ref={button}
              onClick={() => (shown.state === 'rings' ? void takeBackOffer(s.id) : onAgain(shown.assist))}
            >
              {t(shown.state === 'rings' ? 'handover.takeBack' : 'handover.again')}
            </Button>
          )}
          {shown.state !== 'rings' && (
            <IconButton small icon="x" label={t('notice.dismiss')} onClick={() => forgetHandover(s.id)} />
          )}
        </div>
      )}
    </div>
  );
}

function words(h: Handover): Key {
  if (h.state === 'rings') return h.assist ? 'handover.assist' : 'handover.rings';
  return h.queue ? `handover.queue.${h.state}` : `handover.${h.state}`;
}

function Countdown({ of: h }: { of: Handover }) {
  const now = useNow(250) + useDesk((d) => d.skew);
  const left = h.until - now;
  return (
    <Ring
      calm
      left={left}
      total={h.until - h.from}
      label={t('offer.left', { n: Math.ceil(Math.max(0, left) / 1000) })}
    />
  );
}

import { useEffect, useState } from 'preact/hooks';
import { useTalk } from '../context';

/** Nobody has written for long: how much time is left to do so, on the server's clock. Only a message counts. */
export function Idle({ until, onWrite }: { until: number; onWrite(): void }) {
  const { talk, language } = useTalk();
  const { t } = language;
  const { clock } = talk.client;
  const [now, setNow] = useState(clock.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(clock.now()), 1_000);
    return () => clearInterval(timer);
  }, [clock]);
  const left = Math.max(0, Math.ceil((until - now) / 1_000));
  const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
  return (
    <div class="idle">
      {/* Said once; a countdown that is read out would drown everything else. */}
      <span class="sr" role="alert">
        {t('idle')}
      </span>
      <span class="grow" aria-hidden="true">
        {left ? t('idle.in', { time }) : t('idle.now')}
      </span>
      <button type="button" class="pill" onClick={onWrite}>
        {t('idle.write')}
      </button>
    </div>
  );
}

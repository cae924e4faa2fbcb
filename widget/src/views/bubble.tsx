import { parts } from '@parley/client/links';
import { useTalk } from '../context';
import { declined } from '../declined';
import { Icon } from '../icons';
import type { Item } from '../thread';

type BubbleItem = Extract<Item, { is: 'bubble' }>;

const TICKS = { sending: 'clock', sent: 'check', read: 'checks', unsent: 'alert' } as const;

/** One message. The last of a group carries its time, who wrote it, and how far it has come. */
export function Bubble({ item }: { item: BubbleItem }) {
  const { talk, language } = useTalk();
  const { t, time } = language;
  const who = item.mine ? t('you') : (item.name ?? t('agent'));
  const first = who.split(' ')[0];
  const { failed } = item;
  const why = declined(failed?.failed);
  return (
    <>
      <div class={`m ${item.mine ? 'v' : 'a'} ${item.last ? 'z' : ''} ${failed ? 'bad' : ''}`}>
        <span class="sr">{`${who}, ${time(item.at)}: `}</span>
        {/* Goes as its own words do; the bubble, as the page. */}
        <div dir="auto">
          <Text text={item.text} />
        </div>
      </div>
      {failed ? (
        <div class="meta v bad">
          <Icon of="alert" />
          <span>
            {t('unsent')}: <bdi>{why ? t(`declined.${why}`) : failed.failed?.message}</bdi>
          </span>
          {why && (
            <button type="button" onClick={() => talk.client.retry(item.key, true)}>
              {t('leave.this')}
            </button>
          )}
          <button type="button" onClick={() => talk.client.retry(item.key)}>
            {t('retry')}
          </button>
          <button type="button" onClick={() => talk.client.discard(item.key)}>
            {t('discard')}
          </button>
        </div>
      ) : (
        item.last && (
          <div class={`meta ${item.mine ? 'v' : ''}`}>
            {!item.mine && (
              <>
                <bdi>{first}</bdi> ·
              </>
            )}
            <span>{time(item.at)}</span>
            {item.progress && (
              <>
                <Icon of={TICKS[item.progress]} />
                <span>{t(item.progress)}</span>
              </>
            )}
          </div>
        )
      )}
    </>
  );
}

/** A text with its links. Nothing in it is ever read as markup. */
export function Text({ text }: { text: string }) {
  return (
    <>
      {parts(text).map((part) =>
        part.href ? (
          <a href={part.href} target="_blank" rel="noopener noreferrer nofollow">
            {part.text}
          </a>
        ) : (
          part.text
        ),
      )}
    </>
  );
}

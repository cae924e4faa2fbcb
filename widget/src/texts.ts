import { type Translate, translator } from '@parley/client/i18n';
import en from './texts/en.json';

/** The widget's texts in one language, with its dates and times. */
export interface Language {
  tag: string;
  /** The direction of our own sentences; what people write finds its own. */
  dir: 'ltr' | 'rtl';
  t: Translate<typeof en>;
  /** 14:02 */
  time(at: number): string;
  /** Today, Yesterday, or 21 November 2026. */
  day(at: number, now: number): string;
  /** "Opens tomorrow at 9:00", where the reader is. */
  opens(at: number, now: number): string;
  /** "about 2 minutes", for an estimate in seconds. */
  wait(seconds: number): string;
}

const RTL = /^(ar|fa|he|ur)\b/;

/** The minutes that a wait is said in; from the last of them on it is an hour, or more. */
const STEPS = [1, 2, 3, 4, 5, 10, 15, 20, 30, 45];

/** Each language besides English is a file of its own, fetched when it is wanted. */
const OTHERS: Record<string, () => Promise<{ default: typeof en }>> = {};

/** Picks the first language that we have: the owner's choice, the page's, the reader's (`own`). */
export async function language(
  wanted: readonly (string | undefined)[],
  own: readonly string[],
): Promise<Language> {
  for (const tag of [...wanted, ...own]) {
    const base = baseOf(tag);
    if (!tag || !base) continue;
    // A page that says "en" leaves it to the reader how they write the time.
    const closest = tag.includes('-') ? tag : (own.find((other) => baseOf(other) === base) ?? tag);
    if (base === 'en') return english(closest);
    const texts = await OTHERS[base]?.().catch(() => undefined);
    if (texts) return make(texts.default, closest);
  }
  return english('en');
}

function baseOf(tag: string | undefined): string | undefined {
  return tag?.split('-')[0]?.toLowerCase();
}

export function english(tag = 'en'): Language {
  return make(en, tag);
}

function make(texts: typeof en, wanted: string): Language {
  // What a page says in lang="" need not be a language tag.
  const [tag = 'en'] = supported(wanted);
  const t = translator(texts, tag);
  const time = new Intl.DateTimeFormat(tag, { timeStyle: 'short' });
  const date = new Intl.DateTimeFormat(tag, { dateStyle: 'long' });
  return {
    tag,
    dir: RTL.test(tag) ? 'rtl' : 'ltr',
    t,
    time: (at) => time.format(at),
    day: (at, now) => {
      const ago = days(at, now);
      return ago === 0 ? t('today') : ago === 1 ? t('yesterday') : date.format(at);
    },
    opens: (at, now) => {
      const ahead = days(now, at);
      if (ahead < 2) return t(ahead < 1 ? 'opens.today' : 'opens.tomorrow', { time: time.format(at) });
      const day = new Intl.DateTimeFormat(
        tag,
        ahead < 7 ? { weekday: 'long' } : { day: 'numeric', month: 'long' },
      );
      return t('opens.day', { day: day.format(at), time: time.format(at) });
    },
    wait: (seconds) => {
      // An estimate is never exact: steps that grow, and rather too long than too short.
      if (seconds < 45) return t('wait.short');
      const n = STEPS.find((minutes) => seconds <= minutes * 60);
      return n ? t('wait', { n }) : t(seconds > 3_600 ? 'wait.long' : 'wait.hour');
    },
  };
}

/** How many midnights lie between two times. */
function days(from: number, to: number): number {
  return Math.round((midnight(to) - midnight(from)) / 86_400_000);
}

function supported(tag: string): string[] {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(tag);
  } catch {
    return [];
  }
}

export function midnight(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

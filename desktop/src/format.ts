/** A length of time as a clock shows it: 0:42, 12:05, 2:14:09. */
export function clock(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number) => String(n).padStart(2, '0');
  const h = Math.floor(s / 3600);
  const m = Math.floor((s % 3600) / 60);
  return h ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
}

/** How long somebody took: 0.8s, 4.2s, and from ten seconds on as a clock. */
export function pace(ms: number, locale: string): string {
  if (ms >= 10_000) return clock(ms);
  const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  const seconds = { style: 'unit', unit: 'second', unitDisplay: 'narrow', ...digits } as const;
  return new Intl.NumberFormat(locale, seconds).format(Math.floor(Math.max(0, ms) / 100) / 10);
}

/** The first letters of the first and the last word; of a script that joins its letters, the whole first word. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/u).filter(Boolean);
  const first = words[0] ?? '';
  if (/^[\p{Script=Arabic}\p{Script=Syriac}]/u.test(first)) return first.slice(0, 4);
  const letter = (w: string) => Array.from(w)[0]?.toLocaleUpperCase() ?? '';
  const last = words.length > 1 ? (words.at(-1) ?? '') : '';
  return letter(first) + letter(last) || '?';
}

/** One of n, always the same for the same text. */
export function pick(text: string, n: number): number {
  let h = 2166136261;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619);
  return (h >>> 0) % n;
}

/** "French" for fr-CA, in the language of the desktop; nothing for what is no language. */
export function languageName(tag: string | undefined, locale: string): string {
  if (!tag) return '';
  try {
    const name = new Intl.DisplayNames(locale, { type: 'language', fallback: 'none' }).of(
      new Intl.Locale(tag).language,
    );
    return name ?? '';
  } catch {
    return '';
  }
}

const hours = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });

/** The hour of a moment, as this machine writes it: 14:02 or 2:02 PM is a matter of the region, not of the words. */
export const hour = (at: number) => hours.format(at);

/** A link that writes to somebody. Whatever an address contains, it stays one: customers type it. */
export function mailto(address: string, subject = ''): string {
  const to = encodeURIComponent(address).replaceAll('%40', '@');
  return `mailto:${to}${subject && `?subject=${encodeURIComponent(subject)}`}`;
}

/** True when two moments are on one day of this machine's calendar. */
export const sameDay = (a: number, b: number) => new Date(a).toDateString() === new Date(b).toDateString();

/** "Today", "Yesterday", else the date. */
export function day(at: number, now: number, locale: string): string {
  for (const back of [0, -1]) {
    const d = new Date(now);
    d.setDate(d.getDate() + back);
    if (!sameDay(at, d.getTime())) continue;
    const word = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(back, 'day');
    return word.charAt(0).toLocaleUpperCase(locale) + word.slice(1);
  }
  return new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long' }).format(at);
}

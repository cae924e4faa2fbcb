import { translator } from '@parley/client';
import en from './locales/en.json';

export type Key = keyof typeof en;

/** The language of the desktop's words, dates and numbers. */
export const locale = 'en';

/** The words for a name, with its gaps filled. */
export const t = translator<typeof en>(en, locale);

/** The words with their gaps open, for sentences with elements in them (ui/words.tsx). */
export function template(key: Key): string {
  const text = en[key];
  return typeof text === 'string' ? text : text.other;
}

/** Whether there are words for something that the server names. */
export const isKey = (key: string): key is Key => Object.hasOwn(en, key);

/** Texts by name. A text may be a set of plural forms, chosen by `{n}`; `other` is always there. */
export type Texts = Record<string, string | Plural>;
/** The forms of CLDR that a language may have, and texts for exact numbers (`=1`), which win. */
export type Plural = { other: string } & Partial<Record<Intl.LDMLPluralRule | `=${number}`, string>>;

/** A text with its `{gaps}` filled; `n` chooses the plural form and is written in the language's digits. */
export type Translate<T extends Texts> = (name: keyof T, gaps?: Record<string, string | number>) => string;

/** Letters of scripts that run right to left: a name in them must not turn the sentence around it. */
const OTHER_WAY = /[\u0590-\u08ff\ufb1d-\ufefc]/;

/** Makes the function that translates into one language. The names are checked by the compiler. */
export function translator<T extends Texts>(texts: T, language: string): Translate<T> {
  const plural = new Intl.PluralRules(language);
  const number = new Intl.NumberFormat(language);
  const form = (entry: Plural, n: number) => entry[`=${n}`] ?? entry[plural.select(n)] ?? entry.other;
  return (name, gaps = {}) => {
    const entry = texts[name] ?? String(name);
    const text = typeof entry === 'string' ? entry : form(entry, Number(gaps.n));
    return text.replace(/\{(\w+)\}/g, (_, gap: string) => {
      const value = gaps[gap] ?? '';
      if (typeof value === 'number') return number.format(value);
      return OTHER_WAY.test(value) ? `\u2068${value}\u2069` : value;
    });
  };
}

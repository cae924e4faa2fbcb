/** Pairs of ground and ink, readable on each other in both themes. */
const PAIRS = [
  ['#f2c6a0', '#5b2c10'],
  ['#cfe3ff', '#173f7a'],
  ['#e4dcff', '#43308c'],
  ['#cfead6', '#1c4a2b'],
  ['#ffd9e0', '#7c1d37'],
] as const;

/** The initials of a person, always in the same colours. */
export function Avatar({ name, here = false }: { name: string; here?: boolean }) {
  let sum = 0;
  for (const char of name) sum += char.codePointAt(0) ?? 0;
  const [ground, ink] = PAIRS[sum % PAIRS.length] ?? PAIRS[0];
  return (
    <div class="av" style={{ background: ground, color: ink }} aria-hidden="true">
      {initials(name)}
      {here && <i />}
    </div>
  );
}

export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const ends = words.length > 1 ? [words[0], words.at(-1)] : words;
  return ends
    .map((word) => [...(word ?? '')][0] ?? '')
    .join('')
    .toLocaleUpperCase();
}

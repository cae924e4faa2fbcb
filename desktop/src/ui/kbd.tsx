/** What this machine's keyboard writes on the key that is `Alt` elsewhere. */
const ALT = /Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌥' : 'Alt';

/** The keys of a shortcut with Alt, as this keyboard names them. */
export const altKey = (letter: string) => `${ALT} ${letter}`;

/** The keys of a shortcut with Alt, as a hint. The button that they press has the words. */
export function AltKey({ letter }: { letter: string }) {
  return <kbd>{altKey(letter)}</kbd>;
}

/** A piece of a text; a link when it has an address. */
export interface Part {
  text: string;
  href?: string;
}

const ADDRESS = /\bhttps?:\/\/[^\s<>"'`\u2018-\u201f]+/gi;
const TRAILING = /[.,;:!?*_~…)\]}]+$/;

/**
 * Splits a text into plain parts and links (http and https only; anything else stays text). Views make text nodes and anchors
 * of them, so that no markup of a message is ever interpreted.
 */
export function parts(text: string): Part[] {
  const out: Part[] = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const href = trim(match[0]);
    if (!URL.canParse(href)) continue;
    if (match.index > end) out.push({ text: text.slice(end, match.index) });
    out.push({ text: href, href });
    end = match.index + href.length;
  }
  if (end < text.length) out.push({ text: text.slice(end) });
  return out;
}

/** Takes off the punctuation of the sentence around an address, but not a bracket that was opened inside it. */
function trim(address: string): string {
  let rest = address;
  for (;;) {
    const tail = TRAILING.exec(rest)?.[0].at(-1);
    if (!tail || (tail === ')' && rest.split('(').length >= rest.split(')').length)) return rest;
    rest = rest.slice(0, -1);
  }
}

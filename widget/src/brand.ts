/** The owner's colour as the widget uses it: custom properties of the design tokens, each readable on what it lies on. */
export type Palette = Record<`--${string}`, string>;

type Rgb = readonly [number, number, number];

const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [0, 0, 0];
const SURFACE = { light: WHITE, dark: [19, 27, 25] as Rgb };
const READABLE = 4.5; // WCAG 2.2, contrast of text

/** The colour of text and icons on a colour: white where it is readable, else black. One of the two always is. */
export function ink(hex: string): string {
  return inkOn(rgb(hex));
}

function inkOn(ground: Rgb): string {
  return contrast(WHITE, ground) >= READABLE ? '#fff' : '#000';
}

/** Whether a text is a colour that we take: #rgb or #rrggbb. */
export function isColour(text: string | undefined): text is string {
  return /^#([\da-f]{3}|[\da-f]{6})$/i.test(text ?? '');
}

/** Derives what the tokens call brand, for one theme. */
export function palette(hex: string, dark: boolean): Palette {
  const own = rgb(hex);
  const surface = dark ? SURFACE.dark : SURFACE.light;
  // As text on the surface (ticks, numbers) it has to move away from the surface until that is readable.
  let text = own;
  for (let step = 1; step <= 10 && contrast(text, surface) < READABLE; step++) {
    text = mix(own, dark ? WHITE : BLACK, step / 10);
  }
  const head = dark ? mix(own, SURFACE.dark, 0.5) : own;
  const headInk = inkOn(head);
  return {
    '--brand': css(own),
    '--brand-ink': inkOn(own),
    '--brand-text': css(text),
    '--brand-soft': css(mix(text, surface, 0.86)),
    '--head': css(head),
    // The gradient goes away from the ink, so that its far end is at least as readable.
    '--head-2': css(mix(head, headInk === '#fff' ? BLACK : WHITE, 0.3)),
    '--head-ink': headInk,
  };
}

function rgb(hex: string): Rgb {
  const digits = hex.length === 4 ? hex.replace(/[\da-f]/gi, '$&$&') : hex;
  const n = Number.parseInt(digits.slice(1), 16);
  return [n >> 16, (n >> 8) & 255, n & 255];
}

function css(c: Rgb): string {
  return `rgb(${c.join(' ')})`;
}

function mix(a: Rgb, b: Rgb, part: number): Rgb {
  return a.map((v, i) => Math.round(v + ((b[i] ?? 0) - v) * part)) as unknown as Rgb;
}

/** Contrast as WCAG defines it, 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminance(c: Rgb): number {
  const [r, g, b] = c.map((v) => (v <= 10 ? v / 3294.6 : ((v / 255 + 0.055) / 1.055) ** 2.4)) as [
    number,
    number,
    number,
  ];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

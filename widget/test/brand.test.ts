// @vitest-environment node
import { expect, test } from 'vitest';
import { contrast, ink, isColour, palette } from '../src/brand';

const parse = (colour: string | undefined) => {
  if (colour === '#fff') return [255, 255, 255] as const;
  if (colour === '#000') return [0, 0, 0] as const;
  const [r = 0, g = 0, b = 0] = (colour ?? '').match(/\d+/g)?.map(Number) ?? [];
  return [r, g, b] as const;
};
const OWNERS = [
  '#0b6b5b',
  '#ffb703',
  '#000',
  '#fff',
  '#e11d48',
  '#777777',
  '#00f',
  '#7fffd4',
  '#1a1a2e',
  '#ffff00',
];

test.each(OWNERS.flatMap((hex) => [[hex, false] as const, [hex, true] as const]))(
  'whatever the owner chooses is readable: %s, dark %s',
  (hex, dark) => {
    const colours = palette(hex, dark);
    const surface = dark ? ([19, 27, 25] as const) : ([255, 255, 255] as const);
    const pairs = {
      'text on bubbles': [colours['--brand'], colours['--brand-ink']],
      'text on the head': [colours['--head'], colours['--head-ink']],
      'text on the far end of the head': [colours['--head-2'], colours['--head-ink']],
    };
    for (const [what, [ground, on]] of Object.entries(pairs)) {
      expect(contrast(parse(ground), parse(on)), what).toBeGreaterThanOrEqual(4.5);
    }
    expect(contrast(parse(colours['--brand-text']), surface), 'ticks on the surface').toBeGreaterThanOrEqual(
      4.4,
    );
  },
);

test('the launcher’s icon is readable too', () => {
  expect([ink('#0b6b5b'), ink('#ffb703'), ink('#fff')]).toEqual(['#fff', '#000', '#000']);
});

test('takes colours only', () => {
  expect(['#abc', '#A1B2C3', 'red', '#abcd', 'url(x)', undefined].map(isColour)).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
});

// @vitest-environment node
import { expect, test } from 'vitest';
import { parts } from './links';

test.each([
  ['plain text stays one part', 'no link here', [{ text: 'no link here' }]],
  [
    'a link between words',
    'see https://a.example/x?y=1 now',
    [
      { text: 'see ' },
      { text: 'https://a.example/x?y=1', href: 'https://a.example/x?y=1' },
      { text: ' now' },
    ],
  ],
  [
    'the full stop belongs to the sentence',
    'https://a.example/x.',
    [{ text: 'https://a.example/x', href: 'https://a.example/x' }, { text: '.' }],
  ],
  [
    'brackets around a link are not part of it, brackets inside are',
    '(http://a.example/b_(c))',
    [{ text: '(' }, { text: 'http://a.example/b_(c)', href: 'http://a.example/b_(c)' }, { text: ')' }],
  ],
  ['other schemes are text', 'javascript:alert(1) ftp://x', [{ text: 'javascript:alert(1) ftp://x' }]],
  ['what cannot be parsed is text', 'http://[', [{ text: 'http://[' }]],
  ['markup is text', '<b>x</b>', [{ text: '<b>x</b>' }]],
  ['nothing', '', []],
])('%s', (_, text, want) => {
  expect(parts(text)).toEqual(want);
});

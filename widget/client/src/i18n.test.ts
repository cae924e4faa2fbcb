// @vitest-environment node
import { expect, test } from 'vitest';
import { translator } from './i18n';

const texts = {
  joined: '{name} joined',
  unread: { zero: 'لا رسائل', one: 'رسالة', two: 'رسالتان', few: '{n} رسائل', other: '{n} new' },
};

test('fills gaps', () => {
  const t = translator(texts, 'en');
  expect(t('joined', { name: '$& Marta' })).toBe('$& Marta joined');
  expect(t('joined')).toBe(' joined');
});

test('keeps a name of the other direction apart from the sentence', () => {
  expect(translator(texts, 'en')('joined', { name: 'سارة' })).toBe('\u2068سارة\u2069 joined');
});

test('chooses the plural form of the language, and its digits', () => {
  expect(translator(texts, 'en')('unread', { n: 1 })).toBe('رسالة');
  expect(translator(texts, 'en')('unread', { n: 1234 })).toBe('1,234 new');
  expect(translator(texts, 'ar-EG')('unread', { n: 3 })).toBe('٣ رسائل');
  expect(translator(texts, 'ar-EG')('unread', { n: 0 })).toBe('لا رسائل');
});

test('a text for an exact number wins', () => {
  const t = translator({ place: { '=1': 'You’re next', other: 'You’re number {n}' } }, 'en');
  expect(t('place', { n: 1 })).toBe('You’re next');
  expect(t('place', { n: 2 })).toBe('You’re number 2');
});

test('misses no form: a language without it takes the other one', () => {
  expect(translator({ unread: { other: '{n} neu' } }, 'de')('unread', { n: 1 })).toBe('1 neu');
});

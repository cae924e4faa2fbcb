import { expect, test } from 'vitest';
import { clock, day, initials, languageName, mailto, pace, pick } from '../src/format';

test.each([
  [-500, '0:00'],
  [42_000, '0:42'],
  [725_900, '12:05'],
  [8_049_000, '2:14:09'],
])('clock shows %d ms as %s', (ms, shown) => {
  expect(clock(ms)).toBe(shown);
});

test.each([
  [-3, '0.0s'],
  [840, '0.8s'],
  [9990, '9.9s'],
  [10_000, '0:10'],
  [12_400, '0:12'],
])('somebody who took %d ms took %s', (ms, shown) => {
  expect(pace(ms, 'en')).toBe(shown);
});

test.each([
  ['Ana Lima', 'AL'],
  ['  marta  de la  cruz ', 'MC'],
  ['Cher', 'C'],
  ['ليلى حسن', 'ليلى'],
  ['😀 Smith', '😀S'],
  ['', '?'],
])('initials of "%s" are %s', (name, letters) => {
  expect(initials(name)).toBe(letters);
});

test.each([
  ['fr-CA', 'French'],
  ['pt', 'Portuguese'],
  ['not a tag', ''],
  ['', ''],
  [undefined, ''],
])('the language of %s is "%s"', (tag, name) => {
  expect(languageName(tag, 'en')).toBe(name);
});

test('a day is named from today', () => {
  const noon = new Date(2026, 4, 20, 12).getTime();
  expect(day(noon, noon, 'en')).toBe('Today');
  expect(day(noon - 24 * 3_600_000, noon, 'en')).toBe('Yesterday');
  expect(day(noon - 72 * 3_600_000, noon, 'en')).toBe('Sunday, May 17');
});

test.each([
  ['ana.lima@example.com', '', 'mailto:ana.lima@example.com'],
  [
    'ana@example.com',
    'Fern & Fable: 100 %',
    'mailto:ana@example.com?subject=Fern%20%26%20Fable%3A%20100%20%25',
  ],
  ['a@b.example?bcc=all@b.example', '', 'mailto:a@b.example%3Fbcc%3Dall@b.example'],
])('mail to %s with the subject "%s" is %s', (address, subject, href) => {
  expect(mailto(address, subject)).toBe(href);
});

test('the same id always gets the same tone', () => {
  expect(pick('c-ana', 6)).toBe(pick('c-ana', 6));
  expect(new Set(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((id) => pick(id, 6))).size).toBeGreaterThan(3);
});

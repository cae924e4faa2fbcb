// @vitest-environment node
import { expect, test } from 'vitest';
import { english, language } from '../src/texts';

const AT = new Date(2026, 10, 24, 14, 2).getTime();

test('the owner’s choice, the page’s, then the reader’s', async () => {
  expect((await language([undefined, 'xx'], ['qq', 'en-AU'])).tag).toBe('en-AU');
  expect((await language(['en-NZ', 'en'], ['en-AU'])).tag).toBe('en-NZ');
  expect((await language([''], [])).tag).toBe('en');
});

test('a page in English leaves it to the reader how they write the time', async () => {
  expect((await language(['en'], ['pt-PT', 'en-GB'])).time(AT)).toBe('14:02');
  expect((await language(['en'], ['pt-PT'])).time(AT)).toMatch(/2:02\sPM/);
});

test('what is no language tag is English', async () => {
  expect((await language(['en_not a tag!'], [])).t('send')).toBe('Send message');
});

test('says days as people do', () => {
  const { day } = english('en-GB');
  const hours = (n: number) => AT + n * 3_600_000;
  expect([day(AT, AT), day(hours(-15), AT), day(hours(-40), AT)]).toEqual([
    'Today',
    'Yesterday',
    '22 November 2026',
  ]);
});

test('says when a website opens as people do, by the clock of the reader', () => {
  const { opens } = english('en-GB');
  const at = (day: number, hour: number) => new Date(2026, 10, day, hour).getTime();
  expect([at(24, 16), at(25, 9), at(26, 9), at(30, 9), at(31, 9)].map((time) => opens(time, AT))).toEqual([
    'Opens at 16:00',
    'Opens tomorrow at 09:00',
    'Opens on Thursday at 09:00',
    'Opens on Monday at 09:00',
    'Opens on 1 December at 09:00',
  ]);
  expect(english('en-US').opens(at(25, 9), AT)).toMatch(/^Opens tomorrow at 9:00\sAM$/);
});

test('counts places in the line', () => {
  const { t } = english();
  expect([1, 2, 4].map((n) => t('waiting.place', { n }))).toEqual([
    'You’re next',
    'You’re second in line',
    'You’re number 4 in line',
  ]);
});

test('says a wait in rounded words, rather too long than too short', () => {
  const { wait } = english();
  expect([5, 44, 60, 61, 150, 299, 301, 660, 1_700, 2_000, 3_000, 3_600, 3_700].map(wait)).toEqual([
    'less than a minute',
    'less than a minute',
    'about a minute',
    'about 2 minutes',
    'about 3 minutes',
    'about 5 minutes',
    'about 10 minutes',
    'about 15 minutes',
    'about 30 minutes',
    'about 45 minutes',
    'about an hour',
    'about an hour',
    'more than an hour',
  ]);
});

export { Clock } from './clock';
export { type Plural, type Texts, type Translate, translator } from './i18n';
export { newId } from './ids';
export { type Part, parts } from './links';
export { Sound } from './sound';
export type * from './wire.gen';

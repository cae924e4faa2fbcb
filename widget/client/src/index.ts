export type * from './wire.gen';

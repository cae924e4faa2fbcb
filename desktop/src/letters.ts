import type { Letter, QueueState } from '@parley/client';
import { TRAY } from '@parley/client/agent';

/** What names a message. A customer may leave another one in the same session, later. */
export const letterKey = ({ session, at }: Letter) => `${session} ${at}`;

/** How many messages wait for an answer, as far as they are counted. */
export const countLetters = (line: readonly QueueState[]): number =>
  line.reduce((n, q) => n + (q.messages ?? 0), 0);

/** There may be more than are counted. */
export const uncounted = (line: readonly QueueState[]): boolean =>
  line.some((q) => (q.messages ?? 0) >= TRAY);

import type { ErrorCode } from '@parley/client';

/** Why a website takes no chat at the moment, though it may take a message for later. */
export type Declined = 'full' | 'closed' | 'nobody';

const DECLINED: Partial<Record<ErrorCode, Declined>> = {
  licence_full: 'full',
  not_open: 'closed',
  nobody: 'nobody',
};

/** Whether a message was refused for such a reason: another time, or left for later, it is taken. */
export function declined(failed: { code: ErrorCode } | undefined): Declined | undefined {
  return failed && DECLINED[failed.code];
}

import type { CallRecord } from '../sip';
import { CALL_CLASSES, type CallClass } from './catalogue';

const REQUEST_TERMINATED = 487;

/** How a call ended, as one of a few words. */
export function callClass({ answeredAt, end }: Pick<CallRecord, 'answeredAt' | 'end'>): CallClass {
  if (answeredAt) return 'answered';
  if (end.code === REQUEST_TERMINATED && end.by === 'caller') return 'cancelled';
  const known = CALL_CLASSES.find((word) => word === `${Math.floor(end.code / 100)}xx`);
  return known ?? '5xx';
}

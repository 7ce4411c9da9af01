import { transactionLifetime } from '../transaction';
import type { Ground } from './ground';
import type { Leg } from './leg';

/** Subscriptions that state no duration end after this (RFC 6665 leaves it to the package). */
const DEFAULT_EXPIRES_S = 3_600;
const LONGEST_S = 86_400;

/**
 * Lets a subscription's dialog go when its time is over and neither side has renewed it: RFC 6665
 * §4.1.2, §4.2.2. An unsubscription (0) leaves time for the last NOTIFY.
 */
export function watchSubscription(ground: Ground, leg: Leg, seconds: number | undefined): void {
  const duration = Math.min(seconds ?? DEFAULT_EXPIRES_S, LONGEST_S) * 1000;
  leg.expireAfter(duration + transactionLifetime(ground.timers));
}

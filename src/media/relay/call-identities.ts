import { type Clock, randomIds } from '../../core';
import type { CallIdentity } from './fork-reports';

/**
 * One identity for each call with a line: a random CNAME (RFC 7022 §5) and the wall clock as it was
 * when the call began. A step of the host's clock in mid-call moves no stream against another.
 */
export class CallIdentities {
  readonly #calls = new Map<string, { readonly identity: CallIdentity; lines: number }>();

  constructor(private readonly clock: Pick<Clock, 'now' | 'wall'>) {}

  /** Another line of the call. */
  enter(callId: string): CallIdentity {
    let call = this.#calls.get(callId);
    if (!call) {
      const wallOffset = this.clock.wall().getTime() - this.clock.now();
      const cname = Buffer.from(randomIds.token(12), 'hex').toString('base64');
      call = { identity: { cname, wallOffset }, lines: 0 };
      this.#calls.set(callId, call);
    }
    call.lines += 1;
    return call.identity;
  }

  /** A line of the call is gone. */
  leave(callId: string): void {
    const call = this.#calls.get(callId);
    if (call && --call.lines === 0) this.#calls.delete(callId);
  }
}

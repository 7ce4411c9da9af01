import { raised, refreshHeaders, sessionOf } from '../dialog';
import type { SipRequest } from '../message';
import type { ClientFailure, InboundResponse } from '../transaction';
import { acknowledge } from './acknowledge';
import type { Fork } from './fork';
import type { Ground } from './ground';
import type { SendUser } from './journey';
import type { Leg } from './leg';

/**
 * Refreshes a session as its refresher, RFC 4028 §7.4: by UPDATE without a body where the peer takes
 * UPDATE, else by re-INVITE with the last session description of ours, unread. The application sees
 * nothing of it.
 */
export function refreshSession(ground: Ground, leg: Leg): void {
  const fork = leg.current;
  const { session } = leg;
  if (!fork || !session || leg.state !== 'confirmed') return;
  const method = fork.allowsUpdate || !leg.localSession ? 'UPDATE' : 'INVITE';
  const offers = method === 'INVITE';
  if (!leg.gate.mayBegin(method, offers)) {
    leg.refreshFailed(491);
    return;
  }
  const own = [...refreshHeaders(session, ground.limits.minSe)];
  if (offers && leg.localSession) own.push(leg.localSession.type);
  const made = leg.draft(method, own, {
    fork,
    ...(offers && leg.localSession ? { body: leg.localSession.body } : {}),
  });
  if (!made) return;
  leg.gate.request('local', method, offers);
  const user = new Refresh(ground, leg, fork, method);
  ground.sender.send(made.draft, user, (departure) => {
    if (departure.ok) user.request = departure.transaction.request;
    else user.onFailure('failed');
  });
}

/** One refresh on its way. */
class Refresh implements SendUser {
  request: SipRequest | undefined;
  #answered = false;

  constructor(
    private readonly ground: Ground,
    private readonly leg: Leg,
    private readonly fork: Fork,
    private readonly method: 'INVITE' | 'UPDATE',
  ) {}

  onResponse(inbound: InboundResponse): void {
    const response = inbound.message;
    if (response.status < 200) return;
    // A 2xx that comes again wants its ACK again.
    if (response.status < 300) this.#acknowledge();
    if (this.#answered) return;
    this.#answered = true;
    this.leg.gate.response('local', this.method, response.status, response.body.length > 0);
    this.leg.gate.acknowledged();
    if (response.status < 300) {
      this.fork.dialog.refreshTarget(response);
      this.leg.setSession(sessionOf(response, this.ground.limits.minSe));
      return;
    }
    this.#refused(inbound);
  }

  onFailure(failure: ClientFailure): void {
    this.leg.gate.response('local', this.method, 408, false);
    this.leg.refreshFailed(failure === 'timed-out' ? 408 : 503);
  }

  #refused(inbound: InboundResponse): void {
    const response = inbound.message;
    const { session } = this.leg;
    if (response.status === 422 && session) {
      const wanted = raised(session, response);
      if (wanted !== session) {
        this.leg.setSession(wanted);
        refreshSession(this.ground, this.leg);
        return;
      }
    }
    if (this.method === 'UPDATE' && (response.status === 405 || response.status === 501)) {
      this.fork.allowsUpdate = false;
    }
    this.leg.refreshFailed(response.status);
  }

  #acknowledge(): void {
    if (this.method !== 'INVITE' || !this.request) return;
    acknowledge(this.ground, this.leg, this.fork, this.request, undefined, () => {});
  }
}

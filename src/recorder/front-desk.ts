import { Fault, type Log } from '../core';
import { parseSdp, type SessionDescription } from '../media';
import type { Headers, IncomingInvite, IncomingRequest, SipAgent } from '../ua';
import { admit } from './session/admission';
import { type Body, bodyOf } from './session/body';
import { refusalOf } from './session/plan';
import { CAPABILITIES, quotable } from './session/wire';

/** An INVITE that opens a recording session, understood. */
export interface Admitted {
  readonly invite: IncomingInvite;
  readonly body: Body;
  readonly offer: SessionDescription;
}

interface Refusal {
  readonly status: number;
  readonly reason?: string;
  readonly headers?: Headers;
}

/** Receives what comes outside dialogs: lets recording sessions in, and answers everything else. */
export class FrontDesk {
  /** INVITEs that were not taken. */
  refused = 0;
  readonly #busy = new Set<Promise<void>>();
  #closed = false;

  constructor(
    agent: SipAgent,
    /** Takes a session; rejects, with a Fault as a rule, when nothing could be opened for it. */
    private readonly open: (admitted: Admitted) => Promise<void>,
    private readonly log: Log,
  ) {
    agent.onInvite = (invite) => {
      const answered = this.#invited(invite).finally(() => this.#busy.delete(answered));
      this.#busy.add(answered);
    };
    agent.onRequest = (request) => void this.#requested(request);
  }

  /** Lets nobody in any more; resolves when those at the door have been dealt with. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#busy);
  }

  async #invited(invite: IncomingInvite): Promise<void> {
    const read = this.#read(invite);
    if ('status' in read) return this.#refuse(invite, read);
    try {
      await this.open(read);
    } catch (error) {
      const code = error instanceof Fault ? error.code : undefined;
      this.log.error(
        { callId: invite.callId, fault: code, error: String(error) },
        'recording not opened',
      );
      await this.#refuse(invite, {
        status: error instanceof Fault ? error.sip : 500,
        headers: { Warning: `399 recorder "${code ?? 'internal error'}"` },
      });
    }
  }

  #read(invite: IncomingInvite): Admitted | Refusal {
    if (this.#closed) return { status: 503, headers: { 'Retry-After': '10' } };
    const body = bodyOf(invite);
    const admission = admit(invite, body);
    if (admission.kind === 'refused') return admission;
    const offer = body.sdp === undefined ? undefined : parseSdp(body.sdp);
    if (!offer?.ok) {
      // RFC 7866 §7.2: a recorder must not offer streams, so it cannot answer without an offer.
      const problem = offer?.fault.message ?? body.problem ?? 'an offer is wanted';
      return { status: 488, headers: { Warning: `399 recorder "${quotable(problem)}"` } };
    }
    const refusal = refusalOf(offer.value);
    if (refusal) return { status: 488, headers: { Warning: refusal } };
    return { invite, body, offer: offer.value };
  }

  async #refuse(invite: IncomingInvite, { status, reason, headers }: Refusal): Promise<void> {
    this.refused++;
    const { callId, source } = invite;
    this.log.info({ callId, from: source.address, status, ...headers }, 'recording refused');
    const answer = { ...(reason !== undefined && { reason }), ...(headers && { headers }) };
    // It may have been cancelled meanwhile.
    await invite.reject(status, answer).catch(() => undefined);
  }

  async #requested(request: IncomingRequest): Promise<void> {
    const status = request.method === 'OPTIONS' ? 200 : 405;
    await request.respond(status, { headers: CAPABILITIES }).catch(() => undefined);
  }
}

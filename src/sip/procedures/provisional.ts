import type { Cancel } from '../../core';
import type { IncomingRequest, Provisional } from '../../ua';
import type { Attempt } from '../call/attempt';
import type { CallParts } from '../call/environment';
import { descriptionOf, keptBody, passBody } from '../media/bodies';
import { requestHeaders, responseHeaders } from './carry';
import { patiently, tryingSoon } from './trying';

/** A reliable provisional response that the caller has been sent and not acknowledged yet. */
interface Unacknowledged {
  readonly response: Provisional;
  /** Its session description was an offer, so that the PRACK carries the answer. */
  readonly offered: boolean;
}

/** RFC 6228 tells of early dialogs of the leg, which the other leg does not have. */
const EARLY_DIALOG_TERMINATED = 199;

/**
 * Provisional responses from callee to caller, and PRACK the other way: RFC 3262. A reliable one is
 * acknowledged to the callee when the caller has acknowledged it to us, with what the caller's PRACK
 * carries, so that offers and answers in them go from end to end.
 */
export class ProvisionalRelay {
  readonly #waiting: Unacknowledged[] = [];
  /** Reliable ones are repeated until they are acknowledged (RFC 3262 §3). */
  readonly #seen = new Set<string>();
  #stopWaiting: Cancel = () => {};

  constructor(
    private readonly call: CallParts,
    /** An offer and answer has completed before the final response. */
    private readonly onAgreed: () => void,
  ) {}

  /** The caller waits from now on. */
  start(): void {
    const { env, caller } = this.call;
    this.#stopWaiting = tryingSoon(env.clock, caller.invite);
  }

  /** The caller has heard something, or nothing more is to be said. */
  stop(): void {
    this.#stopWaiting();
  }

  async relay(attempt: Attempt, response: Provisional): Promise<void> {
    const { call } = this;
    if (response.status === EARLY_DIALOG_TERMINATED || this.#isRepeated(response)) return;
    const invited = descriptionOf(call.caller.invite) !== undefined;
    const reliable = response.reliable && call.caller.invite.supportsReliableProvisionals;
    const role = invited ? (response.reliable ? 'answer' : 'preview') : 'offer';
    const passed = await passBody(call, 'b', response, role);
    if (call.over || call.callee !== attempt) return;
    if (reliable) this.#waiting.push({ response, offered: passed.described && !invited });
    const headers = responseHeaders(call.env, response, response.status, passed);
    this.stop();
    try {
      await call.caller.invite.progress(response.status, {
        reason: response.reason,
        headers,
        body: passed.body,
        reliable,
      });
    } catch (error) {
      call.log.debug({ err: error }, 'provisional response not passed');
    }
    // The callee insists on an acknowledgement that this caller cannot give.
    if (response.reliable && !reliable) void this.#acknowledge(response);
  }

  /** A PRACK of the caller: goes to the callee, whose answer comes back. */
  async onPrack(prack: IncomingRequest): Promise<void> {
    const { call } = this;
    const acknowledged = this.#waiting.shift();
    if (!acknowledged) {
      await prack.respond(200);
      return;
    }
    const { response, offered } = acknowledged;
    try {
      const offers = !offered && descriptionOf(prack) !== undefined;
      const passed = await passBody(call, 'a', prack, offered ? 'answer' : 'offer');
      const headers = requestHeaders(call.env, prack, passed);
      const sent = response.prack(passed.body, headers);
      const answer = await patiently(call.env.clock, prack, sent);
      if (!answer || answer.status >= 300) {
        if (offers) await call.media.refused();
        await prack.respond(answer?.status ?? 200);
        return;
      }
      const back = offers ? await passBody(call, 'b', answer, 'answer') : keptBody(answer);
      await prack.respond(answer.status, {
        headers: responseHeaders(call.env, answer, answer.status, back),
        body: back.body,
      });
      if (call.media.agreement) this.onAgreed();
    } catch (error) {
      // The callee is gone, or what the PRACK carried cannot be used: the response itself has arrived.
      call.log.debug({ err: error }, 'prack not passed');
      await prack.respond(descriptionOf(prack) === undefined ? 200 : 488).catch(() => {});
    }
  }

  async #acknowledge(response: Provisional): Promise<void> {
    try {
      await response.prack();
    } catch (error) {
      this.call.log.debug({ err: error }, 'prack not sent');
    }
  }

  #isRepeated(response: Provisional): boolean {
    if (!response.reliable) return false;
    const key = `${response.header('rseq')} ${response.header('to')}`;
    if (this.#seen.has(key)) return true;
    this.#seen.add(key);
    return false;
  }
}

import { type Cancel, Driver, Fault } from '../../core';
import {
  DialogGone,
  type Headers,
  type IncomingReinvite,
  type IncomingRequest,
  type IncomingResponse,
  type SipMessage,
} from '../../ua';
import { isRefused } from '../admission';
import type { CallParts } from '../call/environment';
import { type Leg, mediaSide, otherSide } from '../call/leg';
import type { CallSide } from '../call/signals';
import { detached } from '../detached';
import { type ExchangeInput, ExchangeMachine, type ExchangeOutput } from '../exchange/machine';
import { CALL_METHODS } from '../headers';
import { descriptionOf, keptBody, NO_BODY, type PassedBody, passBody } from '../media/bodies';
import type { Repetition } from '../media/session-media';
import { requestHeaders, responseHeaders } from './carry';
import { patiently, tryingSoon } from './trying';

/** A re-INVITE or UPDATE on its way from one side to the other. */
interface Exchange {
  readonly from: CallSide;
  readonly method: 'INVITE' | 'UPDATE';
  readonly request: IncomingRequest;
  /** It carries the offer; otherwise the answer to it will. */
  readonly offers: boolean;
  /** What the one who asked had said in the last complete offer and answer before. */
  standing?: string | undefined;
  /** Until the answer to the request is about to leave. */
  readonly stopWaiting: Cancel;
  /** What goes to the other side, made once however often it is sent. */
  passed?: PassedBody;
  answer?: IncomingResponse;
  /** The 2xx carried the offer, and waits for its ACK. */
  acknowledge?: ((body?: string) => void) | undefined;
  confirmation?: SipMessage;
  withdrawn?: boolean;
  /** What the sides agree on has changed by it. */
  agreed?: boolean;
  /** Answered with this without asking the other side: it only says what its sender wishes of the recording. */
  own?: Repetition;
}

/** Of messages that are about a leg alone, and come from nobody else. */
const OWN: Headers = { Allow: CALL_METHODS.join(', ') };

/** Headers that tell who is connected. */
const IDENTITIES = ['p-asserted-identity', 'remote-party-id'];

/** Statuses of one that does not know UPDATE after all. */
const NOT_UPDATE = new Set([405, 501]);

/** Statuses that say that the dialog itself is gone (RFC 3261 §12.2.1.2). */
const DEAD = new Set([408, 481]);

/**
 * re-INVITE and UPDATE from either side to the other (RFC 3261 §14, RFC 3311): hold and resume, other codecs,
 * other addresses, media added and removed, with the offer in the request or in its answer.
 */
export class Reoffers {
  readonly #exchanges = new Map<number, Exchange>();
  readonly #driver: Driver<ExchangeInput, ExchangeOutput>;
  #next = 0;
  #stopped = false;

  constructor(
    private readonly call: CallParts,
    private readonly legOf: (side: CallSide) => Leg | undefined,
    private readonly events: {
      /** Both sides have agreed on something else. */
      onAgreed(): void;
      /** A side does not know the dialog any more. */
      onDead(side: CallSide): void;
    },
  ) {
    const machine = new ExchangeMachine(call.env.random, 'initial');
    this.#driver = new Driver(machine, call.env.clock, (output) => this.#perform(output));
  }

  /** The offer of the initial INVITE has its answer, before the INVITE has. */
  settled(): void {
    this.#driver.input({ kind: 'settled' });
  }

  /** The callee has accepted the initial INVITE. */
  accepted(): void {
    this.#driver.input({ kind: 'accepted' });
  }

  /** What is true of the recording may have changed: whoever can be told is, as soon as may be. */
  notice(): void {
    if (!this.#stopped) this.#driver.input({ kind: 'notice' });
  }

  onReinvite(from: CallSide, request: IncomingReinvite): void {
    if (isRefused(request)) return;
    const id = this.#begin(from, 'INVITE', request);
    request.onCancel = () => {
      const exchange = this.#exchanges.get(id);
      if (exchange) exchange.withdrawn = true;
      exchange?.stopWaiting();
      this.#driver.input({ kind: 'withdrawn', id });
    };
  }

  onUpdate(from: CallSide, request: IncomingRequest): void {
    if (isRefused(request)) return;
    if (descriptionOf(request) !== undefined) this.#begin(from, 'UPDATE', request);
    else this.#detached(this.#passRefresh(from, request));
  }

  onAck(side: CallSide, ack: SipMessage): void {
    for (const exchange of this.#exchanges.values()) {
      if (exchange.from === side && exchange.acknowledge) exchange.confirmation = ack;
    }
    this.#driver.input({ kind: 'confirmed', side });
  }

  /** The call is over. What was accepted and waits for an ACK that will not come gets one. */
  stop(): void {
    this.#stopped = true;
    this.#driver.stop();
    for (const exchange of this.#exchanges.values()) {
      exchange.stopWaiting();
      acknowledge(exchange);
    }
    this.#exchanges.clear();
  }

  #detached(work: Promise<void>): void {
    detached(work, this.call.log, 'offer not passed');
  }

  #begin(from: CallSide, method: Exchange['method'], request: IncomingRequest): number {
    const id = this.#next++;
    this.#exchanges.set(id, {
      from,
      method,
      request,
      offers: descriptionOf(request) !== undefined,
      stopWaiting: tryingSoon(this.call.env.clock, request),
    });
    this.#driver.input({ kind: 'offered', id, from, method });
    return id;
  }

  #perform(output: ExchangeOutput): void {
    if (output.kind === 'tell') {
      this.#detached(this.#tell(output.side));
      return;
    }
    const exchange = this.#exchanges.get(output.id);
    if (!exchange) return;
    switch (output.kind) {
      case 'relay':
        this.#detached(this.#relay(output.id, exchange));
        return;
      case 'pass':
        this.#detached(this.#pass(output.id, exchange));
        return;
      case 'acknowledge':
        this.#exchanges.delete(output.id);
        this.#detached(this.#acknowledge(exchange));
        return;
      case 'refuse': {
        this.#exchanges.delete(output.id);
        exchange.stopWaiting();
        const { status, retryAfterS } = output;
        const headers: Headers =
          retryAfterS === undefined ? {} : { 'Retry-After': String(retryAfterS) };
        void exchange.request.respond(status, { headers });
        return;
      }
    }
  }

  async #relay(id: number, exchange: Exchange): Promise<void> {
    const { env, notices } = this.call;
    const to = this.legOf(otherSide(exchange.from));
    try {
      if (await this.#answersAlone(exchange)) {
        this.#driver.input({ kind: 'answered', id, status: 200 });
        return;
      }
      if (!to) throw new DialogGone('there is no other side yet');
      if (!exchange.passed) exchange.standing = this.call.media.standing(mediaSide(exchange.from));
      exchange.passed ??= await passBody(
        this.call,
        mediaSide(exchange.from),
        exchange.request,
        'offer',
      );
      const { passed } = exchange;
      const content = {
        headers: notices.supported(to.side, requestHeaders(env, exchange.request, passed)),
        body: passed.body,
      };
      if (exchange.method === 'UPDATE') {
        exchange.answer = await to.request('UPDATE', content);
      } else {
        const final = await to.reinvite(content);
        exchange.answer = final.response;
        // RFC 3261 §13.2.2.4: at once, unless it has to carry the answer that the other ACK brings.
        if (final.kind === 'accepted') {
          if (exchange.offers) final.ack();
          else exchange.acknowledge = (body) => final.ack(body);
        }
      }
      if (this.#stopped) {
        acknowledge(exchange);
        return;
      }
      this.#driver.input({ kind: 'answered', id, status: exchange.answer.status });
    } catch (error) {
      await this.#fail(id, exchange, error);
    }
  }

  /** A wish of a recorded user about the recording, and nothing else: no business of the other side's. */
  async #answersAlone(exchange: Exchange): Promise<boolean> {
    const { from, request, offers, passed } = exchange;
    const { media, notices } = this.call;
    const description = descriptionOf(request);
    if (!offers || passed || description === undefined) return false;
    if (!notices.isWish(from, description)) return false;
    if (!media.isStanding(mediaSide(from), description)) return false;
    await notices.hear(from, request, description);
    const own = await media.repeat(mediaSide(from));
    if (own) exchange.own = own;
    return own !== undefined;
  }

  /** Gives the answer of ours to the one who asked. */
  async #reply(id: number, exchange: Exchange, own: Repetition): Promise<void> {
    const { media, notices } = this.call;
    const { from, request } = exchange;
    this.#exchanges.delete(id);
    exchange.stopWaiting();
    if (exchange.withdrawn) {
      this.#driver.input({ kind: 'confirmed', side: from });
      return;
    }
    media.repeated(mediaSide(from), own);
    await request.respond(200, { headers: notices.supported(from, OWN), body: own.text });
  }

  /** Tells a side what is true of the recording. Whatever comes of it, the call goes on. */
  async #tell(side: CallSide): Promise<void> {
    const leg = this.legOf(side);
    let status = 200;
    if (leg && this.call.notices.owes(side)) {
      try {
        status = await this.#propose(leg);
      } catch (error) {
        this.call.log.debug({ err: error, side }, 'recording notice not sent');
      }
    }
    this.#driver.input({ kind: 'told', side, status });
  }

  /** Offers a side what it knows already. Resolves with the status that it answers. */
  async #propose(leg: Leg): Promise<number> {
    const { media, notices } = this.call;
    const { side } = leg;
    const offer = await media.repeat(mediaSide(side));
    if (!offer) return 200;
    const content = { body: offer.text, headers: notices.supported(side, OWN) };
    let answer: IncomingResponse | undefined;
    if (notices.takesUpdate(side)) answer = await leg.request('UPDATE', content);
    let acknowledge = () => {};
    if (!answer || NOT_UPDATE.has(answer.status)) {
      const final = await leg.reinvite(content);
      answer = final.response;
      if (final.kind === 'accepted') acknowledge = () => final.ack();
    }
    acknowledge();
    // Whoever declines is not asked again, until there is something else to say.
    if (answer.status !== 491) media.repeated(mediaSide(side), offer);
    const description = descriptionOf(answer);
    if (answer.status >= 300 || description === undefined) return answer.status;
    await media.answerRepetition(mediaSide(side), description);
    await notices.hear(side, answer, description);
    return answer.status;
  }

  /** Gives the other side's final answer to the one who asked. */
  async #pass(id: number, exchange: Exchange): Promise<void> {
    if (exchange.own) {
      await this.#reply(id, exchange, exchange.own);
      return;
    }
    const { env, media, notices } = this.call;
    const { from, request, offers } = exchange;
    const answer = exchange.answer!;
    const answerer = otherSide(from);
    const accepted = answer.status < 300;
    try {
      if (exchange.withdrawn && accepted) {
        this.#exchanges.delete(id);
        await this.#restore(exchange);
        this.#driver.input({ kind: 'confirmed', side: from });
        return;
      }
      const role = offers ? 'answer' : 'offer';
      const refusal = descriptionOf(answer) === undefined ? keptBody(answer) : NO_BODY;
      const passed = accepted
        ? await passBody(this.call, mediaSide(answerer), answer, role)
        : refusal;
      if (!accepted && offers) await media.refused();
      if (accepted) {
        this.#identify(from, request);
        this.#identify(answerer, answer);
      }
      if (accepted && offers) {
        exchange.agreed = true;
        this.events.onAgreed();
      }
      exchange.stopWaiting();
      await request.respond(answer.status, {
        reason: answer.reason,
        headers: notices.supported(from, responseHeaders(env, answer, answer.status, passed)),
        body: passed.body,
      });
    } catch (error) {
      await this.#fail(id, exchange, error);
      return;
    }
    if (!exchange.acknowledge) this.#exchanges.delete(id);
    if (DEAD.has(answer.status)) this.events.onDead(answerer);
  }

  /** The 2xx carried the offer, and the ACK of the one who asked has the answer to it. */
  async #acknowledge(exchange: Exchange): Promise<void> {
    const { from, confirmation } = exchange;
    if (!confirmation) {
      acknowledge(exchange);
      return;
    }
    try {
      const passed = await passBody(this.call, mediaSide(from), confirmation, 'answer');
      acknowledge(exchange, passed.body);
      if (passed.described) this.events.onAgreed();
    } catch (error) {
      this.call.log.warn({ err: error }, 'answer in ack not understood');
      acknowledge(exchange);
    }
  }

  /** Nothing could be sent, or what was to be sent cannot be used: the call goes on as it was. */
  async #fail(id: number, exchange: Exchange, error: unknown): Promise<void> {
    this.#exchanges.delete(id);
    exchange.stopWaiting();
    if (!(error instanceof DialogGone)) this.call.log.debug({ err: error }, 'offer not passed');
    acknowledge(exchange);
    const status = error instanceof Fault ? error.sip : 481;
    await this.call.media.refused();
    await exchange.request.respond(status).catch(() => {});
    const { answer, offers } = exchange;
    if (offers && answer && answer.status < 300) await this.#restore(exchange);
    // Not 491: what failed here is not tried again.
    this.#driver.input({ kind: 'answered', id, status });
    this.#driver.input({ kind: 'confirmed', side: exchange.from });
  }

  /**
   * The other side has accepted what the one who asked has cancelled, or can make no use of: its 2xx wants its
   * ACK, and then it is offered what was agreed before, for the asker goes on with that (RFC 3261 §14.1).
   */
  async #restore(exchange: Exchange): Promise<void> {
    const { media, log } = this.call;
    const { from, offers, answer, standing } = exchange;
    const to = this.legOf(otherSide(from));
    const asker = mediaSide(from);
    try {
      const offered = offers ? undefined : descriptionOf(answer!);
      if (offered !== undefined) await media.offer(mediaSide(otherSide(from)), offered);
      acknowledge(
        exchange,
        offered !== undefined && standing !== undefined
          ? await media.answer(asker, standing, true)
          : undefined,
      );
      if (!offers || !to || standing === undefined) return;
      const again = await to.reinvite({ body: await media.offer(asker, standing) });
      if (again.kind === 'rejected') return;
      const description = descriptionOf(again.response);
      if (description !== undefined) await media.answer(mediaSide(to.side), description, true);
      again.ack();
      if (exchange.agreed) this.events.onAgreed();
    } catch (error) {
      log.debug({ err: error }, 'description not restored');
      acknowledge(exchange);
    }
  }

  /** The recorders are told when a message that was taken tells of somebody else. */
  #identify(from: CallSide, message: SipMessage): void {
    if (!this.call.recordings.identified(from, message)) return;
    this.call.log.info({ side: from }, 'party changed');
  }

  /** An UPDATE without a description refreshes the session, or tells who is connected (RFC 4916). */
  async #passRefresh(from: CallSide, request: IncomingRequest): Promise<void> {
    const { env } = this.call;
    const to = this.legOf(otherSide(from));
    this.#identify(from, request);
    const tells = IDENTITIES.some((name) => request.header(name) !== undefined);
    if (!to || !tells) {
      await request.respond(200);
      return;
    }
    const passed = keptBody(request);
    try {
      const sent = to.request('UPDATE', { headers: requestHeaders(env, request, passed) });
      await patiently(env.clock, request, sent);
    } catch {
      // The one who asked refreshed its own leg, and that has worked.
    }
    await request.respond(200);
  }
}

/** Once: a 2xx has one ACK. */
function acknowledge(exchange: Exchange, body?: string): void {
  const { acknowledge: send } = exchange;
  exchange.acknowledge = undefined;
  send?.(body);
}

import type { Accepted, Dialog, IncomingRequest, Rejected, SipMessage } from '../../ua';
import { faultOf } from '../detached';
import { descriptionOf } from '../media/bodies';
import { prepareInvite } from '../procedures/invite';
import { redirectTargets } from '../procedures/redirect';
import { raisedInterval } from '../procedures/session-timer';
import type { Routed, Target } from '../routing';
import { Attempt } from './attempt';
import type { CallParts } from './environment';
import type { CallInput } from './signals';

const REQUEST_TERMINATED = 487;
/** RFC 3261 §21.4.26, §21.6.4: of what was offered, nothing can be spoken. */
const NOT_ACCEPTABLE = new Set([488, 606]);

/** What the call does with what a target says. */
export interface TargetEvents {
  input(input: CallInput): void;
  onUpdate(update: IncomingRequest): void;
  onRequest(request: IncomingRequest): void;
  /** A target has accepted; whether it is kept is not said yet. */
  onDialog(attempt: Attempt, dialog: Dialog): void;
  /** Whether this attempt is still the one that is wanted. */
  wanted(attempt: number): boolean;
}

/** The targets of a call, and what came of those that were tried. */
export class CallTargets {
  readonly #targets: Target[];
  readonly #attempts = new Map<number, Attempt>();

  constructor(
    private readonly call: CallParts,
    private readonly routed: Routed,
    private readonly events: TargetEvents,
  ) {
    this.#targets = [...routed.targets];
  }

  get count(): number {
    return this.#targets.length;
  }

  get attempts(): readonly Attempt[] {
    return [...this.#attempts.values()];
  }

  at(attempt: number): Attempt | undefined {
    return this.#attempts.get(attempt);
  }

  async try(number: number, targetIndex: number): Promise<void> {
    const { events } = this;
    const target = this.#targets[targetIndex]!;
    let send = await this.#prepared(number, target, 'narrowed');
    if (!send) return;
    let expires = this.call.env.sessionExpiresS;
    let least: number | undefined;
    for (;;) {
      const attempt = new Attempt(target, send(expires, least), this.call.env.clock.wall());
      this.#attempts.set(number, attempt);
      const final = await this.#followed(number, attempt);
      // It takes none of the codecs in which something could be announced: better unannounced than no call.
      if (NOT_ACCEPTABLE.has(final.response.status) && this.call.media.narrowed) {
        send = await this.#prepared(number, target, 'whole');
        if (!send) return;
        continue;
      }
      const raised = raisedInterval(final.response, expires);
      if (raised === undefined || !events.wanted(number)) {
        this.#onFinal(number, attempt, final);
        return;
      }
      expires = raised;
      least = raised;
    }
  }

  /** What sends the INVITE; undefined when none is to be sent, and then the attempt is over. */
  async #prepared(
    number: number,
    target: Target,
    offer: 'narrowed' | 'whole',
  ): Promise<Awaited<ReturnType<typeof prepareInvite>> | undefined> {
    const { events } = this;
    try {
      const send = await prepareInvite(this.call, target, offer);
      if (events.wanted(number)) return send;
    } catch (error) {
      const fault = faultOf(error, this.call.log);
      events.input({ kind: 'unusable', attempt: number, fault });
    }
    // An attempt that never left is over all the same.
    events.input({ kind: 'rejected', attempt: number, status: REQUEST_TERMINATED });
    return undefined;
  }

  /** Passes on what the target says, and resolves with its last word. */
  async #followed(number: number, attempt: Attempt): Promise<Accepted | Rejected> {
    const { events } = this;
    const { invite } = attempt;
    invite.onProgress = (response) => {
      attempt.progress.push(response);
      events.input({ kind: 'progress', attempt: number });
    };
    invite.onUpdate = (update) => events.onUpdate(update);
    invite.onRequest = (request) => events.onRequest(request);
    const final = await invite.final;
    attempt.endedAt = this.call.env.clock.wall();
    attempt.response = final.response;
    return final;
  }

  #onFinal(number: number, attempt: Attempt, final: Accepted | Rejected): void {
    const { events } = this;
    if (final.kind === 'accepted') {
      attempt.accepted(final);
      events.onDialog(attempt, final.dialog);
      if (!this.#awaitsAnswer(final.response)) attempt.acknowledge();
      events.input({ kind: 'accepted', attempt: number });
      return;
    }
    const { status } = final.response;
    const alternatives = this.#alternatives(attempt.target, final.response, status);
    events.input({ kind: 'rejected', attempt: number, status, alternatives });
  }

  /**
   * A 2xx is acknowledged at once (RFC 3261 §13.2.2.4), unless it carries the offer: then its ACK has
   * to carry the answer, which comes in the caller's.
   */
  #awaitsAnswer(response: SipMessage): boolean {
    const invited = descriptionOf(this.call.caller.invite) !== undefined;
    return !invited && descriptionOf(response) !== undefined;
  }

  #alternatives(
    tried: Target,
    response: SipMessage,
    status: number,
  ): { from: number; count: number } | undefined {
    if (this.routed.redirects !== 'follow' || status < 300 || status >= 400) return undefined;
    const targets = redirectTargets(response, tried, this.#targets, this.call.env.own);
    const from = this.#targets.length;
    this.#targets.push(...targets);
    return targets.length === 0 ? undefined : { from, count: targets.length };
  }
}

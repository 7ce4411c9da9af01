import type {
  Accepted,
  Dialog,
  Headers,
  IncomingResponse,
  OutgoingInvite,
  OutgoingReinvite,
  Provisional,
  SipMessage,
} from '../../ua';
import type { Target } from '../routing';
import type { Leg, LegContent } from './leg';
import type { CancelCause } from './signals';

/** One target tried: an INVITE of ours under way, and then maybe the callee's dialog. */
export class Attempt implements Leg {
  readonly side = 'callee';
  /** Provisional responses not relayed yet, in order. */
  readonly progress: Provisional[] = [];
  endedAt: Date | undefined;
  response: IncomingResponse | undefined;
  cancelled: CancelCause | undefined;

  #accepted: Accepted | undefined;
  #acknowledged = false;
  #leaving = false;

  constructor(
    readonly target: Target,
    readonly invite: OutgoingInvite,
    readonly startedAt: Date,
  ) {}

  get dialog(): Dialog | undefined {
    return this.#accepted?.dialog;
  }

  get acknowledged(): boolean {
    return this.#acknowledged;
  }

  accepted(accepted: Accepted): void {
    this.#accepted = accepted;
  }

  cancel(why: CancelCause, reason: string | undefined): void {
    this.cancelled ??= why;
    this.invite.cancel(reason);
  }

  /** Acknowledges the 2xx, with an answer when our INVITE carried no offer. Once; then nothing. */
  acknowledge(body?: string): void {
    if (this.#acknowledged) return;
    this.#acknowledged = true;
    this.#accepted?.ack(body);
  }

  request(method: string, content: LegContent): Promise<IncomingResponse> {
    return (this.dialog ?? this.invite).request(method, content);
  }

  reinvite(content: LegContent): OutgoingReinvite {
    return this.dialog!.reinvite(content);
  }

  /** Ends the dialog; the 2xx is acknowledged before, if nobody has (RFC 3261 §13.2.2.4). */
  async bye(headers: Headers): Promise<void> {
    if (this.#leaving || !this.#accepted) return;
    this.#leaving = true;
    this.acknowledge();
    await this.#accepted.dialog.bye(headers);
  }

  /** The callee's last word, for the record. */
  get lastMessage(): SipMessage | undefined {
    return this.response;
  }
}

import type {
  Answer,
  Dialog,
  Headers,
  IncomingInvite,
  IncomingResponse,
  OutgoingReinvite,
  Provisional,
} from '../../ua';
import type { Leg, LegContent } from './leg';

/** The caller's side: an INVITE that waits for its answer, and then a dialog. */
export class CallerLeg implements Leg {
  readonly side = 'caller';
  /** Reliable provisional responses of ours that wait for their PRACK, oldest first. */
  readonly unacknowledged: Provisional[] = [];
  #dialog: Dialog | undefined;
  #answered = false;

  constructor(readonly invite: IncomingInvite) {}

  get dialog(): Dialog | undefined {
    return this.#dialog;
  }

  /** A final answer has left, or is about to. */
  get answered(): boolean {
    return this.#answered;
  }

  async accept(answer: Answer): Promise<Dialog> {
    this.#answered = true;
    this.#dialog = await this.invite.accept(answer);
    return this.#dialog;
  }

  async reject(status: number, answer: Answer): Promise<void> {
    if (this.#answered) return;
    this.#answered = true;
    await this.invite.reject(status, answer);
  }

  /** The engine has answered 487 by itself, or nothing can be sent any more. */
  gone(): void {
    this.#answered = true;
  }

  request(method: string, content: LegContent): Promise<IncomingResponse> {
    return (this.#dialog ?? this.invite).request(method, content);
  }

  reinvite(content: LegContent): OutgoingReinvite {
    return this.#dialog!.reinvite(content);
  }

  async bye(headers: Headers): Promise<void> {
    await this.#dialog?.bye(headers);
  }
}

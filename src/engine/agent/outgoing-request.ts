import { responseTo, type SipRequest, type SipResponse } from '../message';
import type { ClientFailure, InboundResponse } from '../transaction';
import { type Application, type Reply, refused } from './application';
import type { Draft } from './draft';
import type { Ground } from './ground';
import type { Leaving, SendUser } from './journey';
import { textOf } from './not-sent';

/** A request other than INVITE that an application sent, until its final response. */
export class OutgoingRequest implements SendUser {
  readonly transactionId: string;
  #request: SipRequest | undefined;

  constructor(
    private readonly ground: Ground,
    private readonly owner: Application,
    private readonly dialogId: string,
    /** Told of every response above 100, also one made here, before the application is. */
    private readonly answered: (
      response: SipResponse,
      inbound: InboundResponse | undefined,
      request: SipRequest,
    ) => void = () => {},
  ) {
    this.transactionId = ground.ids.uuid();
  }

  send(draft: Draft, reply: Reply): void {
    this.ground.sender.send(draft, this, (departure) => {
      if (departure.ok) {
        this.#request = departure.transaction.request;
        reply({ kind: 'request-sent', sent: departure.sent, transactionId: this.transactionId });
      } else {
        reply(refused(textOf(departure)));
        // Who sent it has to let go of what was set up for it.
        this.#failed(503, { ...draft, kind: 'request' }, false);
      }
    });
  }

  onRetry({ transaction }: Leaving): void {
    this.#request = transaction.request;
  }

  onResponse(inbound: InboundResponse): void {
    const response = inbound.message;
    if (response.status === 100 || !this.#request) return;
    this.answered(response, inbound, this.#request);
    if (this.owner.connected) this.owner.response(response, inbound, this.#ids);
  }

  onFailure(failure: ClientFailure): void {
    if (this.#request) this.#failed(failure === 'timed-out' ? 408 : 503, this.#request, true);
  }

  #failed(status: number, request: SipRequest, tell: boolean): void {
    const response = responseTo(request, status, { toTag: this.ground.ids.token(8) });
    this.answered(response, undefined, request);
    if (tell && this.owner.connected) this.owner.response(response, undefined, this.#ids);
  }

  get #ids() {
    return { transactionId: this.transactionId, dialogId: this.dialogId };
  }
}

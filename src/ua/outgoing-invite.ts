import { type AgentCore, type DialogEnd, dialogIdOf } from './core';
import { EstablishedDialog } from './dialog';
import { ArrivedRequest } from './incoming-request';
import { EngineDelivery, tagOf } from './message';
import { ArrivedResponse, acknowledge, type Ended, sendRequest } from './outgoing-request';
import {
  type Accepted,
  DialogGone,
  type Headers,
  type IncomingRequest,
  type IncomingResponse,
  type InviteOptions,
  type OutgoingInvite,
  type Provisional,
  type Rejected,
} from './types';
import type { WireRequest, WireResponse, WireSent } from './wire-message';

/** An INVITE to the network, until its final response: the caller's side of RFC 3261 §13.2. */
export class SentInvite implements OutgoingInvite, DialogEnd {
  onProgress: ((response: Provisional) => void) | undefined;
  onUpdate: ((update: IncomingRequest) => void) | undefined;
  onRequest: ((request: IncomingRequest) => void) | undefined;
  readonly final: Promise<Accepted | Rejected>;

  #sent:
    | { readonly request: WireSent; readonly dialogId: string; readonly fromTag: string }
    | undefined;
  /** Asked for before the engine has named the transaction: it leaves right after. */
  #cancel: { readonly reason: string | undefined } | undefined;
  #open = true;

  constructor(
    private readonly core: AgentCore,
    options: InviteOptions,
  ) {
    this.final = this.#run(options);
  }

  cancel(reason?: string): void {
    if (!this.#open || this.#cancel) return;
    this.#cancel = { reason };
    if (this.#sent) this.#sendCancel(this.#sent.request);
  }

  update(body: string, headers?: Headers): Promise<IncomingResponse> {
    return this.request('UPDATE', headers ? { body, headers } : { body });
  }

  async request(
    method: string,
    options: { body?: string; headers?: Headers } = {},
  ): Promise<IncomingResponse> {
    if (!this.#open || !this.#sent) throw new DialogGone('there is no early dialog');
    const { dialogId } = this.#sent;
    const { response } = await sendRequest(this.core, method, { dialogId }, options);
    return response;
  }

  handle(request: WireRequest): void {
    if (request.method === 'ACK') return;
    const arrived = new ArrivedRequest(this.core, request);
    const listener = request.method === 'UPDATE' ? this.onUpdate : this.onRequest;
    if (listener) listener(arrived);
    else if (request.method === 'UPDATE') {
      // RFC 3311 §5.2: our offer has no answer yet, so try again later.
      void arrived.respond(500, { headers: { 'Retry-After': '5' } });
    } else void arrived.respond(501);
  }

  lost(): void {
    // `final` settles by the link's own loss.
  }

  async #run({ uri, nextHop, headers, body }: InviteOptions): Promise<Accepted | Rejected> {
    let outcome: Accepted | Rejected | undefined;
    await sendRequest(
      this.core,
      'INVITE',
      { uri, nextHop },
      { headers, body },
      {
        sent: (request) => this.#onSent(request),
        provisional: (response) => this.#onProvisional(response),
        // Not after the promise: a BYE may be in the same read as the 2xx, and belongs to the dialog.
        final: (ended) => {
          outcome = this.#onFinal(ended);
        },
      },
    );
    return outcome!;
  }

  #onFinal({ response, ack }: Ended): Accepted | Rejected {
    this.#open = false;
    const sent = this.#sent;
    if (response.status >= 300 || !sent) {
      if (sent && this.core.dialogs.get(sent.dialogId) === this) {
        this.core.dialogs.delete(sent.dialogId);
      }
      return { kind: 'rejected', response };
    }
    const dialog = new EstablishedDialog(
      this.core,
      {
        callId: response.header('call-id') ?? '',
        localTag: sent.fromTag,
        remoteTag: tagOf(response.header('to')) ?? '',
        remoteUri: response.header('to') ?? '',
      },
      'uac',
    );
    const core = this.core;
    return {
      kind: 'accepted',
      response,
      dialog,
      ack: (answer?: string) => acknowledge(core, ack, answer),
    };
  }

  #onSent(request: WireSent): void {
    const message = new EngineDelivery(request.read());
    const fromTag = tagOf(message.header('from')) ?? '';
    const dialogId = dialogIdOf(message.header('call-id') ?? '', fromTag);
    this.#sent = { request, dialogId, fromTag };
    this.core.dialogs.set(dialogId, this);
    if (this.#cancel) this.#sendCancel(request);
  }

  #onProvisional(response: WireResponse): void {
    if (response.status === 100) return;
    this.onProgress?.(new ArrivedProvisional(this.core, response, this.#sent!.dialogId));
  }

  #sendCancel(request: WireSent): void {
    const reason = this.#cancel?.reason;
    try {
      this.core.link.cancel(request, reason ? { headers: { Reason: reason } } : {});
    } catch (error) {
      this.core.log.debug({ err: error }, 'cancel not sent');
    }
  }
}

class ArrivedProvisional extends ArrivedResponse implements Provisional {
  constructor(
    private readonly core: AgentCore,
    response: WireResponse,
    private readonly dialogId: string,
  ) {
    super(response.status, response.reason, response.content);
  }

  get reliable(): boolean {
    return this.header('rseq') !== undefined;
  }

  async prack(body?: string, headers?: Headers): Promise<IncomingResponse | undefined> {
    const rseq = this.header('rseq');
    if (rseq === undefined) return undefined;
    const { core, dialogId } = this;
    const content = { body, headers: { ...headers, RAck: `${rseq} ${this.header('cseq')}` } };
    const { response } = await sendRequest(core, 'PRACK', { dialogId }, content);
    return response;
  }
}

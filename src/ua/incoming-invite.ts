import { type AgentCore, type DialogEnd, dialogIdOf } from './core';
import { EstablishedDialog } from './dialog';
import { ArrivedRequest } from './incoming-request';
import { EngineDelivery, tagOf } from './message';
import { sendRequest } from './outgoing-request';
import {
  type Answer,
  type Dialog,
  DialogGone,
  type Headers,
  type IncomingInvite,
  type IncomingRequest,
  type IncomingResponse,
} from './types';
import type { WireRequest } from './wire-message';

/** An INVITE from the network, until its final response: the callee's side of RFC 3261 §13.3. */
export class ArrivedInvite extends ArrivedRequest implements IncomingInvite, DialogEnd {
  onPrack: ((prack: IncomingRequest) => void) | undefined;
  onUpdate: ((update: IncomingRequest) => void) | undefined;
  onCancel: ((reason: string | undefined) => void) | undefined;
  onRequest: ((request: IncomingRequest) => void) | undefined;

  readonly #dialogId: string;
  #open = true;

  /**
   * Undefined, and answered 482, when its Call-ID and From tag are those of a dialog we have: our own
   * INVITE came back to us, or one of the network's came twice (RFC 3261 §8.2.2.2).
   */
  static unlessKnown(core: AgentCore, request: WireRequest): ArrivedInvite | undefined {
    const invite = new ArrivedInvite(core, request);
    if (core.dialogs.has(invite.#dialogId)) {
      void new ArrivedRequest(core, request).respond(482);
      return undefined;
    }
    core.dialogs.set(invite.#dialogId, invite);
    return invite;
  }

  private constructor(core: AgentCore, request: WireRequest) {
    super(core, request);
    this.#dialogId = dialogIdOf(this.callId, tagOf(this.header('from')) ?? '');
    request.onCancel = (cancel) => this.#cancelled(new EngineDelivery(cancel).header('reason'));
  }

  get supportsReliableProvisionals(): boolean {
    return lists(this.header('supported')) || lists(this.header('require'));
  }

  progress(status: number, answer: Answer & { reliable?: boolean } = {}): Promise<void> {
    if (!answer.reliable) return this.respond(status, answer);
    const headers = { ...answer.headers };
    const name = Object.keys(headers).find((key) => key.toLowerCase() === 'require') ?? 'Require';
    const required = [headers[name] ?? []].flat();
    if (!required.some(lists)) headers[name] = [...required, '100rel'].join(', ');
    return this.respond(status, { ...answer, headers });
  }

  accept(answer: Answer): Promise<Dialog> {
    // Not after the promise: the ACK may be in the same read as the engine's echo of the 200.
    const dialog = this.sendResponse<Dialog>(200, answer, (echo) => {
      this.#open = false;
      return new EstablishedDialog(
        this.core,
        {
          callId: this.callId,
          localTag: tagOf(new EngineDelivery(echo()).header('to')) ?? '',
          remoteTag: tagOf(this.header('from')) ?? '',
          remoteUri: this.header('from') ?? '',
        },
        'uas',
      );
    });
    dialog.catch(() => this.#close());
    return dialog;
  }

  reject(status: number, answer?: Answer): Promise<void> {
    return this.respond(status, answer);
  }

  async request(
    method: string,
    options: { body?: string; headers?: Headers } = {},
  ): Promise<IncomingResponse> {
    if (!this.#open) throw new DialogGone('there is no early dialog');
    const { response } = await sendRequest(
      this.core,
      method,
      { dialogId: this.#dialogId },
      options,
    );
    return response;
  }

  override respond(status: number, answer?: Answer): Promise<void> {
    if (status >= 200) this.#close();
    return super.respond(status, answer);
  }

  handle(request: WireRequest): void {
    // The ACK of a failure is the engine's business.
    if (request.method === 'ACK') return;
    const arrived = new ArrivedRequest(this.core, request);
    switch (request.method) {
      case 'PRACK':
        if (this.onPrack) this.onPrack(arrived);
        else void arrived.respond(200);
        return;
      case 'UPDATE':
        if (this.onUpdate) this.onUpdate(arrived);
        // RFC 3311 §5.2: there is an offer without an answer, so try again later.
        else void arrived.respond(500, { headers: { 'Retry-After': '5' } });
        return;
      default:
        if (this.onRequest) this.onRequest(arrived);
        else void arrived.respond(501);
    }
  }

  lost(): void {
    this.#cancelled('SIP;cause=503;text="control link lost"');
  }

  #cancelled(reason: string | undefined): void {
    if (!this.#open) return;
    this.#close();
    this.onCancel?.(reason);
  }

  #close(): void {
    this.#open = false;
    if (this.core.dialogs.get(this.#dialogId) === this) this.core.dialogs.delete(this.#dialogId);
  }
}

function lists(options: string | undefined): boolean {
  return options !== undefined && /(^|[\s,])100rel([\s,]|$)/i.test(options);
}

import { type AgentCore, type DialogEnd, dialogIdOf } from './core';
import { ArrivedRequest } from './incoming-request';
import { Mailbox } from './mailbox';
import { acknowledge, type Ended, sendRequest } from './outgoing-request';
import {
  type Dialog,
  DialogGone,
  type Headers,
  type IncomingReinvite,
  type IncomingRequest,
  type IncomingResponse,
  type SipMessage,
} from './types';
import type { WireRequest } from './wire-message';

export interface DialogIdentity {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  readonly remoteUri: string;
}

/**
 * ```
 *              accept()/2xx          bye()                answered
 *   (invite) ──────────────▶ alive ─────────▶ leaving ───────────────▶ over
 *                              │ BYE, engine's BYE, link lost             ▲
 *                              └──────────────────────────────────────────┘
 * ```
 */
type State = 'alive' | 'leaving' | 'over';

export class EstablishedDialog implements Dialog, DialogEnd {
  onReinvite: ((request: IncomingReinvite) => void) | undefined;
  onUpdate: ((request: IncomingRequest) => void) | undefined;
  onRequest: ((request: IncomingRequest) => void) | undefined;
  onAck: ((ack: SipMessage) => void) | undefined;
  onEnd: ((end: { by: 'peer' | 'engine'; message: SipMessage | undefined }) => void) | undefined;

  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  readonly remoteUri: string;

  readonly #id: string;
  readonly #mailbox: Mailbox;
  #state: State = 'alive';
  /** Set while a UAS dialog waits for the ACK to its 2xx; settles it. */
  #acked: (() => void) | undefined;
  readonly #acknowledged: Promise<void>;

  constructor(
    private readonly core: AgentCore,
    identity: DialogIdentity,
    role: 'uac' | 'uas',
  ) {
    this.#mailbox = new Mailbox(core.log);
    this.callId = identity.callId;
    this.localTag = identity.localTag;
    this.remoteTag = identity.remoteTag;
    this.remoteUri = identity.remoteUri;
    const fromTag = role === 'uac' ? identity.localTag : identity.remoteTag;
    this.#id = dialogIdOf(identity.callId, fromTag);
    this.#acknowledged =
      role === 'uac' ? Promise.resolve() : new Promise((resolve) => (this.#acked = resolve));
    core.dialogs.set(this.#id, this);
    this.#mailbox.openSoon();
  }

  async reinvite(options: { body?: string; headers?: Headers }) {
    const { response, ack } = await this.#send('INVITE', options);
    if (response.status >= 300) return { kind: 'rejected' as const, response };
    return {
      kind: 'accepted' as const,
      response,
      ack: (body?: string) => acknowledge(this.core, ack, body),
    };
  }

  async request(
    method: string,
    options: { body?: string; headers?: Headers } = {},
  ): Promise<IncomingResponse> {
    const { response } = await this.#send(method, options);
    return response;
  }

  async bye(headers?: Headers): Promise<void> {
    if (this.#state !== 'alive') return;
    this.#state = 'leaving';
    // RFC 3261 §15: the callee's side must not send BYE before the ACK, or its time-out, which the
    // engine ends with a BYE of its own.
    await this.#acknowledged;
    if (this.#isOver()) return;
    try {
      await sendRequest(this.core, 'BYE', { dialogId: this.#id }, { headers });
    } catch {
      // Gone already: what was wanted.
    }
    this.#leave();
  }

  handle(request: WireRequest): void {
    // Made now: its CANCEL may be here before it is delivered.
    const arrived = new ArrivedReinvite(this.core, request, this.#mailbox);
    this.#mailbox.post(() => this.#handle(arrived, request.isMadeUp));
  }

  lost(): void {
    this.#mailbox.post(() => this.#end('engine', undefined));
  }

  #handle(arrived: ArrivedReinvite, made: boolean): void {
    switch (arrived.method) {
      case 'ACK':
        this.#settleAck();
        if (this.#state === 'alive') this.onAck?.(arrived);
        return;
      case 'BYE': {
        if (!made) void arrived.respond(200);
        this.#end(made ? 'engine' : 'peer', arrived);
        return;
      }
      default:
        if (this.#state === 'alive') this.#offer(arrived);
        else void arrived.respond(481);
    }
  }

  #offer(request: ArrivedReinvite): void {
    switch (request.method) {
      case 'INVITE':
        if (this.onReinvite) this.onReinvite(request);
        else void request.respond(488);
        return;
      case 'UPDATE':
        if (this.onUpdate) this.onUpdate(request);
        // Without a body it only refreshes the session (RFC 4028), which the engine has done.
        else void request.respond(request.body === '' ? 200 : 488);
        return;
      case 'PRACK':
        // For a provisional response that the final one has overtaken (RFC 3262 §3).
        void request.respond(200);
        return;
      default:
        if (this.onRequest) this.onRequest(request);
        else void request.respond(request.method === 'OPTIONS' ? 200 : 501);
    }
  }

  async #send(method: string, content: { body?: string; headers?: Headers }): Promise<Ended> {
    if (this.#state !== 'alive') throw new DialogGone('the dialog is over');
    return sendRequest(this.core, method, { dialogId: this.#id }, content);
  }

  #end(by: 'peer' | 'engine', message: SipMessage | undefined): void {
    const heard = this.#state === 'alive';
    this.#leave();
    if (heard) this.onEnd?.({ by, message });
  }

  #leave(): void {
    this.#state = 'over';
    this.#settleAck();
    if (this.core.dialogs.get(this.#id) === this) this.core.dialogs.delete(this.#id);
  }

  #settleAck(): void {
    this.#acked?.();
    this.#acked = undefined;
  }

  #isOver(): boolean {
    return this.#state === 'over';
  }
}

/** Any request inside the dialog; only a re-INVITE can be cancelled. */
class ArrivedReinvite extends ArrivedRequest implements IncomingReinvite {
  onCancel: (() => void) | undefined;

  constructor(core: AgentCore, request: WireRequest, mailbox: Mailbox) {
    super(core, request);
    request.onCancel = () => mailbox.post(() => this.onCancel?.());
  }
}

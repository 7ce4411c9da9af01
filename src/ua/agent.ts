import type { Log } from '../core';
import type { AgentCore, DialogEnd } from './core';
import { ArrivedInvite } from './incoming-invite';
import { ArrivedRequest } from './incoming-request';
import { ControlLink } from './link';
import { Mailbox } from './mailbox';
import { SentInvite } from './outgoing-invite';
import { sendRequest } from './outgoing-request';
import type {
  EngineLink,
  IncomingInvite,
  IncomingRequest,
  IncomingResponse,
  InviteOptions,
  OutgoingInvite,
  SipAgent,
} from './types';
import type { WireRequest } from './wire-message';

export interface AgentOptions {
  readonly log: Log;
  /** Sent as User-Agent and Server where the caller gives none. */
  readonly userAgent: string;
}

/**
 * Connects to an engine. Over TCP it keeps trying until the engine is there, and again whenever it
 * goes away; rejects only when the engine refuses the secret. Handlers are to be set in the same turn
 * of the event loop in which the promise resolves.
 */
export async function connectAgent(link: EngineLink, options: AgentOptions): Promise<SipAgent> {
  const agent = new Agent(options);
  await agent.open(link);
  return agent;
}

class Agent implements SipAgent {
  onInvite: ((invite: IncomingInvite) => void) | undefined;
  onRequest: ((request: IncomingRequest) => void) | undefined;
  onLinkLost: ((lost: boolean) => void) | undefined;

  #listening: readonly string[] = [];
  #core: AgentCore | undefined;
  #seen = false;
  readonly #dialogs = new Map<string, DialogEnd>();
  readonly #mailbox: Mailbox;

  constructor(private readonly options: AgentOptions) {
    this.#mailbox = new Mailbox(options.log);
  }

  get listening(): readonly string[] {
    return this.#listening;
  }

  async open(link: EngineLink): Promise<void> {
    const { log, userAgent } = this.options;
    const control = await ControlLink.open(
      link,
      {
        onRequest: (request) => this.#mailbox.post(() => this.#dispatch(request)),
        onUp: (listening) => this.#onUp(listening),
        onDown: () => this.#onDown(),
      },
      log,
    );
    this.#core = { link: control, log, userAgent, dialogs: this.#dialogs };
    this.#mailbox.openSoon();
  }

  invite(options: InviteOptions): OutgoingInvite {
    return new SentInvite(this.#core!, options);
  }

  async request(method: string, options: InviteOptions): Promise<IncomingResponse> {
    const { uri, nextHop, headers, body } = options;
    const sent = await sendRequest(this.#core!, method, { uri, nextHop }, { headers, body });
    return sent.response;
  }

  async close(): Promise<void> {
    await this.#core?.link.close();
    this.#loseDialogs();
  }

  #dispatch(request: WireRequest): void {
    const core = this.#core!;
    const { dialogId, method } = request;
    if (dialogId) {
      const end = this.#dialogs.get(dialogId);
      if (end) {
        end.handle(request);
        return;
      }
      if (method === 'ACK' || request.isMadeUp) return;
      // The engine knows a dialog that we have left; answer a BYE that crossed ours in peace.
      void new ArrivedRequest(core, request).respond(method === 'BYE' ? 200 : 481);
      return;
    }
    if (method === 'ACK') return;
    if (method === 'INVITE') {
      const invite = ArrivedInvite.unlessKnown(core, request);
      if (!invite) return;
      if (this.onInvite) this.onInvite(invite);
      else void invite.reject(480);
      return;
    }
    const arrived = new ArrivedRequest(core, request);
    if (this.onRequest) this.onRequest(arrived);
    else void arrived.respond(method === 'OPTIONS' ? 200 : 405);
  }

  #onUp(listening: readonly string[]): void {
    this.#listening = listening;
    if (this.#seen) this.onLinkLost?.(false);
    this.#seen = true;
  }

  #onDown(): void {
    this.#loseDialogs();
    this.onLinkLost?.(true);
  }

  #loseDialogs(): void {
    for (const end of [...this.#dialogs.values()]) end.lost();
    this.#dialogs.clear();
  }
}

import {
  callId,
  contact,
  cseq,
  fromTag,
  type Header,
  HeaderLine,
  header,
  type NameAddr,
  recordRoutes,
  type SipRequest,
  type SipResponse,
  toTag,
} from '../message';
import { type Routing, routeTo } from './route';

/** Where a dialog stands: RFC 3261 §12. */
export type DialogState = 'early' | 'confirmed' | 'terminated';

interface Start {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** From or To as header values, tags included. */
  readonly localParty: string;
  readonly remoteParty: string;
  readonly localSeq: number;
  readonly remoteSeq: number | undefined;
  readonly remoteTarget: string;
  readonly routeSet: readonly NameAddr[];
  readonly state: DialogState;
}

/** A request inside the dialog, without Via and without what its sender adds. */
export interface InDialogRequest extends Routing {
  readonly cseq: number;
  readonly headers: readonly Header[];
}

/** The state two user agents share, RFC 3261 §12: identity, sequence numbers, routes, target. */
export class Dialog {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** From, To and Call-ID of the requests of this side. */
  readonly #identity: readonly Header[];
  #localSeq: number;
  #remoteSeq: number | undefined;
  #remoteTarget: string;
  #routeSet: readonly NameAddr[];
  #state: DialogState;

  private constructor(start: Start) {
    this.callId = start.callId;
    this.localTag = start.localTag;
    this.remoteTag = start.remoteTag;
    this.#identity = [
      new HeaderLine('From', start.localParty),
      new HeaderLine('To', start.remoteParty),
      new HeaderLine('Call-ID', start.callId),
    ];
    this.#localSeq = start.localSeq;
    this.#remoteSeq = start.remoteSeq;
    this.#remoteTarget = start.remoteTarget;
    this.#routeSet = start.routeSet;
    this.#state = start.state;
  }

  /** The callee's view, §12.1.1: from the request and the response that answers it with a tag. */
  static asUas(request: SipRequest, response: SipResponse): Dialog {
    return new Dialog({
      callId: callId(request),
      localTag: toTag(response) ?? '',
      remoteTag: fromTag(request) ?? '',
      localParty: header(response, 'To') ?? '',
      remoteParty: header(request, 'From') ?? '',
      localSeq: 0,
      remoteSeq: cseq(request)?.seq,
      remoteTarget: contact(request)?.uri ?? '',
      routeSet: recordRoutes(request),
      state: stateOf(response),
    });
  }

  /** The caller's view, §12.1.2: from the request it sent and a response with a To tag. */
  static asUac(request: SipRequest, response: SipResponse): Dialog {
    return new Dialog({
      callId: callId(request),
      localTag: fromTag(request) ?? '',
      remoteTag: toTag(response) ?? '',
      localParty: header(request, 'From') ?? '',
      remoteParty: header(response, 'To') ?? '',
      localSeq: cseq(request)?.seq ?? 1,
      remoteSeq: undefined,
      remoteTarget: contact(response)?.uri ?? request.uri,
      routeSet: [...recordRoutes(response)].reverse(),
      state: stateOf(response),
    });
  }

  /** A subscriber's view when NOTIFY comes before the 2xx: RFC 6665 §4.4.1. */
  static byNotify(subscribe: SipRequest, notify: SipRequest): Dialog {
    return new Dialog({
      callId: callId(subscribe),
      localTag: fromTag(subscribe) ?? '',
      remoteTag: fromTag(notify) ?? '',
      localParty: header(subscribe, 'From') ?? '',
      remoteParty: header(notify, 'From') ?? '',
      localSeq: cseq(subscribe)?.seq ?? 1,
      remoteSeq: undefined,
      remoteTarget: contact(notify)?.uri ?? subscribe.uri,
      routeSet: recordRoutes(notify),
      state: 'confirmed',
    });
  }

  get state(): DialogState {
    return this.#state;
  }

  get remoteTarget(): string {
    return this.#remoteTarget;
  }

  get routed(): boolean {
    return this.#routeSet.length > 0;
  }

  /** By a 2xx. Its Record-Route and Contact replace what earlier responses said (§13.2.2.4). */
  confirm(response?: SipResponse): void {
    if (this.#state === 'terminated') return;
    this.#state = 'confirmed';
    if (!response) return;
    const routes = recordRoutes(response);
    if (routes.length > 0) this.#routeSet = [...routes].reverse();
    this.refreshTarget(response);
  }

  terminate(): void {
    this.#state = 'terminated';
  }

  /** Takes the Contact of a target refresh request or of its 2xx: §12.2.1.2, §12.2.2. */
  refreshTarget(message: SipRequest | SipResponse): void {
    const uri = contact(message)?.uri;
    if (uri) this.#remoteTarget = uri;
  }

  /**
   * Whether a request of the peer is in order, §12.2.2; remembers its number if so. A lower number
   * than one seen is out of order and gets 500.
   */
  admit(seq: number): boolean {
    if (this.#remoteSeq !== undefined && seq < this.#remoteSeq) return false;
    this.#remoteSeq = seq;
    return true;
  }

  /** The next request of this side; ACK and CANCEL name the number of the request they go with. */
  request(method: string, seq?: number): InDialogRequest {
    const number = seq ?? (this.#localSeq = this.#localSeq + 1);
    const routing = routeTo(this.#remoteTarget, this.#routeSet);
    const headers: Header[] = [];
    for (const value of routing.routes) headers.push({ name: 'Route', value });
    headers.push(MAX_FORWARDS, ...this.#identity, { name: 'CSeq', value: `${number} ${method}` });
    const { requestUri, routes, nextHop } = routing;
    return { requestUri, routes, nextHop, cseq: number, headers };
  }
}

const MAX_FORWARDS: Header = new HeaderLine('Max-Forwards', '70');

function stateOf(response: SipResponse): DialogState {
  return response.status < 200 ? 'early' : 'confirmed';
}

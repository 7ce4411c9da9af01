import { createHmac } from 'node:crypto';
import {
  asSipUri,
  callId,
  contacts,
  type Header,
  headersNamed,
  maxForwards,
  type NameAddr,
  routes,
  type SipRequest,
  type SipResponse,
  serialize,
  splitList,
  toTag,
  withoutHeaders,
} from '../message';
import type { InboundResponse, ServerTransaction, ServerUser } from '../transaction';
import type { Inbound } from '../transport';
import { type Reply, refused } from './application';
import type { ProxyOrder } from './commands';
import { answer, reject } from './compose';
import type { Draft } from './draft';
import type { Ground } from './ground';
import { ProxyTarget, type TargetTimeouts, type TargetUser } from './proxy-target';

/** Timer C: RFC 3261 §16.6 step 11 wants more than three minutes. */
const TIMER_C_MS = 185_000;
const MAX_TARGETS = 64;

/** Proxies a request for an application: RFC 3261 §16. */
export function proxy(ground: Ground, order: ProxyOrder, reply: Reply): void {
  const pending = ground.waiting.requests.get(order.transactionId);
  if (!pending) {
    reply(refused(`Unknown transaction id: ${order.transactionId}`));
    return;
  }
  const { transaction } = pending;
  if (order.destinations.length === 0) {
    reply(refused('error proxying request to '));
    return;
  }
  pending.handOver();
  if (maxForwards(transaction.request) === 0) {
    reject(ground, transaction, 483);
    reply(refused('Rejected with 483 Too Many Hops due to Max-Forwards value of 0'));
    return;
  }
  ground.counts.proxied += 1;
  new Proxying(ground, transaction, order, reply).begin();
}

/** Whether a request comes by here because we have put ourselves on its route. */
export function isRelayed(ground: Ground, request: SipRequest): boolean {
  if (toTag(request) === undefined) return false;
  const [top] = routes(request);
  const user = top && asSipUri(top.uri)?.user;
  return user !== undefined && user.length === 32 && user === relayToken(ground, request);
}

/** Sends a request of a proxied dialog on its way. */
export function relay(ground: Ground, transaction: ServerTransaction): void {
  const { request } = transaction;
  if (maxForwards(request) === 0) {
    reject(ground, transaction, 483);
    return;
  }
  const order = { ...RELAY, destinations: [request.uri] };
  new Proxying(ground, transaction, order, () => {}).begin();
}

/** Sends an ACK to a 2xx of a proxied dialog on its way: §16.11, without state. */
export function relayAck(ground: Ground, { message }: Inbound): void {
  if (message.kind !== 'request' || maxForwards(message) === 0) return;
  ground.sender.sendOnce(draftFor(ground, message, RELAY, message.uri), () => {});
}

const RELAY: Omit<ProxyOrder, 'message'> = {
  transactionId: '',
  remainInDialog: false,
  fullResponse: false,
  followRedirects: false,
  simultaneous: false,
  provisionalTimeout: undefined,
  finalTimeout: undefined,
  destinations: [],
};

type Order = Omit<ProxyOrder, 'message'> & { readonly message?: ProxyOrder['message'] };

/** One request on its way to its targets: the response context of RFC 3261 §16.7. */
class Proxying implements TargetUser, ServerUser {
  readonly #waiting: string[];
  readonly #tried = new Set<string>();
  readonly #active = new Set<ProxyTarget>();
  #best: SipResponse | undefined;
  #stopped = false;
  #told = false;

  constructor(
    private readonly ground: Ground,
    private readonly transaction: ServerTransaction,
    private readonly order: Order,
    private readonly reply: Reply,
  ) {
    this.#waiting = [...order.destinations];
  }

  begin(): void {
    this.transaction.user = this;
    if (!this.order.fullResponse) this.#tellDone();
    this.#next();
  }

  onCancel(): void {
    this.#stop();
    if (this.#active.size === 0) this.#finish();
  }

  onProvisional(response: SipResponse): void {
    const forwarded = withoutTopVia(response);
    this.transaction.respondWith(forwarded.status, serialize(forwarded));
  }

  onSuccess(target: ProxyTarget, inbound: InboundResponse): void {
    const repeated = !this.#active.delete(target);
    const forwarded = withoutTopVia(inbound.message);
    this.transaction.respondWith(forwarded.status, serialize(forwarded));
    if (repeated) return;
    this.#tell(inbound);
    this.#stop();
    if (this.#active.size === 0) this.#tellDone();
    if (inbound.message.status >= 300 || this.transaction.method !== 'INVITE') return;
    this.ground.cdr({
      kind: 'start',
      source: 'network',
      detail: 'proxy-uac',
      message: inbound.message,
    });
  }

  onFailure(target: ProxyTarget, failure: InboundResponse | number): void {
    this.#active.delete(target);
    if (typeof failure === 'number') {
      this.#consider(answer(this.ground, this.transaction, failure));
    } else {
      this.#tell(failure);
      const { message } = failure;
      if (this.order.followRedirects && message.status < 400) this.#redirect(message);
      else this.#consider(withoutTopVia(message));
      // §16.7 step 5: a 6xx speaks for everybody.
      if (message.status >= 600) this.#stop();
    }
    this.#next();
  }

  #next(): void {
    while (!this.#stopped && this.#waiting.length > 0) {
      if (!this.order.simultaneous && this.#active.size > 0) return;
      const uri = this.#waiting.shift()!;
      if (this.#tried.has(uri) || this.#tried.size >= MAX_TARGETS) continue;
      this.#tried.add(uri);
      const target = new ProxyTarget(this.ground, this, this.#timeouts);
      this.#active.add(target);
      target.send(draftFor(this.ground, this.transaction.request, this.order, uri));
    }
    if (this.#active.size === 0) this.#finish();
  }

  #redirect(response: SipResponse): void {
    const targets = contacts(response);
    if (targets !== '*') for (const { uri } of targets) this.#waiting.push(uri);
  }

  /** Nothing more is tried, and what is under way is not wanted. */
  #stop(): void {
    this.#stopped = true;
    this.#waiting.length = 0;
    for (const target of this.#active) target.cancel();
  }

  /**
   * §16.7 step 6: the best of what came back, when nothing accepted. A 503 is the target's; from us it
   * would keep the caller away altogether.
   */
  #finish(): void {
    if (this.transaction.status < 200) {
      const { ground, transaction } = this;
      const outOfService = this.#best?.status === 503;
      const best =
        (outOfService ? answer(ground, transaction, 500) : this.#best) ??
        answer(ground, transaction, this.#stopped ? 487 : 480);
      transaction.respondWith(best.status, serialize(best));
      if (transaction.method === 'INVITE') {
        const detail = this.#stopped ? 'call-canceled' : 'call-rejected';
        ground.cdr({ kind: 'stop', source: 'network', detail, message: best });
      }
    }
    this.#tellDone();
  }

  #consider(response: SipResponse): void {
    if (!this.#best || rank(response.status) < rank(this.#best.status)) this.#best = response;
  }

  #tell(inbound: InboundResponse): void {
    if (!this.order.fullResponse || this.#told) return;
    this.reply({ kind: 'proxied', response: inbound.message, inbound });
  }

  #tellDone(): void {
    if (this.#told) return;
    this.#told = true;
    this.reply({ kind: 'done' });
  }

  get #timeouts(): TargetTimeouts {
    const { provisionalTimeout, finalTimeout } = this.order;
    return { provisional: provisionalTimeout, final: finalTimeout ?? TIMER_C_MS };
  }
}

/** Smaller is better: 6xx, then the lowest class, a challenge first of its class. */
function rank(status: number): number {
  if (status >= 600) return 0;
  const byClass = Math.floor(status / 100) * 10;
  return [401, 407, 415, 420, 484].includes(status) ? byClass - 1 : byClass;
}

/** The request as it goes on: §16.6. */
function draftFor(ground: Ground, request: SipRequest, order: Order, uri: string): Draft {
  const onward = onwardRoutes(ground, request);
  const headers: Header[] = onward.map((route) => ({ name: 'Route', value: `<${route.uri}>` }));
  headers.push({ name: 'Max-Forwards', value: String((maxForwards(request) ?? 70) - 1) });
  headers.push(...withoutHeaders(request.headers, 'Via', 'Route', 'Max-Forwards'));
  if (order.message) {
    const wanted = withoutHeaders(order.message.headers, 'From', 'To', 'Call-ID', 'CSeq');
    headers.push(...wanted);
  }
  return {
    method: request.method,
    uri,
    headers,
    body: request.body,
    nextHop: onward[0]?.uri ?? uri,
    needsContact: false,
    relayed: {
      vias: headersNamed(request, 'Via'),
      recordRoute: order.remainInDialog ? relayToken(ground, request) : undefined,
    },
  };
}

/** The route without what has brought the request here: §16.4. */
function onwardRoutes(ground: Ground, request: SipRequest): readonly NameAddr[] {
  const route = routes(request);
  const [top] = route;
  if (!top) return route;
  const uri = asSipUri(top.uri);
  const isOurs = isRelayed(ground, request) || (uri && ground.network.isOurs(uri));
  return isOurs ? route.slice(1) : route;
}

function relayToken(ground: Ground, request: SipRequest): string {
  return createHmac('sha256', ground.relayKey).update(callId(request)).digest('hex').slice(0, 32);
}

/** A response as it goes back: §16.7 step 3. */
function withoutTopVia(response: SipResponse): SipResponse {
  const [top, ...below] = headersNamed(response, 'Via');
  const rest = top ? splitList(top.value).slice(1) : [];
  const vias: Header[] = rest.map((value) => ({ name: 'Via', value }));
  const headers = [...vias, ...below, ...withoutHeaders(response.headers, 'Via')];
  return { ...response, headers };
}

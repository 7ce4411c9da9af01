import { silentLog } from '../../../src/core';
import { Agent, type AgentOptions } from '../../../src/engine/agent';
import {
  callId,
  cseq,
  fromTag,
  header,
  headersNamed,
  parse,
  type SipRequest,
  type SipResponse,
  toTag,
} from '../../../src/engine/message';
import { DEFAULT_TIMERS } from '../../../src/engine/transaction';
import type { Arrival } from '../../../src/engine/transport';
import { VirtualClock } from '../../support/virtual-clock';
import { FakeApplication } from './fake-application';
import { type Departed, FakeNetwork, local } from './fake-network';
import { CountingIds } from './ids';

export const SDP = 'v=0\r\no=- 1 1 IN IP4 192.0.2.20\r\ns=-\r\nt=0 0\r\n';

export interface RequestParts {
  readonly uri?: string;
  readonly callId?: string;
  readonly fromTag?: string;
  readonly toTag?: string;
  readonly cseq?: number;
  readonly branch?: string;
  readonly contact?: string | null;
  readonly headers?: readonly string[];
  readonly body?: string;
  readonly from?: string;
  readonly protocol?: 'udp' | 'tcp';
}

function arrival(text: string, from: string, protocol: 'udp' | 'tcp'): Arrival {
  const [address = '', port = ''] = from.split(':');
  return {
    source: { protocol, address, port: Number(port) },
    local: local(protocol),
    connection: protocol === 'tcp' ? 1 : undefined,
    bytes: Buffer.byteLength(text),
  };
}

/** The engine's core on a fake network and a virtual clock, one peer and one application. */
export class Rig {
  readonly clock = new VirtualClock();
  readonly network = new FakeNetwork();
  readonly agent: Agent;
  readonly app: FakeApplication;
  #branch = 0;
  #seen = 0;

  constructor(options: { routes?: readonly string[]; agent?: Partial<AgentOptions> } = {}) {
    this.agent = new Agent({
      network: this.network,
      clock: this.clock,
      ids: new CountingIds(),
      log: silentLog,
      timers: DEFAULT_TIMERS,
      limits: { application: 30_000, ringing: 600_000, minSe: 90, legs: 1000 },
      maxServerTransactions: 1000,
      userAgent: undefined,
      ...options.agent,
    });
    this.app = new FakeApplication(this.agent);
    if (options.routes) for (const verb of options.routes) this.agent.router.add(this.app, verb);
    else this.agent.router.addForAll(this.app);
  }

  /** A request of the peer arrives. */
  arrive(method: string, parts: RequestParts = {}): void {
    this.inject(this.request(method, parts), parts.from, parts.protocol);
  }

  request(method: string, parts: RequestParts = {}): string {
    const { protocol = 'udp', from = '192.0.2.20:5060', body = '' } = parts;
    this.#branch += 1;
    const branch = parts.branch ?? `z9hG4bKpeer${this.#branch}`;
    const tag = parts.toTag ? `;tag=${parts.toTag}` : '';
    const contact = parts.contact === undefined ? `<sip:peer@${from}>` : parts.contact;
    return [
      `${method} ${parts.uri ?? 'sip:service@192.0.2.10'} SIP/2.0`,
      `Via: SIP/2.0/${protocol.toUpperCase()} ${from};branch=${branch}`,
      'Max-Forwards: 70',
      `From: <sip:peer@192.0.2.20>;tag=${parts.fromTag ?? 'peer-tag'}`,
      `To: <sip:service@192.0.2.10>${tag}`,
      `Call-ID: ${parts.callId ?? 'call-1'}`,
      `CSeq: ${parts.cseq ?? 1} ${method}`,
      ...(contact === null ? [] : [`Contact: ${contact}`]),
      ...(parts.headers ?? []),
      ...(body ? ['Content-Type: application/sdp'] : []),
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n');
  }

  /** The peer answers a request of the engine. */
  answer(
    request: SipRequest,
    status: number,
    options: {
      tag?: string | null;
      headers?: readonly string[];
      body?: string;
      from?: string;
    } = {},
  ): void {
    const { body = '', tag = 'callee-tag' } = options;
    const hasTag = toTag(request) !== undefined || tag === null || status === 100;
    const to = header(request, 'To') + (hasTag ? '' : `;tag=${tag}`);
    const contact = (options.headers ?? []).some((line) => line.startsWith('Contact'))
      ? []
      : ['Contact: <sip:callee@192.0.2.20:5060>'];
    const text = [
      `SIP/2.0 ${status} Answered`,
      ...headersNamed(request, 'Via').map(({ value }) => `Via: ${value}`),
      `From: ${header(request, 'From')}`,
      `To: ${to}`,
      `Call-ID: ${callId(request)}`,
      `CSeq: ${header(request, 'CSeq')}`,
      ...contact,
      ...(options.headers ?? []),
      ...(body ? ['Content-Type: application/sdp'] : []),
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n');
    this.inject(text, options.from);
  }

  inject(text: string, from = '192.0.2.20:5060', protocol: 'udp' | 'tcp' = 'udp'): void {
    const result = parse(Buffer.from(text));
    if (!result.ok) throw new Error(`bad test message: ${result.error.reason}`);
    const { message } = result;
    this.agent.transactions.receive({ ...arrival(text, from, protocol), message });
  }

  /** A request of the peer arrives that the parser refuses. */
  arriveMalformed(method: string, parts: RequestParts = {}): void {
    const text = this.request(method, parts);
    const result = parse(Buffer.from(text));
    if (result.ok) throw new Error('a sound test message');
    const { error, partial, onlyUri = false } = result;
    const { from = '192.0.2.20:5060', protocol = 'udp' } = parts;
    this.agent.onMalformed({ ...arrival(text, from, protocol), error, partial, onlyUri });
  }

  /** What left since it was last asked. */
  sent(): Departed[] {
    const news = this.network.departed.slice(this.#seen);
    this.#seen = this.network.departed.length;
    return news;
  }

  /** What left since it was last asked, as `180`, `BYE` ... */
  said(): string[] {
    return this.sent().map(({ message }) =>
      message.kind === 'request' ? message.method : String(message.status),
    );
  }

  /** The last thing that left, which must be that request. */
  sentRequest(method: string): SipRequest {
    const { message } = this.#last(method);
    return message as SipRequest;
  }

  /** The last thing that left, which must be that response. */
  sentResponse(status: number): SipResponse {
    const { message } = this.#last(String(status));
    return message as SipResponse;
  }

  #last(what: string): Departed {
    const last = this.network.departed.at(-1);
    this.#seen = this.network.departed.length;
    const is =
      last && (last.message.kind === 'request' ? last.message.method : String(last.message.status));
    if (!last || is !== what) throw new Error(`the last thing sent is ${is}, not ${what}`);
    return last;
  }

  /** A call of the peer's, answered and acknowledged. */
  answeredCall(
    options: { invite?: RequestParts; ok?: { headers?: string[]; body?: string } } = {},
  ): {
    dialogId: string;
    toTag: string;
  } {
    this.arrive('INVITE', { body: SDP, ...options.invite });
    this.app.respond(200, { body: SDP, ...options.ok });
    const ok = this.sentResponse(200);
    const tag = toTag(ok) ?? '';
    this.arrive('ACK', {
      toTag: tag,
      cseq: cseq(ok)?.seq ?? 1,
      callId: callId(ok),
      fromTag: fromTag(ok) ?? '',
    });
    this.sent();
    return { dialogId: `${callId(ok)};from-tag=${fromTag(ok)}`, toTag: tag };
  }

  /** A call of the application's, answered and acknowledged. */
  placedCall(
    options: {
      invite?: { headers?: string[]; body?: string };
      ok?: { headers?: string[]; body?: string };
    } = {},
  ): { dialogId: string; invite: SipRequest; localTag: string } {
    this.app.send('INVITE', 'sip:callee@192.0.2.20', { body: SDP, ...options.invite });
    const invite = this.sentRequest('INVITE');
    this.answer(invite, 200, { body: SDP, ...options.ok });
    const { dialogId } = this.app.answer.ids;
    this.app.inDialog('ACK', dialogId);
    this.sent();
    return { dialogId, invite, localTag: fromTag(invite) ?? '' };
  }
}

import fc from 'fast-check';
import {
  cseq,
  fromTag,
  header,
  type SipRequest,
  type SipResponse,
  toTag,
} from '../../../src/engine/message';
import { Rig, SDP } from '../support/rig';

/** What may happen to an engine, each step with numbers that choose among what is there. */
type Step =
  | {
      readonly kind: 'arrive';
      readonly method: string;
      readonly call: number;
      readonly with: number;
    }
  | {
      readonly kind: 'inside';
      readonly method: string;
      readonly pick: number;
      readonly with: number;
    }
  | { readonly kind: 'repeat'; readonly pick: number }
  | {
      readonly kind: 'respond';
      readonly status: number;
      readonly pick: number;
      readonly with: number;
    }
  | { readonly kind: 'send'; readonly method: string; readonly with: number }
  | { readonly kind: 'ask'; readonly method: string; readonly pick: number; readonly with: number }
  | { readonly kind: 'cancel'; readonly pick: number }
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly pick: number;
      readonly with: number;
    }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'proxy'; readonly pick: number; readonly with: number };

const OUTSIDE = [
  'INVITE',
  'INVITE',
  'OPTIONS',
  'SUBSCRIBE',
  'BYE',
  'UPDATE',
  'CANCEL',
  'ACK',
  'FOO',
];
const INSIDE = ['BYE', 'ACK', 'INVITE', 'UPDATE', 'PRACK', 'INFO', 'NOTIFY', 'CANCEL', 'SUBSCRIBE'];
const STATUSES = [100, 180, 183, 200, 200, 202, 302, 401, 422, 481, 486, 491, 500, 503, 603];

const number = fc.nat({ max: 63 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('arrive' as const),
    method: fc.constantFrom(...OUTSIDE),
    call: fc.nat({ max: 3 }),
    with: number,
  }),
  fc.record({
    kind: fc.constant('inside' as const),
    method: fc.constantFrom(...INSIDE),
    pick: number,
    with: number,
  }),
  fc.record({ kind: fc.constant('repeat' as const), pick: number }),
  fc.record({
    kind: fc.constant('respond' as const),
    status: fc.constantFrom(...STATUSES),
    pick: number,
    with: number,
  }),
  fc.record({
    kind: fc.constant('send' as const),
    method: fc.constantFrom('INVITE', 'INVITE', 'OPTIONS', 'SUBSCRIBE', 'ACK', 'BYE'),
    with: number,
  }),
  fc.record({
    kind: fc.constant('ask' as const),
    method: fc.constantFrom(...INSIDE),
    pick: number,
    with: number,
  }),
  fc.record({ kind: fc.constant('cancel' as const), pick: number }),
  fc.record({
    kind: fc.constant('answer' as const),
    status: fc.constantFrom(...STATUSES),
    pick: number,
    with: number,
  }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(10, 500, 4_000, 33_000) }),
  fc.record({ kind: fc.constant('proxy' as const), pick: number, with: number }),
);

/** Plays steps against an engine; everything it chooses among was really seen by that side. */
class Chaos {
  readonly rig = new Rig();
  readonly #arrived: [text: string, from: string][] = [];
  readonly #dialogs: string[] = ['call-0;from-tag=peer-tag'];
  readonly #transactions: string[] = ['nobody'];

  play(one: Step): void {
    const { rig } = this;
    switch (one.kind) {
      case 'arrive':
        this.#inject(
          rig.request(one.method, {
            callId: `call-${one.call}`,
            branch: `z9hG4bKc${one.call}${one.with % 3}`,
            cseq: 1 + (one.with % 2),
            body: one.with % 2 ? SDP : '',
            headers: HEADERS[one.with % HEADERS.length] ?? [],
          }),
        );
        break;
      case 'inside':
        this.#inside(one);
        break;
      case 'repeat': {
        const [text, from] = pick(this.#arrived, one.pick) ?? [];
        if (text) rig.inject(text, from);
        break;
      }
      case 'respond':
        rig.app.respond(one.status, {
          transactionId: pick(rig.app.requests, one.pick)?.ids.transactionId ?? 'nobody',
          body: one.with % 2 ? SDP : '',
          headers: HEADERS[one.with % HEADERS.length] ?? [],
        });
        break;
      case 'send': {
        const [sent] = rig.app.send(one.method, 'sip:callee@192.0.2.20', {
          body: one.with % 2 ? SDP : '',
          headers: HEADERS[one.with % HEADERS.length] ?? [],
        });
        if (sent?.kind === 'request-sent') this.#transactions.push(sent.transactionId);
        break;
      }
      case 'ask':
        rig.app.inDialog(one.method, pick(this.#known(), one.pick) ?? 'nobody', {
          body: one.with % 2 ? SDP : '',
          headers: ['RAck: 1 1 INVITE', ...(HEADERS[one.with % HEADERS.length] ?? [])],
        });
        break;
      case 'cancel':
        rig.app.cancel(pick(this.#transactions, one.pick) ?? 'nobody');
        break;
      case 'answer': {
        const request = pick(this.#sentRequests(), one.pick);
        if (!request) break;
        rig.answer(request, one.status, {
          tag: `callee-${one.with % 3}`,
          body: one.with % 2 ? SDP : '',
          headers: HEADERS[one.with % HEADERS.length] ?? [],
        });
        break;
      }
      case 'wait':
        rig.clock.advance(one.ms);
        break;
      case 'proxy':
        rig.app.perform({
          kind: 'proxy',
          transactionId: pick(rig.app.requests, one.pick)?.ids.transactionId ?? 'nobody',
          remainInDialog: one.with % 2 === 0,
          fullResponse: one.with % 3 === 0,
          followRedirects: one.with % 5 === 0,
          simultaneous: one.with % 7 === 0,
          provisionalTimeout: undefined,
          finalTimeout: undefined,
          destinations: ['sip:a@192.0.2.51', 'sip:b@192.0.2.52'],
          message: { startLine: '', start: undefined, headers: [], body: Buffer.alloc(0) },
        });
        break;
    }
  }

  /** The application goes away, and so does everybody's patience. */
  end(): unknown {
    this.rig.app.lose();
    this.rig.clock.advance(4 * 3_600_000);
    const { transactions, dialogs, waiting } = this.rig.agent.stats();
    return {
      dialogs,
      waiting,
      clients: transactions.clientsLive,
      servers: transactions.serversLive,
      timers: this.rig.clock.pending,
    };
  }

  /** A request of the peer inside a dialog it knows of, by what the engine has said to it. */
  #inside(one: Step & { kind: 'inside' }): void {
    const { rig } = this;
    const heard = pick(
      rig.network.departed.map(({ message }) => message),
      one.pick,
    );
    if (!heard) return;
    const ours = heard.kind === 'request';
    const tags = ours
      ? { fromTag: toTag(heard) ?? `callee-${one.with % 3}`, toTag: fromTag(heard) ?? '' }
      : { fromTag: fromTag(heard) ?? '', toTag: toTag(heard) ?? '' };
    this.#inject(
      rig.request(one.method, {
        ...tags,
        callId: header(heard, 'Call-ID') ?? '',
        cseq: one.method === 'ACK' ? (cseq(heard)?.seq ?? 1) : 1 + (one.with % 6),
        body: one.with % 2 ? SDP : '',
        headers: [
          `RAck: ${header(heard, 'RSeq') ?? 1} 1 INVITE`,
          ...(HEADERS[one.with % HEADERS.length] ?? []),
        ],
      }),
    );
  }

  #inject(text: string): void {
    const from = '192.0.2.20:5060';
    this.#arrived.push([text, from]);
    this.rig.inject(text, from);
  }

  #known(): string[] {
    const named = [...this.rig.app.requests, ...this.rig.app.responses]
      .map(({ ids }) => ids.dialogId)
      .filter(Boolean);
    return [...this.#dialogs, ...named];
  }

  #sentRequests(): SipRequest[] {
    return this.rig.network.departed
      .map(({ message }) => message as SipRequest | SipResponse)
      .filter((message): message is SipRequest => message.kind === 'request')
      .filter(({ method }) => method !== 'ACK');
  }
}

const HEADERS: readonly (readonly string[])[] = [
  [],
  ['Supported: 100rel, timer', 'Session-Expires: 90;refresher=uas'],
  ['Require: 100rel', 'RSeq: 1'],
  ['Require: 100rel', 'RSeq: 2', 'Allow: UPDATE'],
  ['Session-Expires: 90;refresher=uac', 'Supported: timer', 'Min-SE: 90'],
  ['Expires: 60', 'Event: x', 'Subscription-State: terminated'],
  ['Record-Route: <sip:192.0.2.41;lr>', 'Contact: <sip:elsewhere@192.0.2.21>'],
];

function pick<T>(from: readonly T[], number: number): T | undefined {
  return from.length === 0 ? undefined : from[number % from.length];
}

test('whatever happens in whatever order, nothing throws and nothing is left behind', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }), (steps) => {
      const chaos = new Chaos();
      for (const one of steps) chaos.play(one);
      expect(chaos.end()).toEqual({ dialogs: 0, waiting: 0, clients: 0, servers: 0, timers: 0 });
    }),
    { numRuns: 500 },
  );
});

import { parse, type SipRequest, type SipResponse } from '../../../src/engine/message';
import {
  DEFAULT_TIMERS,
  type ServerTransaction,
  TransactionLayer,
} from '../../../src/engine/transaction';
import type { Inbound } from '../../../src/engine/transport';
import { VirtualClock } from '../../support/virtual-clock';
import { FakeNetwork, local } from '../support/fake-network';

class Rig {
  readonly clock = new VirtualClock();
  readonly network = new FakeNetwork();
  readonly requests: ServerTransaction[] = [];
  readonly acks: Inbound[] = [];
  strays = 0;
  readonly layer = new TransactionLayer({
    network: this.network,
    clock: this.clock,
    timers: DEFAULT_TIMERS,
    tag: () => 'tag',
    maxServerTransactions: 100,
    user: {
      onRequest: (transaction) => this.requests.push(transaction),
      onAck: (ack) => this.acks.push(ack),
      onStrayResponse: () => {
        this.strays += 1;
      },
    },
  });

  arrive(text: string, protocol: 'udp' | 'tcp' = 'udp'): void {
    this.layer.receive({
      message: read(text),
      source: { protocol, address: '192.0.2.20', port: 5060 },
      local: local(protocol),
      connection: protocol === 'tcp' ? 1 : undefined,
      bytes: text.length,
    });
  }

  said(): string[] {
    return this.network.departed
      .splice(0)
      .map(({ message }) => (message.kind === 'request' ? message.method : String(message.status)));
  }
}

function read(text: string): SipRequest | SipResponse {
  const result = parse(Buffer.from(text));
  if (!result.ok) throw new Error(result.error.reason);
  return result.message;
}

interface Parts {
  branch?: string;
  sentBy?: string;
  toTag?: string;
  cseq?: number;
  callId?: string;
}

function request(method: string, parts: Parts = {}): string {
  const tag = parts.toTag ? `;tag=${parts.toTag}` : '';
  return [
    `${method} sip:b@192.0.2.10 SIP/2.0`,
    `Via: SIP/2.0/UDP ${parts.sentBy ?? '192.0.2.20'};branch=${parts.branch ?? 'z9hG4bK1'}`,
    'From: <sip:a@192.0.2.20>;tag=a',
    `To: <sip:b@192.0.2.10>${tag}`,
    `Call-ID: ${parts.callId ?? 'c'}`,
    `CSeq: ${parts.cseq ?? 1} ${method}`,
    'Max-Forwards: 70',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}

function response(status: number, method: string, branch: string): string {
  return [
    `SIP/2.0 ${status} Said`,
    `Via: SIP/2.0/UDP 192.0.2.10;branch=${branch}`,
    'From: <sip:a@192.0.2.20>;tag=a',
    'To: <sip:b@192.0.2.10>;tag=b',
    'Call-ID: c',
    `CSeq: 1 ${method}`,
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}

const refusal = (transaction: ServerTransaction, status = 486): SipResponse => ({
  kind: 'response',
  status,
  reason: 'No',
  headers: transaction.request.headers,
  body: Buffer.alloc(0),
});

describe('matching a request to its transaction', () => {
  test('is by branch, sent-by and method', () => {
    const rig = new Rig();
    rig.arrive(request('OPTIONS'));
    rig.arrive(request('OPTIONS'));
    expect(rig.requests).toHaveLength(1);
    rig.arrive(request('OPTIONS', { sentBy: '192.0.2.21', callId: 'other' }));
    rig.arrive(request('MESSAGE'));
    rig.arrive(request('OPTIONS', { branch: 'z9hG4bK2', callId: 'third' }));
    expect(rig.requests).toHaveLength(4);
  });

  test('takes ACK for the INVITE of its branch, and hands up any other', () => {
    const rig = new Rig();
    rig.arrive(request('INVITE'));
    rig.requests[0]!.respond(refusal(rig.requests[0]!));
    rig.arrive(request('ACK', { toTag: 'b' }));
    expect(rig.acks).toEqual([]);
    rig.arrive(request('ACK', { toTag: 'b', branch: 'z9hG4bKother' }));
    expect(rig.acks).toHaveLength(1);
    rig.clock.advance(10_000);
    expect(rig.said()).toEqual(['486']);
  });

  test('finds the INVITE that a CANCEL means, by its own branch', () => {
    const rig = new Rig();
    rig.arrive(request('INVITE'));
    expect(rig.layer.inviteOf(read(request('CANCEL')) as SipRequest)).toBe(rig.requests[0]);
    const other = read(request('CANCEL', { branch: 'z9hG4bKother' })) as SipRequest;
    expect(rig.layer.inviteOf(other)).toBeUndefined();
  });

  test('follows RFC 2543 where the branch has no magic cookie', () => {
    const rig = new Rig();
    rig.arrive(request('INVITE', { branch: 'old' }));
    rig.arrive(request('INVITE', { branch: 'old' }));
    expect(rig.requests).toHaveLength(1);
    rig.requests[0]!.respond(refusal(rig.requests[0]!));
    rig.arrive(request('ACK', { branch: 'old', toTag: 'b' }));
    expect(rig.acks).toEqual([]);
    rig.arrive(request('INVITE', { branch: 'old', cseq: 2 }));
    expect(rig.requests).toHaveLength(2);
  });

  test('follows RFC 2543, too, where the branch is the magic cookie and no more', () => {
    const rig = new Rig();
    rig.arrive(request('INVITE', { branch: 'z9hG4bK', callId: 'one' }));
    rig.arrive(request('INVITE', { branch: 'z9hG4bK', callId: 'two' }));
    rig.arrive(request('INVITE', { branch: 'z9hG4bK', callId: 'two' }));
    expect(rig.requests).toHaveLength(2);
  });

  test('takes a copy of what it has refused with 503: the caller tries another way', () => {
    const rig = new Rig();
    rig.arrive(request('INVITE'));
    rig.requests[0]!.respond(refusal(rig.requests[0]!, 503));
    rig.arrive(request('INVITE', { branch: 'z9hG4bKother' }));
    expect(rig.requests).toHaveLength(2);
    rig.arrive(request('INVITE', { branch: 'z9hG4bKthird' }));
    expect(rig.said()).toEqual(['503', '482']);
  });

  test('answers 482 to a copy that came another way, as long as the first one lives', () => {
    const rig = new Rig();
    rig.arrive(request('INVITE'));
    rig.arrive(request('INVITE', { branch: 'z9hG4bKother' }));
    expect(rig.said()).toEqual(['482']);
    rig.requests[0]!.respond(refusal(rig.requests[0]!));
    rig.clock.advance(64_000);
    rig.said();
    rig.arrive(request('INVITE', { branch: 'z9hG4bKlater' }));
    expect(rig.requests).toHaveLength(2);
  });

  test('does not take requests inside a dialog for merged ones', () => {
    const rig = new Rig();
    rig.arrive(request('INFO', { toTag: 'b' }));
    rig.arrive(request('INFO', { toTag: 'b', branch: 'z9hG4bKother' }));
    expect(rig.requests).toHaveLength(2);
  });
});

describe('matching a response to its transaction', () => {
  const sent = (rig: Rig, method: string, responses: number[], failures: string[] = []) =>
    rig.layer.start(
      read(request(method, { branch: 'z9hG4bKout' })) as SipRequest,
      { protocol: 'udp', address: '192.0.2.20', port: 5060 },
      {
        onResponse: ({ message }) => responses.push(message.status),
        onFailure: (failure) => failures.push(failure),
      },
    );

  test('is by branch and method', () => {
    const rig = new Rig();
    const responses: number[] = [];
    sent(rig, 'INVITE', responses);
    rig.arrive(response(180, 'INVITE', 'z9hG4bKout'));
    rig.arrive(response(200, 'CANCEL', 'z9hG4bKout'));
    rig.arrive(response(200, 'INVITE', 'z9hG4bKwho'));
    expect(responses).toEqual([180]);
    expect(rig.strays).toBe(2);
  });

  test('takes none that has more than our Via: it was meant for somebody further on', () => {
    const rig = new Rig();
    const responses: number[] = [];
    sent(rig, 'INVITE', responses);
    const astray = response(200, 'INVITE', 'z9hG4bKout');
    const second = 'Via: SIP/2.0/UDP 192.0.2.30;branch=z9hG4bKlower';
    rig.arrive(astray.replace('From:', `${second}\r\nFrom:`));
    rig.arrive(astray.replace('branch=z9hG4bKout', `branch=z9hG4bKout, ${second.slice(5)}`));
    expect(responses).toEqual([]);
    expect(rig.strays).toBe(2);
    rig.arrive(astray);
    expect(responses).toEqual([200]);
  });

  test('gives up what waits on a stream that closes', () => {
    const rig = new Rig();
    const failures: string[] = [];
    const to = { protocol: 'tcp' as const, address: '192.0.2.20', port: 5060 };
    const begin = (branch: string) =>
      rig.layer.start(read(request('OPTIONS', { branch })) as SipRequest, to, {
        onResponse: () => {},
        onFailure: (failure) => failures.push(failure),
      });
    begin('z9hG4bKx');
    begin('z9hG4bKy');
    rig.layer.connectionClosed({ ...to, port: 5061 });
    expect(failures).toEqual([]);
    rig.layer.connectionClosed(to);
    expect(failures).toEqual(['failed', 'failed']);
    expect(rig.layer.stats().clientsLive).toBe(0);
  });

  test('counts what is live and what is repeated', () => {
    const rig = new Rig();
    sent(rig, 'OPTIONS', []);
    rig.clock.advance(1_500);
    expect(rig.layer.stats()).toMatchObject({ client: 1, clientsLive: 1, retransmissionsSent: 2 });
    expect(rig.layer.describe()).toEqual([
      { kind: 'client', method: 'OPTIONS', state: 'trying', deadline: 3_500, reason: 'E' },
    ]);
  });
});

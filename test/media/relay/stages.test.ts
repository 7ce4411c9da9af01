import type { Endpoint } from '../../../src/media';
import { type SocketAddress, socketAddress } from '../../../src/media/relay/address';
import { Agenda } from '../../../src/media/relay/agenda';
import { Fork } from '../../../src/media/relay/fork';
import { ForkReports } from '../../../src/media/relay/fork-reports';
import { KeptMemory } from '../../../src/media/relay/kept-memory';
import { type Content, Leg } from '../../../src/media/relay/leg';
import { PacketQueue } from '../../../src/media/relay/packet-queue';
import type { PortPair } from '../../../src/media/relay/port-pairs';
import { Row } from '../../../src/media/relay/row';
import type { Transform } from '../../../src/media/relay/transform';
import { buildRtcp, buildRtp } from '../../../src/media/rtp';
import { QuietSocket } from '../support/quiet-socket';

const CALLER: Endpoint = { address: '127.0.0.1', rtpPort: 4000, rtcpPort: 4001 };
const CALLEE: Endpoint = { address: '127.0.0.1', rtpPort: 5000, rtcpPort: 5000 };
const RECORDER: Endpoint = { address: '127.0.0.1', rtpPort: 6000, rtcpPort: 6001 };

/** A socket that is nowhere: what it was given to send, and a way to have it hear something. */
class Wire extends QuietSocket {
  readonly sent: Array<{ bytes: Buffer; port: number }> = [];
  listening = true;

  override listen(on: boolean): void {
    this.listening = on;
  }

  override send(bytes: Buffer, offset: number, length: number, to: SocketAddress): void {
    this.sent.push({ bytes: Buffer.from(bytes.subarray(offset, offset + length)), port: to.port });
  }

  hear(bytes: Buffer, port: number, now = 0, host = '127.0.0.1'): void {
    const memory = Buffer.concat([Buffer.alloc(3), bytes]);
    const { words } = socketAddress(host, port)!;
    this.sink.onDatagram(memory, 3, bytes.length, words, now);
  }
}

/** Turns every bit of the payload around and ends with its key, which is how it knows its own. */
function mirror(key: number): Transform {
  const sealed = Buffer.alloc(2_000);
  const flip = (bytes: Buffer, from: number, to: number): void => {
    for (let i = from; i < to; i++) bytes[i]! ^= 0xff;
  };
  return {
    sealed,
    inbound(bytes, offset, length) {
      if (bytes[offset + length - 1] !== key) return -1;
      flip(bytes, offset + 8, offset + length - 1);
      return length - 1;
    },
    outbound(bytes, offset, length) {
      bytes.copy(sealed, 0, offset, offset + length);
      flip(sealed, 8, length);
      sealed[length] = key;
      return length + 1;
    },
  };
}

function sealed(transform: Transform, clear: Buffer): Buffer {
  return Buffer.from(transform.sealed.subarray(0, transform.outbound(clear, 0, clear.length)));
}

function packet(sequence: number): Buffer {
  const payload = Buffer.alloc(160, sequence);
  return buildRtp({
    marker: false,
    payloadType: sequence === 9 ? 101 : 0,
    sequence,
    timestamp: 160 * sequence,
    ssrc: 7,
    payload,
  });
}

const REPORT = buildRtcp([{ kind: 'receiver-report', ssrc: 7, reports: [] }]);

describe('the stages of a leg', () => {
  let wires: Record<'a' | 'b', { rtp: Wire; rtcp: Wire }>;
  let legs: Record<'a' | 'b', Leg>;
  let tapped: Buffer[];

  beforeEach(() => {
    wires = {
      a: { rtp: new Wire(30_000), rtcp: new Wire(30_001) },
      b: { rtp: new Wire(30_002), rtcp: new Wire(30_003) },
    };
    const content: Content = { opaque: false, clockRates: new Int32Array(128) };
    legs = {
      a: new Leg(wires.a, content, () => {}),
      b: new Leg(wires.b, content, () => {}),
    };
    legs.a.peer = legs.b;
    legs.b.peer = legs.a;
    legs.a.expect(CALLER, 0);
    legs.b.expect(CALLEE, 0);
    tapped = [];
    legs.a.tap({
      row: new Row(),
      onPacket: (bytes, offset, length) =>
        tapped.push(Buffer.from(bytes.subarray(offset, offset + length))),
    });
  });

  test('open what one party has sealed, for the other party and for taps', () => {
    const transform = mirror(1);
    legs.a.transform(transform);
    wires.a.rtp.hear(sealed(transform, packet(1)), CALLER.rtpPort);
    expect(wires.b.rtp.sent).toEqual([{ bytes: packet(1), port: CALLEE.rtpPort }]);
    expect(tapped).toEqual([packet(1)]);
    expect(legs.a.stats()).toMatchObject({ packets: 1, octets: packet(1).length });
  });

  test('seal for one party what the other has sent in the clear, and give taps what was sent', () => {
    const transform = mirror(2);
    legs.b.transform(transform);
    wires.a.rtp.hear(packet(1), CALLER.rtpPort);
    expect(wires.b.rtp.sent[0]!.bytes).toEqual(sealed(transform, packet(1)));
    expect(tapped).toEqual([packet(1)]);
  });

  test('treat RTCP likewise, on a port of its own and on that of RTP', () => {
    const [ofA, ofB] = [mirror(1), mirror(2)];
    legs.a.transform(ofA);
    legs.b.transform(ofB);
    wires.a.rtcp.hear(sealed(ofA, REPORT), CALLER.rtcpPort);
    expect(wires.b.rtp.sent[0]!.bytes).toEqual(sealed(ofB, REPORT));
    wires.b.rtp.hear(sealed(ofB, REPORT), CALLEE.rtpPort);
    expect(wires.a.rtcp.sent[0]!.bytes).toEqual(sealed(ofA, REPORT));
  });

  test('latch nobody whose packets do not open', () => {
    legs.a.transform(mirror(1));
    wires.a.rtp.hear(sealed(mirror(99), packet(1)), 6_666);
    expect(legs.a.stats()).toMatchObject({ packets: 0, strangers: 0 });
    wires.b.rtp.hear(packet(2), CALLEE.rtpPort);
    expect(wires.a.rtp.sent[0]!.port).toBe(CALLER.rtpPort);
  });

  test('take no RTCP from another host than that of the stream, before it or after it', () => {
    const { rtp, rtcp } = wires.a;
    rtcp.hear(REPORT, 7_777, 0, '127.0.0.66');
    rtp.hear(packet(1), 7_000, 0, '127.0.0.5');
    wires.b.rtp.hear(REPORT, CALLEE.rtpPort);
    expect(rtcp.sent.map(({ port }) => port)).toEqual([CALLER.rtcpPort]);

    wires.b.rtp.sent.length = 0;
    rtcp.hear(REPORT, 7_777, 0, '127.0.0.66');
    expect(wires.b.rtp.sent).toEqual([]);
    expect(legs.a.stats().strangers).toBe(1);
    // From behind the same NAT, whatever the port, or from where signalling has named.
    rtcp.hear(REPORT, 7_001, 0, '127.0.0.5');
    rtcp.hear(REPORT, CALLER.rtcpPort);
    expect(wires.b.rtp.sent).toHaveLength(2);
  });

  test('are gone when they are taken away', () => {
    legs.a.transform(mirror(1));
    legs.a.transform(undefined);
    wires.a.rtp.hear(packet(1), CALLER.rtpPort);
    expect(wires.b.rtp.sent[0]!.bytes).toEqual(packet(1));
  });

  test('count a packet that the screen keeps, and let nobody have it', () => {
    legs.a.screen({ admits: (bytes, offset) => (bytes[offset + 1]! & 0x7f) !== 101 });
    wires.a.rtp.hear(packet(8), CALLER.rtpPort);
    wires.a.rtp.hear(packet(9), CALLER.rtpPort);
    expect(wires.b.rtp.sent.map(({ bytes }) => bytes)).toEqual([packet(8)]);
    expect(tapped).toEqual([packet(8)]);
    expect(legs.a.stats()).toMatchObject({ packets: 2, lost: 0 });
  });

  test('show the screen what was opened, and only of the party', () => {
    const seen: Buffer[] = [];
    const transform = mirror(1);
    legs.a.transform(transform);
    legs.a.screen({
      admits(bytes, offset, length) {
        seen.push(Buffer.from(bytes.subarray(offset, offset + length)));
        return true;
      },
    });
    wires.a.rtp.hear(sealed(transform, packet(1)), CALLER.rtpPort);
    wires.a.rtp.hear(sealed(transform, packet(2)), 6_666);
    expect(seen).toEqual([packet(1)]);
  });
});

describe('a leg that reports cross', () => {
  test('tells the round trip to its party by what the party answers to the other', () => {
    const wires = {
      a: { rtp: new Wire(30_000), rtcp: new Wire(30_001) },
      b: { rtp: new Wire(30_002), rtcp: new Wire(30_003) },
    };
    const content: Content = { opaque: false, clockRates: new Int32Array(128) };
    const a = new Leg(wires.a, content, () => {});
    const b = new Leg(wires.b, content, () => {});
    [a.peer, b.peer] = [b, a];
    a.expect(CALLER, 0);
    b.expect(CALLEE, 0);
    const ntp = 0x1234_5678_9abc_def0n;
    const sender = { ssrc: 7, ntp, rtpTimestamp: 1, packets: 1, octets: 160, reports: [] };
    wires.a.rtcp.hear(buildRtcp([{ kind: 'sender-report', ...sender }]), CALLER.rtcpPort, 1_000);
    const answer = (lastSr: number) =>
      buildRtcp([
        {
          kind: 'receiver-report',
          ssrc: 8,
          reports: [
            {
              ssrc: 7,
              fractionLost: 0,
              lost: 0,
              highestSequence: 1,
              jitter: 0,
              lastSr,
              delaySinceLastSr: 65_536 / 4,
            },
          ],
        },
      ]);
    wires.b.rtp.hear(answer(1), CALLEE.rtpPort, 1_290);
    expect(b.stats().roundTripMs).toBeUndefined();
    wires.b.rtp.hear(answer(0x5678_9abc), CALLEE.rtpPort, 1_290);
    expect(b.stats().roundTripMs).toBeCloseTo(40);
    expect(a.stats().roundTripMs).toBeUndefined();
  });
});

describe('the stage of a fork', () => {
  test('seals what goes to the recorder, kept packets and reports included, and opens its answer', () => {
    const wires = { rtp: new Wire(30_004), rtcp: new Wire(30_005) };
    const transform = mirror(3);
    const identity = { cname: 'call', wallOffset: 0 };
    const reports = new ForkReports(
      identity,
      wires.rtp.row,
      () => 0,
      () => 8000,
    );
    const queue = new PacketQueue(5_000, new KeptMemory(0));
    const fork = new Fork(wires as PortPair, reports, new Agenda(() => {}), () => 0, queue, false);
    fork.transform(transform);
    fork.onPacket(packet(1), 0, packet(1).length, 0);
    fork.start(RECORDER);
    fork.onPacket(packet(2), 0, packet(2).length, 0);
    expect(wires.rtp.sent.map(({ bytes }) => bytes)).toEqual(
      [1, 2].map((sequence) => sealed(transform, packet(sequence))),
    );
    const opened = Buffer.from(wires.rtcp.sent[0]!.bytes);
    expect(transform.inbound(opened, 0, opened.length)).toBeGreaterThan(0);
    expect(opened[1]).toBe(200);
    const block = {
      ssrc: 7,
      fractionLost: 0,
      lost: 5,
      highestSequence: 2,
      jitter: 0,
      lastSr: 0,
      delaySinceLastSr: 0,
    };
    const answer = buildRtcp([{ kind: 'receiver-report', ssrc: 1, reports: [block] }]);
    wires.rtcp.hear(answer, RECORDER.rtcpPort);
    expect(fork.stats().recorder).toBeUndefined();
    wires.rtcp.hear(sealed(transform, answer), RECORDER.rtcpPort);
    expect(fork.stats().recorder).toMatchObject({ lost: 5 });
  });
});

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Endpoint, StreamFormat } from '../../src/media';
import { socketAddress } from '../../src/media/relay/address';
import { Agenda } from '../../src/media/relay/agenda';
import type { DatagramSink, Opened, SocketSet } from '../../src/media/relay/datagram';
import { prepared } from '../../src/media/relay/playout/prepared';
import { Relay } from '../../src/media/relay/relay';
import { buildRtcp, buildRtp } from '../../src/media/rtp';
import { QuietSocket } from '../media/support/quiet-socket';
import { Dice } from '../support/dice';

const PACKETS = 1_000_000;
const PACKET_MS = 0.01;
/** Far below what a million packets would take if any of them were kept. */
const GROWTH_BYTES = 16 * 1024 * 1024;

const PARTIES = { a: 4_000, b: 5_000 } as const;
const STRANGER = 6_666;
const RECORDER: Endpoint = { address: '127.0.0.1', rtpPort: 7_000, rtcpPort: 7_001 };

/** A socket that is nowhere: remembers the last that it was given to send. */
class Wire extends QuietSocket {
  sent = 0;
  readonly last = Buffer.alloc(65_536);
  lastLength = 0;

  override send(bytes: Buffer, offset: number, length: number): void {
    this.sent += 1;
    this.lastLength = bytes.copy(this.last, 0, offset, offset + length);
  }
}

class Wires implements SocketSet {
  readonly byPort = new Map<number, Wire>();
  clock = 0;

  now(): number {
    return this.clock;
  }

  open(_address: string, port: number, sink: DatagramSink, done: Opened): void {
    const wire = new Wire(port, sink);
    this.byPort.set(port, wire);
    done(wire, '');
  }
}

const FORMATS = [
  { payloadType: 0, codec: 'PCMU', clockRate: 8_000, channels: 1 },
  { payloadType: 9, codec: 'G722', clockRate: 8_000, channels: 1 },
  { payloadType: 111, codec: 'opus', clockRate: 48_000, channels: 2 },
  { payloadType: 101, codec: 'telephone-event', clockRate: 8_000, channels: 1 },
];

const TONE = Int16Array.from({ length: 3_200 }, (_, n) => Math.round(3_000 * Math.sin(n / 2)));

function speech(sequence: number, payloadType: number, ssrc = 7): Buffer {
  return buildRtp({
    marker: false,
    payloadType,
    sequence: sequence & 0xffff,
    timestamp: (160 * sequence) >>> 0,
    ssrc,
    payload: Buffer.alloc(160, sequence),
  });
}

const REPORT = buildRtcp([{ kind: 'receiver-report', ssrc: 7, reports: [] }]);

test('a million damaged, cut, strange and endless packets change nothing for those who talk', () => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  // The memory of buffers is given back beside the collection: the second waits for that of the first.
  const collect = (): void => {
    gc();
    gc();
  };
  const bugs: unknown[] = [];
  const dice = new Dice();
  const wires = new Wires();
  const agenda = new Agenda((error) => bugs.push(error));
  const relay = new Relay(
    wires,
    agenda,
    {
      ports: { min: 20_000, max: 20_100 },
      quarantineMs: 1_000,
      rtpTimeoutMs: 60_000,
      rtpHoldTimeoutMs: 60_000,
      forkBufferMs: 200,
      forkBufferOctets: 2 ** 20,
      batchForks: false,
    },
    () => {},
  );

  let local!: Record<'a' | 'b', Endpoint>;
  const bind = { a: '127.0.0.1', b: '127.0.0.1' };
  relay.open(
    { line: 'l', callId: 'c', bind, clockRates: { 0: 8_000, 9: 8_000, 111: 48_000 } },
    (opened) => {
      local = opened as typeof local;
    },
  );
  for (const side of ['a', 'b'] as const) {
    const rtpPort = PARTIES[side];
    relay.expect('l', side, { address: '127.0.0.1', rtpPort, rtcpPort: rtpPort + 1 });
    relay.fork({ fork: side, line: 'l', side, bind: '127.0.0.1' }, () => {});
  }
  // One recorder is there, the other never answers: its packets are kept, within bounds.
  relay.start('a', RECORDER, undefined);
  const play = (playback: string, formats: readonly StreamFormat[]): void => {
    const program = prepared({
      kind: 'mix',
      formats,
      sound: { pcm: TONE },
      repeat: { everyMs: 1_000 },
    });
    relay.play({ line: 'l', side: 'b', playback, program }, () => {});
  };
  play('in every codec', FORMATS);

  const memory = Buffer.alloc(70_000);
  const from = new Map<number, Int32Array>();
  const hear = (port: number, bytes: Uint8Array, source: number): void => {
    let words = from.get(source);
    if (!words) from.set(source, (words = socketAddress('127.0.0.1', source)!.words));
    memory.set(bytes, 3);
    wires.byPort.get(port)!.sink.onDatagram(memory, 3, bytes.length, words, wires.clock);
  };
  const said = { a: 0, b: 0 };
  const say = (side: 'a' | 'b', type = 0): void =>
    hear(local[side].rtpPort, speech(said[side]++, type), PARTIES[side]);
  say('a');
  say('b');

  const types = [0, 9, 111, 101, 13, 77];
  const heard = { a: 1, b: 1 };
  const damaged = (): Uint8Array => {
    const kind = dice.below(6);
    const whole =
      kind === 0
        ? Buffer.from(REPORT)
        : speech(dice.below(65_536), types[dice.below(types.length)]!, dice.below(3));
    if (kind === 1) return whole.subarray(0, dice.below(whole.length + 1));
    const wounds = dice.below(8);
    for (let i = 0; i < wounds; i++)
      whole[dice.below(kind === 2 ? 14 : whole.length)] = dice.below(256);
    return kind === 3 ? Buffer.concat([whole, Buffer.alloc(dice.below(2_000), 0xa5)]) : whole;
  };
  const onslaught = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const side = dice.below(2) === 0 ? 'a' : 'b';
      const stranger = dice.below(3) === 0;
      const rtcp = dice.below(8) === 0;
      const port = rtcp ? local[side].rtcpPort : local[side].rtpPort;
      hear(port, damaged(), stranger ? STRANGER : PARTIES[side] + (rtcp ? 1 : 0));
      if (!rtcp) heard[side] += 1;
      wires.clock += PACKET_MS;
      if (i % 50 === 0) agenda.run(wires.clock);
    }
  };

  onslaught(PACKETS / 20);
  relay.stop('l', 'in every codec');
  play('in the cheapest', FORMATS.slice(0, 1));
  onslaught(PACKETS / 20);
  collect();
  const before = process.memoryUsage();
  onslaught((PACKETS * 9) / 10);
  collect();
  const after = process.memoryUsage();
  expect(bugs).toEqual([]);
  expect(after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers).toBeLessThan(
    GROWTH_BYTES,
  );

  const stats = relay.lineStats('l')!;
  for (const side of ['a', 'b'] as const) {
    const { packets, strangers, malformed } = stats[side];
    expect(strangers).toBeGreaterThan(PACKETS / 10);
    expect(malformed).toBeGreaterThan(0);
    // What was neither of the party nor of RTP is refused; RTCP beside RTP is neither counted nor refused.
    expect(packets + strangers + malformed).toBeGreaterThan(heard[side] * 0.8);
    expect(packets).toBeLessThan(heard[side] * 0.7);
  }
  expect(relay.usage()).toMatchObject({ lines: 1, forks: 2 });

  // The parties still hear each other, octet for octet in the direction into which nothing is played.
  const toCaller = wires.byPort.get(local.a.rtpPort)!;
  const sentBefore = toCaller.sent;
  say('b');
  const intact = speech(said.b - 1, 0);
  expect(toCaller.sent).toBe(sentBefore + 1);
  expect(toCaller.last.subarray(0, toCaller.lastLength)).toEqual(intact);
});

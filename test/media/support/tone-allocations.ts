/** What the collector gets of a packet that a tone is mixed into, by virtual time: as many come as a party says. */
import { GCProfiler, getHeapStatistics } from 'node:v8';
import type { Endpoint, Side } from '../../../src/media';
import { socketAddress } from '../../../src/media/relay/address';
import { Agenda } from '../../../src/media/relay/agenda';
import type { DatagramSink, Opened, SocketSet } from '../../../src/media/relay/datagram';
import { prepared } from '../../../src/media/relay/playout/prepared';
import { Relay } from '../../../src/media/relay/relay';
import { buildRtp } from '../../../src/media/rtp';
import { Dice } from '../../support/dice';
import { type Codec, G722, L16, PCMA, PCMU } from './codecs';
import { QuietSocket } from './quiet-socket';

export interface ToneKind {
  readonly call: string;
  readonly codec: Codec;
  /** Both say nothing for half of the time: the tone then comes in packets of its own. */
  readonly pauses?: boolean;
}

const WARM_UP = 20_000;
const COUNTED = 20_000;
const FRAME_MS = 20;
/** Packets of a stretch of speech, and of silence. */
const STRETCH = 100;
const SIDES: readonly Side[] = ['a', 'b'];
const AT: Readonly<Record<Side, number>> = { a: 4_000, b: 5_000 };

const sockets = (clock: { now: number }) => {
  const byPort = new Map<number, QuietSocket>();
  const set: SocketSet = {
    now: () => clock.now,
    open(_address: string, port: number, sink: DatagramSink, done: Opened): void {
      const socket = new QuietSocket(port, sink);
      byPort.set(port, socket);
      done(socket, '');
    },
  };
  return { set, byPort };
};

/** A party that says the same over and over, its packets up to some ms late. */
class Voice {
  #sequence = 0;
  readonly #packet: Buffer;
  readonly #from: Int32Array;

  constructor(
    private readonly socket: QuietSocket,
    private readonly ticks: number,
    { codec }: ToneKind,
    port: number,
  ) {
    const silence = new Int16Array((codec.rate * FRAME_MS) / 1000);
    this.#packet = buildRtp({
      marker: false,
      payloadType: codec.payloadType,
      sequence: 0,
      timestamp: 0,
      ssrc: port,
      payload: Buffer.from(codec.encode(silence)),
    });
    this.#from = socketAddress('127.0.0.1', port)!.words;
  }

  /** `frame`: which of the stream's packets. */
  speak(frame: number, now: number): void {
    const packet = this.#packet;
    packet.writeUInt16BE(this.#sequence++ & 0xffff, 2);
    packet.writeInt32BE((frame * this.ticks) | 0, 4);
    this.socket.sink.onDatagram(packet, 0, packet.length, this.#from, now);
  }
}

export function measureTone(kind: ToneKind) {
  const bugs: unknown[] = [];
  const clock = { now: 1_000_000 };
  const { set, byPort } = sockets(clock);
  const agenda = new Agenda((error) => bugs.push(error));
  const relay = new Relay(
    set,
    agenda,
    {
      ports: { min: 20_000, max: 20_099 },
      quarantineMs: 0,
      rtpTimeoutMs: 600_000,
      rtpHoldTimeoutMs: 600_000,
      forkBufferMs: 5_000,
      forkBufferOctets: 2 ** 20,
      batchForks: false,
    },
    () => {},
  );
  const { codec } = kind;
  const line = 'line';
  const bind = { a: '127.0.0.1', b: '127.0.0.1' };
  let local!: Record<Side, Endpoint>;
  const clockRates = { [codec.payloadType]: codec.clockRate };
  relay.open({ line, callId: 'call', bind, clockRates }, (opened) => {
    if (opened instanceof Error) throw opened;
    local = opened;
  });
  const pcm = Int16Array.from({ length: 14_400 }, (_, n) => Math.round(1_000 * Math.sin(n / 2.5)));
  const program = prepared({
    kind: 'mix',
    formats: [codec],
    sound: { pcm },
    repeat: { everyMs: 1_000, firstAfterMs: 500 },
  });
  const voices = SIDES.map((side) => {
    const rtpPort = AT[side];
    relay.expect(line, side, { address: '127.0.0.1', rtpPort, rtcpPort: rtpPort + 1 });
    relay.play({ line, playback: `tone-${side}`, side, program }, () => {});
    const ticks = (codec.clockRate * FRAME_MS) / 1000;
    return new Voice(byPort.get(local[side].rtpPort)!, ticks, kind, rtpPort);
  });
  const dice = new Dice();
  const talk = (from: number, to: number): void => {
    for (let frame = from; frame < to; frame++) {
      const due = 1_000_000 + frame * FRAME_MS + dice.below(8);
      for (; clock.now < due; clock.now++) agenda.run(clock.now);
      if (kind.pauses && frame % (2 * STRETCH) >= STRETCH) continue;
      voices[0]!.speak(frame, clock.now);
      voices[1]!.speak(frame, clock.now);
    }
  };
  talk(0, WARM_UP);
  const profiler = new GCProfiler();
  profiler.start();
  const before = getHeapStatistics().used_heap_size;
  talk(WARM_UP, WARM_UP + COUNTED);
  const after = getHeapStatistics().used_heap_size;
  const { statistics } = profiler.stop();
  if (bugs.length > 0) throw bugs[0];
  relay.close();
  return {
    call: kind.call,
    packets: 2 * COUNTED,
    octetsPerPacket: (after - before) / (2 * COUNTED),
    collections: statistics.length,
  };
}

export const TONE_KINDS: readonly ToneKind[] = [
  { call: 'with a tone in PCMU', codec: PCMU },
  { call: 'with a tone in PCMU, and pauses', codec: PCMU, pauses: true },
  { call: 'with a tone in PCMA', codec: PCMA },
  { call: 'with a tone in G.722', codec: G722 },
  { call: 'with a tone in L16', codec: L16 },
];

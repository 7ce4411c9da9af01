/**
 * What the collector gets of a packet: moves packets through the relay on the kernel backend, the generator in the
 * same thread, and prints for each kind of call how much the heap has grown, as JSON. Wants a young generation so
 * large that nothing is collected meanwhile.
 */
import { GCProfiler, getHeapStatistics } from 'node:v8';
import type { Endpoint, Side } from '../../../src/media';
import { socketAddress } from '../../../src/media/relay/address';
import { Agenda } from '../../../src/media/relay/agenda';
import type { CarrierOf } from '../../../src/media/relay/carrier';
import { EpollCarrier } from '../../../src/media/relay/epoll-carrier';
import { KernelSockets } from '../../../src/media/relay/kernel-sockets';
import {
  AF_INET,
  loadLibc,
  MSG_DONTWAIT,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
} from '../../../src/media/relay/libc';
import { Lifeline } from '../../../src/media/relay/lifeline';
import { Relay } from '../../../src/media/relay/relay';
import { RingCarrier } from '../../../src/media/relay/ring-carrier';
import { buildRtp } from '../../../src/media/rtp';
import { loadKit, newKeys, SrtpSender, suiteNamed } from '../../../src/media/srtp';
import { hasRings } from '../../support/rings';
import { sealed } from '../srtp/support';
import { measureTone, TONE_KINDS } from './tone-allocations';

/** Of each side, before and while it is looked. */
const WARM_UP = 20_000;
const COUNTED = 20_000;
const PER_TICK = 40;
/** No more are under way at a time, however slow the machine is. */
const MOST_UNDER_WAY = 400;
/** Packets of a side from one recorder to the next; half of the time there is none. */
const CHANGE = 10_000;
/** Ticks after the last packet in which everything comes to rest. */
const LAST_TICKS = 200;

export interface Allocation {
  readonly call: string;
  /** Heard from both parties while it was counted. */
  readonly packets: number;
  readonly octetsPerPacket: number;
  /** By which the figure is too small. */
  readonly collections: number;
}

interface Kind {
  readonly call: string;
  /** Of both legs and of the forks; none in the clear. */
  readonly suite?: string;
  readonly batchForks?: boolean;
  /** Packets are kept for ever. */
  readonly recorder?: 'late' | 'never' | 'another';
}

const KINDS: readonly Kind[] = [
  { call: 'in the clear' },
  { call: 'with SRTP everywhere', suite: 'AES_CM_128_HMAC_SHA1_80' },
  { call: 'with AES-GCM everywhere', suite: 'AEAD_AES_128_GCM' },
  { call: 'with batches', batchForks: true },
  { call: 'with batches and SRTP', batchForks: true, suite: 'AES_CM_128_HMAC_SHA1_32' },
  { call: 'that waits for its recorder', recorder: 'never' },
  { call: 'whose recorder is late', recorder: 'late' },
  { call: 'whose recorder is followed by another', recorder: 'another' },
];

const SIDES: readonly Side[] = ['a', 'b'];
/** Nobody listens there, and nobody minds. */
const NOWHERE: Endpoint = { address: '127.0.0.1', rtpPort: 9, rtcpPort: 9 };

const libc = loadLibc();
const rubbishBin = Buffer.allocUnsafeSlow(4);

/** A number that is kept as an object: it is one anyway where an address is passed. */
class Pointer {
  readonly address: number;

  constructor(address: number) {
    this.address = address;
  }
}

const rubbish = new Pointer(libc.addressOf(rubbishBin));

/** A party that says what was prepared, and counts what it hears. */
class Speaker {
  said = 0;
  heard = 0;
  readonly #fd = libc.socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  readonly #memory: Buffer;
  readonly #packets: readonly Pointer[];
  readonly #to: Buffer;
  readonly #toPointer: Pointer;
  readonly #length: number;

  constructor(packets: readonly Buffer[], to: Endpoint) {
    this.#length = packets[0]!.length;
    this.#memory = Buffer.allocUnsafeSlow(packets.length * this.#length);
    for (const [i, packet] of packets.entries()) packet.copy(this.#memory, i * this.#length);
    const base = libc.addressOf(this.#memory);
    this.#packets = packets.map((_, i) => new Pointer(base + i * this.#length));
    const { words } = socketAddress(to.address, to.rtpPort)!;
    this.#to = Buffer.allocUnsafeSlow(words.byteLength);
    this.#to.set(new Uint8Array(words.buffer, words.byteOffset, words.byteLength));
    this.#toPointer = new Pointer(libc.addressOf(this.#to));
  }

  speak(): void {
    const { address } = this.#packets[this.said++]!;
    libc.sendto(this.#fd, address, this.#length, 0, this.#toPointer.address, 16);
  }

  listen(): void {
    while (libc.recvfrom(this.#fd, rubbish.address, 4, MSG_DONTWAIT, 0, 0) > 0) this.heard += 1;
  }

  close(): void {
    libc.close(this.#fd);
  }
}

function packetsOf(ssrc: number, seal: (packet: Buffer) => Buffer): Buffer[] {
  return Array.from({ length: WARM_UP + COUNTED }, (_, i) =>
    seal(
      buildRtp({
        marker: false,
        payloadType: 0,
        sequence: i & 0xffff,
        timestamp: i * 160,
        ssrc,
        payload: Buffer.alloc(160, i),
      }),
    ),
  );
}

/** Looks for each packet by itself. */
const AT_ONCE = { enough: 1, patience: 0, after() {} };

function measure(kind: Kind, carrierOf: CarrierOf): Allocation {
  const bugs: unknown[] = [];
  const onBug = (error: unknown) => bugs.push(error);
  const sockets = new KernelSockets(libc, Lifeline.forSlots(100), onBug, carrierOf, AT_ONCE);
  const agenda = new Agenda(onBug);
  const relay = new Relay(
    sockets,
    agenda,
    {
      ports: { min: 40_000, max: 49_999 },
      quarantineMs: 0,
      rtpTimeoutMs: 60_000,
      rtpHoldTimeoutMs: 60_000,
      forkBufferMs: 5_000,
      forkBufferOctets: 2 ** 22,
      batchForks: kind.batchForks ?? false,
    },
    () => {},
  );
  const line = 'line';
  let local!: Record<Side, Endpoint>;
  const bind = { a: '127.0.0.1', b: '127.0.0.1' };
  relay.open({ line, callId: 'call', bind, clockRates: { 0: 8000 } }, (opened) => {
    if (opened instanceof Error) throw opened;
    local = opened;
  });
  const [alice, bob] = SIDES.map((side, i) => {
    let seal = (packet: Buffer): Buffer => packet;
    const suite = suiteNamed(kind.suite ?? '');
    if (suite) {
      const [send, receive] = [newKeys(suite), newKeys(suite)];
      relay.secure(line, side, { send, receive });
      const sender = new SrtpSender(loadKit(), receive);
      seal = (packet) => sealed(loadKit(), sender, packet, 'rtp');
    }
    relay.fork({ line, fork: `fork-${side}`, side, bind: '127.0.0.1' }, (opened) => {
      if (opened instanceof Error) throw opened;
    });
    const session = suite && { send: newKeys(suite), receive: newKeys(suite) };
    if (!kind.recorder) relay.start(`fork-${side}`, NOWHERE, session);
    return new Speaker(packetsOf(i + 1, seal), local[side]);
  });
  const start = (): void => {
    for (const side of SIDES) relay.start(`fork-${side}`, NOWHERE, undefined);
  };
  const keep = (): void => {
    for (const side of SIDES) relay.keep(`fork-${side}`);
  };

  const profiler = new GCProfiler();
  let before = 0;
  let after = 0;
  let rest = LAST_TICKS;
  agenda.every(1, sockets.now() + 1, () => {
    alice!.listen();
    bob!.listen();
    const said = alice!.said;
    if (said === WARM_UP && before === 0) {
      profiler.start();
      before = getHeapStatistics().used_heap_size;
    }
    if (said < WARM_UP + COUNTED) {
      if (2 * said - alice!.heard - bob!.heard > MOST_UNDER_WAY) return;
      // What is kept is then sent in bursts.
      if (kind.recorder === 'late' && said === WARM_UP + COUNTED / 2) start();
      if (kind.recorder === 'another' && said % CHANGE === 0) keep();
      if (kind.recorder === 'another' && said % CHANGE === CHANGE / 2) start();
      for (let i = 0; i < PER_TICK; i++) {
        alice!.speak();
        bob!.speak();
      }
    } else if (rest-- === 0) {
      after = getHeapStatistics().used_heap_size;
      sockets.stop();
    }
  });
  sockets.run(agenda, () => {});
  const { statistics } = profiler.stop();

  const { a, b } = relay.lineStats(line)!;
  const packets = a.packets + b.packets - 2 * WARM_UP;
  if (packets !== 2 * COUNTED) throw new Error(`${kind.call}: ${packets} packets were heard`);
  if (bugs.length > 0) throw bugs[0];
  relay.close();
  alice!.close();
  bob!.close();
  return {
    call: kind.call,
    packets,
    octetsPerPacket: (after - before) / packets,
    collections: statistics.length,
  };
}

// The first is for what is only there once: compiled code, and what V8 tidies up after a start.
const CARRIERS: Array<[string, CarrierOf]> = [['epoll', EpollCarrier.on]];
if (hasRings()) CARRIERS.push(['io_uring', RingCarrier.on]);
for (const [, carrierOf] of CARRIERS) measure(KINDS[0]!, carrierOf);
measureTone(TONE_KINDS[0]!);
const calls = CARRIERS.flatMap(([name, carrierOf]) =>
  KINDS.map((kind) => {
    const allocation = measure(kind, carrierOf);
    return { ...allocation, call: `${allocation.call}, by ${name}` };
  }),
);
console.log(JSON.stringify([...calls, ...TONE_KINDS.map(measureTone)]));

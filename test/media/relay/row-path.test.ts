import type { Endpoint } from '../../../src/media';
import { ADDRESS_WORDS, type SocketAddress, writeAddress } from '../../../src/media/relay/address';
import { Agenda } from '../../../src/media/relay/agenda';
import type { Carrier } from '../../../src/media/relay/carrier';
import type { DatagramSink, Opened, SocketSet } from '../../../src/media/relay/datagram';
import { Relay } from '../../../src/media/relay/relay';
import { ROW, Row, Rows } from '../../../src/media/relay/row';
import { RowPath } from '../../../src/media/relay/row-path';
import { buildRtcp } from '../../../src/media/rtp';
import { Dice } from '../../support/dice';
import { QuietSocket } from '../support/quiet-socket';

const HOST = '127.0.0.1';
/** Where a datagram lies in the carrier's memory. */
const PLACE = 44;
const SOCKETS = 64;

/** What left: from which socket, by the order of opening, to which port, and what. */
type Sent = readonly [number, number, string];

class Wire extends QuietSocket {
  constructor(
    private readonly house: House,
    private readonly index: number,
    port: number,
    row: Row,
    sink: DatagramSink,
  ) {
    super(port, sink, row);
  }

  override send(bytes: Buffer, offset: number, length: number, to: SocketAddress): void {
    const said = bytes.subarray(offset, offset + length);
    if (!this.house.sends(this.index, to.port, said)) this.sink.onRefused?.(bytes, offset, length);
  }
}

/** A relay on sockets that are nowhere; its packets go by the rows where they may, or never. */
class House implements SocketSet {
  readonly sent: Sent[] = [];
  readonly relay: Relay;
  clock = 0;
  carried = 0;
  /** Every so many datagrams the system refuses one. */
  refuseEvery = Number.POSITIVE_INFINITY;
  #attempts = 0;
  readonly #wires = new Map<number, Wire>();
  readonly #rows = new Rows(SOCKETS);
  /** What the path sees of a carrier. */
  readonly #hand = { bytes: Buffer.alloc(2_048), at: PLACE, length: 0 };
  readonly #source = new Int32Array(ADDRESS_WORDS);
  readonly #path: RowPath;

  constructor(
    private readonly byRows: boolean,
    batchForks: boolean,
  ) {
    const source = this.#source;
    const { words } = this.#rows;
    const send = (index: number, to: number): void => {
      const { bytes, at, length } = this.#hand;
      const head = words[to / 4]!;
      const port = ((head >>> 8) & 0xff00) | (head >>> 24);
      if (this.sends(index, port, bytes.subarray(at, at + length))) return;
      this.#wires.get(index)!.sink.onRefused?.(bytes, at, length);
    };
    const carrier = Object.defineProperties(this.#hand, {
      sourceHead: { get: () => source[0] },
      sourceHost: { get: () => source[1] },
      relay: {
        value: (
          slot: number,
          _fd: number,
          _at: number,
          _length: number,
          _each: number,
          to: number,
        ) => send(slot, to),
      },
    }) as unknown as Carrier;
    this.#path = new RowPath(carrier, this.#rows, 0, (row) =>
      send(row / ROW.length, 4 * (row + ROW.targetHead)),
    );
    this.relay = new Relay(
      this,
      new Agenda(fail),
      {
        ports: { min: 20_000, max: 20_000 + SOCKETS - 3 },
        quarantineMs: 1_000,
        rtpTimeoutMs: 60_000,
        rtpHoldTimeoutMs: 60_000,
        forkBufferMs: 5_000,
        forkBufferOctets: 2 ** 20,
        batchForks,
      },
      () => {},
    );
  }

  now(): number {
    return this.clock;
  }

  open(_address: string, port: number, sink: DatagramSink, done: Opened): void {
    const index = this.#wires.size + 1;
    const row = new Row(this.#rows, index);
    row.set(ROW.fd, index);
    const wire = new Wire(this, index, port, row, sink);
    this.#wires.set(index, wire);
    done(wire, '');
  }

  sends(from: number, to: number, bytes: Buffer): boolean {
    this.#attempts += 1;
    if (this.#attempts % this.refuseEvery === 0) return false;
    // Of reports: whose, and how much was sent; names and clocks are each house's own.
    const said = from % 2 === 0 ? accountOf(bytes) : bytes;
    this.sent.push([from, to, said.toString('hex')]);
    return true;
  }

  /** `index`: in the order of opening; the port is anybody's guess. */
  hear(index: number, from: number, bytes: Buffer): void {
    const hand = this.#hand;
    bytes.copy(hand.bytes, hand.at);
    hand.length = bytes.length;
    writeAddress(this.#source, HOST, from);
    const wire = this.#wires.get(index)!;
    if (this.byRows && this.#path.carry(wire.row.at, this.clock)) this.carried += 1;
    else wire.sink.onDatagram(hand.bytes, hand.at, hand.length, this.#source, this.clock);
  }
}

/** Of a sender report. */
function accountOf(report: Buffer): Buffer {
  return report[1] === 200 ? report.subarray(16, 28) : report.subarray(0, 8);
}

function fail(error: unknown): never {
  throw error;
}

const PARTY = { a: 4_000, b: 5_000 } as const;
const SIDES = ['a', 'b'] as const;
/** Sockets of RTP, by the order of opening. */
const RTP = { a: 1, b: 3 } as const;
const RATES = { 0: 8_000, 9: 8_000, 72: 8_000, 101: 8_000, 111: 48_000 };
const at = (rtpPort: number): Endpoint => ({ address: HOST, rtpPort, rtcpPort: rtpPort + 1 });
const REPORT = buildRtcp([{ kind: 'receiver-report', ssrc: 1, reports: [] }]);

interface Stream {
  sequence: number;
  timestamp: number;
  ssrc: number;
  payloadType: number;
}

/** Mostly the next packet of a stream; now and then anything else that is heard of. */
function packet(dice: Dice, stream: Stream): Buffer {
  const kind = dice.below(100);
  if (kind === 0) stream.sequence += 1 + dice.below(5);
  if (kind === 1) stream.sequence -= dice.below(3);
  if (kind === 2) stream.ssrc = 1 + dice.below(3);
  if (kind === 3) stream.payloadType = [0, 9, 72, 101, 111, 18][dice.below(6)]!;
  if (kind === 4) stream.sequence = 65_530;
  if (kind === 5) stream.sequence += 20_000;
  if (kind === 6) return REPORT;
  if (kind === 7) return Buffer.alloc(dice.below(14), dice.below(256));
  if (kind !== 8) stream.sequence += 1;
  if (kind !== 9) stream.timestamp += 160;
  const extension = dice.below(4) === 0 ? 8 : 0;
  const padding = dice.below(8) === 0 ? 4 : 0;
  const bytes = Buffer.alloc(12 + extension + 40 + padding, stream.sequence & 0xff);
  bytes[0] = 0x80 | (extension > 0 ? 0x10 : 0) | (padding > 0 ? 0x20 : 0);
  bytes[1] = stream.payloadType | (dice.below(20) === 0 ? 0x80 : 0);
  bytes.writeUInt16BE(stream.sequence & 0xffff, 2);
  bytes.writeUInt32BE(stream.timestamp >>> 0, 4);
  bytes.writeUInt32BE(stream.ssrc, 8);
  // Now and then an extension that is longer than its packet.
  if (extension > 0) bytes.writeUInt32BE(dice.below(30) === 0 ? 0xbede_ffff : 0xbede_0001, 12);
  if (padding > 0) bytes[bytes.length - 1] = padding;
  return bytes;
}

function allWell(relay: Relay): void {
  relay.describe('line', { clockRates: RATES, opaque: false });
  for (const side of SIDES) {
    relay.expect('line', side, at(PARTY[side]));
    relay.start(`fork-${side}`, at(7_000), undefined);
    relay.resume(`fork-${side}`);
  }
  relay.start('fork-again', at(7_100), undefined);
}

/** What signalling may say, by number. */
function order(relay: Relay, number: number, side: 'a' | 'b', other: number): void {
  const fork = `fork-${side}`;
  switch (number) {
    case 0:
      relay.pause(fork, () => {});
      return;
    case 1:
    case 2:
      relay.resume(fork);
      return;
    case 3:
      relay.expect('line', side, at(PARTY[side] + 10 * other));
      return;
    case 4:
      relay.expect('line', side, other === 0 ? undefined : at(PARTY[side]));
      return;
    case 5:
      relay.describe('line', { clockRates: other === 0 ? { 0: 8_000 } : RATES });
      return;
    case 6:
      relay.describe('line', { opaque: other === 0 });
      return;
    case 7:
      relay.start(fork, at(7_000 + 10 * other), undefined);
      return;
    case 8:
      relay.start('fork-again', at(7_100), undefined);
      return;
    case 9:
      relay.closeFork('fork-again');
      relay.fork({ line: 'line', fork: 'fork-again', side, bind: HOST }, () => {});
      return;
    case 10:
      relay.keep(fork);
      return;
    default:
      allWell(relay);
  }
}

describe.each([false, true])('a packet carried by rows (forks batched: %s)', (batchForks) => {
  afterEach(() => jest.restoreAllMocks());

  test.each([1, 2, 3])(
    'goes where the objects would have sent it, and counts the same (%i)',
    (seed) => {
      // The same ports in both houses.
      jest.spyOn(Math, 'random').mockReturnValue(0);
      const [objects, rows] = [new House(false, batchForks), new House(true, batchForks)] as const;
      const both = (act: (house: House) => void): void => {
        act(objects);
        act(rows);
      };
      both(({ relay }) => {
        relay.open(
          { line: 'line', callId: 'call', bind: { a: HOST, b: HOST }, clockRates: RATES },
          () => {},
        );
        for (const side of SIDES) {
          relay.expect('line', side, at(PARTY[side]));
          relay.fork({ line: 'line', fork: `fork-${side}`, side, bind: HOST }, () => {});
        }
        relay.fork({ line: 'line', fork: 'fork-again', side: 'a', bind: HOST }, () => {});
      });
      const dice = new Dice(seed);
      const streams = SIDES.map((_, i) => ({
        sequence: 65_000,
        timestamp: -1_000,
        ssrc: 1 + i,
        payloadType: 0,
      }));
      for (let i = 0; i < 20_000; i++) {
        const index = dice.below(2);
        const side = SIDES[index]!;
        if (dice.below(100) === 0) {
          const [number, other] = [dice.below(20), dice.below(3)];
          both(({ relay }) => order(relay, number, side, other));
        }
        if (dice.below(500) === 0) {
          const every = dice.below(2) === 0 ? 7 : Number.POSITIVE_INFINITY;
          both((house) => {
            house.refuseEvery = every;
          });
        }
        const bytes = packet(dice, streams[index]!);
        const stranger = dice.below(30) === 0 ? 10 * dice.below(3) : 0;
        both((house) => {
          house.clock = Math.floor(i / 2);
          house.hear(RTP[side], PARTY[side] + stranger, bytes);
        });
      }
      const other = rows.sent.findIndex((one, i) => `${one}` !== `${objects.sent[i]}`);
      expect(rows.sent.slice(other - 2, other + 3)).toEqual(
        objects.sent.slice(other - 2, other + 3),
      );
      expect(rows.sent.length).toBe(objects.sent.length);
      expect(rows.relay.lineStats('line')).toEqual(objects.relay.lineStats('line'));
      for (const fork of ['fork-a', 'fork-b', 'fork-again']) {
        expect(rows.relay.forkStats(fork)).toEqual(objects.relay.forkStats(fork));
      }
      expect(objects.carried).toBe(0);
      expect(rows.carried).toBeGreaterThan(1_000);
    },
  );
});

import type { Instant, Millis } from '../../core';
import type { Endpoint, StreamStats } from '../plane';
// From their own files: what an index passes on is looked up anew at every packet.
import { classify, DATAGRAM } from '../rtp/demux';
import { rtpPayloadType, rtpSequence, rtpSsrc, rtpTimestamp } from '../rtp/packet';
import { Reception } from '../rtp/reception';
import { RoundTrip } from '../rtp/round-trip';
import { type AddressWords, type SocketAddress, socketAddress } from './address';
import type { Agenda } from './agenda';
import type { DatagramSocket } from './datagram';
import { Latch } from './latch';
import { fittedRtcp, type Outlet, Playout } from './playout/playout';
import type { PortPair } from './port-pairs';
import { ROW, type Row, SPEAKS } from './row';
import { type Transform, transformed } from './transform';

const { rtp: RTP, rtcp: RTCP } = DATAGRAM;
/** Of payload types. */
const NONE = -1;

/** Gets each RTP packet of a leg's party after it was relayed. */
export interface Tap {
  /** Where the path of a packet finds it. */
  readonly row: Row;
  onPacket(bytes: Buffer, offset: number, length: number, now: Instant): void;
}

/**
 * Looks at each RTP packet of a leg's party before anybody else gets it: in the clear, of the party
 * without doubt, and counted.
 */
export interface Screen {
  /** False keeps it from the other party and from taps. The packet may be changed in place. */
  admits(bytes: Buffer, offset: number, length: number, now: Instant): boolean;
}

/** What the line carries, as its two legs read it on every packet. */
export interface Content {
  opaque: boolean;
  /** Hz by payload type, 0 where unknown. */
  readonly clockRates: Int32Array;
}

/**
 * One side of a line: hears its party on a pair of ports and sends to it what the other leg heard.
 * The path of a packet is here from end to end:
 *
 *     port ─▶ transform ─▶ latch ─▶ count ─▶ screen ─▶ playout ─▶ transform ─▶ port of the other leg
 *                                              └─────▶ taps
 *
 * Transform, screen and playout are there only while the call needs them. Where there are none, and a packet
 * is simply the next of its party's, a backend may carry it on by the rows of the ports alone (`carry`):
 * `#settle` says there whether it may.
 */
export class Leg {
  /** Whom this leg's packets go to. */
  peer: Leg = this;
  readonly #rtp = new Latch();
  readonly #rtcp = new Latch();
  #muxed = false;

  /** What is counted here is counted in the row of the RTP port, for the path to count there too. */
  readonly #row: Row;
  readonly #reception: Reception;
  /** Between here and the party, by the reports that cross: ours is the party that answers them. */
  readonly #roundTrip = new RoundTrip();
  #malformed = 0;
  #firstAt: Instant = 0;
  #taps: readonly Tap[] = [];
  /** The ports as the rest of this leg sees them. */
  #ports: PortPair;
  #screen: Screen | undefined;
  /** Undefined while nothing is played: packets then go straight through. */
  #playout: Playout | undefined;

  constructor(
    private readonly pair: PortPair,
    private readonly content: Content,
    private readonly onLatched: (from: Endpoint) => void,
  ) {
    this.#ports = pair;
    this.#row = pair.rtp.row;
    const { words, reals, at } = this.#row;
    this.#reception = new Reception(words, reals, at + ROW.reception);
    this.#row.set(ROW.payloadType, NONE);
    this.#listen();
  }

  /** What stands between the wire and this leg from now on; undefined: nothing. */
  transform(transform: Transform | undefined): void {
    this.#ports = transformed(this.pair, transform);
    this.#listen();
    this.#settle();
  }

  /** What looks at each RTP packet of the party from now on; undefined: nothing. */
  screen(screen: Screen | undefined): void {
    this.#screen = screen;
    this.#settle();
  }

  /** What the line carries has changed. */
  described(): void {
    this.#row.set(ROW.payloadType, NONE);
    this.#settle();
  }

  /** False when the address is none this leg could send to: another family, or a host name. */
  expect(remote: Endpoint | undefined, now: Instant): boolean {
    const rtp = remote && this.#reachable(remote.address, remote.rtpPort);
    const rtcp = remote && this.#reachable(remote.address, remote.rtcpPort);
    this.#muxed = remote !== undefined && remote.rtcpPort === remote.rtpPort;
    this.#rtp.expect(rtp, now);
    this.#rtcp.expect(rtcp, now);
    this.#settle();
    return remote === undefined || rtp !== undefined;
  }

  tap(tap: Tap): void {
    this.#taps = [...this.#taps, tap];
    this.#settle();
  }

  untap(tap: Tap): void {
    this.#taps = this.#taps.filter((other) => other !== tap);
    this.#settle();
  }

  /** What plays to this leg's party, made when there is none. Not for opaque lines. */
  playout(agenda: Agenda, wallOffset: Millis): Playout {
    const { last } = this.peer.#reception;
    this.#playout ??= new Playout(this.#outlet(), agenda, wallOffset, last);
    this.#settle();
    return this.#playout;
  }

  stopPlaying(id: string, now: Instant): void {
    this.#playout?.stop(id, now);
  }

  /** Nothing is sent from now on but what is relayed. */
  close(now: Instant): void {
    this.#playout?.close(now);
    this.#playout = undefined;
    this.#row.set(ROW.hears, 0);
    this.peer.#row.set(ROW.speaks, SPEAKS.not);
  }

  get packets(): number {
    return this.#row.get(ROW.packets);
  }

  /** When the last packet came, -1 before the first. */
  get lastAt(): Instant {
    return this.packets > 0 ? this.#row.getReal(ROW.at) : -1;
  }

  stats(): Omit<StreamStats, 'unauthentic' | 'replayed'> {
    const heard = this.packets > 0;
    return {
      packets: this.packets,
      octets: this.#row.getReal(ROW.octets),
      lost: this.#reception.lost,
      jitterMs: this.#reception.jitterMs,
      roundTripMs: this.#roundTrip.ms < 0 ? undefined : this.#roundTrip.ms,
      strangers: this.#rtp.strangers + this.#rtcp.strangers,
      malformed: this.#malformed,
      firstAtMs: heard ? this.#firstAt : undefined,
      lastAtMs: heard ? this.lastAt : undefined,
    };
  }

  #listen(): void {
    this.#ports.rtp.sink = {
      onDatagram: (bytes, offset, length, source, now) =>
        this.#onRtpPort(bytes, offset, length, source, now),
    };
    this.#ports.rtcp.sink = {
      onDatagram: (bytes, offset, length, source, now) =>
        this.#onRtcpPort(bytes, offset, length, source, now),
    };
  }

  #onRtpPort(
    bytes: Buffer,
    offset: number,
    length: number,
    source: AddressWords,
    now: Instant,
  ): void {
    const kind = this.content.opaque ? RTP : classify(bytes, offset, length);
    if (kind !== RTP && kind !== RTCP) {
      this.#malformed += 1;
      return;
    }
    const verdict = this.#rtp.judge(source, now);
    if (verdict === 'stranger') return;
    if (verdict === 'latched') this.#onLatch();
    if (kind === RTCP) {
      this.#crossRtcp(bytes, offset, length, now);
      return;
    }
    this.#count(bytes, offset, length, now);
    const screen = this.#screen;
    if (screen !== undefined && !screen.admits(bytes, offset, length, now)) return;
    this.pass(bytes, offset, length, now);
  }

  /** A packet of the party, or one that a screen has made in its name: to the other party and to taps. */
  pass(bytes: Buffer, offset: number, length: number, now: Instant): void {
    const { target } = this.peer.#rtp;
    if (target) {
      const playout = this.peer.#playout;
      if (playout === undefined) this.peer.#ports.rtp.send(bytes, offset, length, target);
      else playout.onLive(bytes, offset, length, now);
    }
    if (this.content.opaque) return;
    const taps = this.#taps;
    for (let i = 0; i < taps.length; i++) taps[i]!.onPacket(bytes, offset, length, now);
  }

  #onRtcpPort(
    bytes: Buffer,
    offset: number,
    length: number,
    source: AddressWords,
    now: Instant,
  ): void {
    if (!this.content.opaque && classify(bytes, offset, length) !== RTCP) {
      this.#malformed += 1;
      return;
    }
    if (this.#isStrangersRtcp(source)) {
      this.#rtcp.strangers += 1;
      return;
    }
    if (this.#rtcp.judge(source, now) === 'stranger') return;
    this.#crossRtcp(bytes, offset, length, now);
  }

  #crossRtcp(bytes: Buffer, offset: number, length: number, now: Instant): void {
    if (!this.content.opaque) {
      this.#roundTrip.answered(bytes, offset, length, now);
      this.peer.#roundTrip.asked(bytes, offset, length, now);
    }
    this.peer.#sendRtcp(bytes, offset, length);
  }

  /** To the party: on the RTP ports when it multiplexes (RFC 5761), else between the RTCP ports. */
  #sendRtcp(bytes: Buffer, offset: number, length: number): void {
    const latch = this.#muxed ? this.#rtp : this.#rtcp;
    const socket = this.#muxed ? this.#ports.rtp : this.#ports.rtcp;
    if (!latch.target) return;
    const fitted = fittedRtcp(bytes, offset, length, this.#playout, this.peer.#playout);
    if (fitted) socket.send(fitted, 0, length, latch.target);
    else socket.send(bytes, offset, length, latch.target);
  }

  #outlet(): Outlet {
    const leg = this;
    return {
      get open() {
        return leg.#rtp.target !== undefined;
      },
      send(bytes, offset, length) {
        const { target } = leg.#rtp;
        if (target) leg.#ports.rtp.send(bytes, offset, length, target);
      },
      idle() {
        leg.#playout = undefined;
        leg.#settle();
      },
    };
  }

  #count(bytes: Buffer, offset: number, length: number, now: Instant): void {
    const row = this.#row;
    const packets = row.get(ROW.packets);
    if (packets === 0) this.#firstAt = now;
    row.set(ROW.packets, packets + 1);
    row.setReal(ROW.octets, row.getReal(ROW.octets) + length);
    row.setReal(ROW.at, now);
    if (this.content.opaque) return;
    const payloadType = rtpPayloadType(bytes, offset);
    const clockRate = this.content.clockRates[payloadType]!;
    // With its marker set it would look like RTCP (RFC 5761 §4).
    const mistakable = payloadType >= 64 && payloadType < 96;
    row.set(ROW.payloadType, mistakable ? NONE : payloadType);
    row.set(ROW.clockRate, clockRate);
    this.#reception.receive(
      rtpSequence(bytes, offset),
      rtpTimestamp(bytes, offset),
      rtpSsrc(bytes, offset),
      clockRate,
      now,
    );
  }

  /**
   * Writes what a packet needs to be carried by rows: in ours, from the party as it was found; in that of the other leg, to
   * it. Only IPv4, of which two words are all.
   */
  #settle(): void {
    const row = this.#row;
    const heard = this.peer.#row;
    const plain = !this.content.opaque && this.#ports === this.pair && this.pair.rtp.family === 4;
    const { from, target } = this.#rtp;
    row.set(ROW.hears, plain && from && this.#screen === undefined ? 1 : 0);
    row.set(ROW.sourceHead, from?.head ?? 0);
    row.set(ROW.sourceHost, from?.host ?? 0);
    const direct = plain && target && this.#playout === undefined;
    heard.set(ROW.speaks, direct ? SPEAKS.atOnce : SPEAKS.not);
    heard.set(ROW.targetHead, target?.head ?? 0);
    heard.set(ROW.targetHost, target?.host ?? 0);
    heard.set(ROW.out, row.slot);
    heard.set(ROW.outFd, row.get(ROW.fd));
    let before = row;
    for (const tap of this.#taps) {
      before.set(ROW.fork, tap.row.at);
      before = tap.row;
    }
    before.set(ROW.fork, 0);
  }

  /** Many send no RTCP, and their port would be anybody's: it comes from the host of the stream, or as signalled. */
  #isStrangersRtcp(source: AddressWords): boolean {
    return this.#rtp.isElsewhere(source) && !this.#rtcp.expects(source);
  }

  /** What is on its way to the party in this very look may already go to where it was found. */
  #onLatch(): void {
    const { from } = this.#rtp;
    if (!from) return;
    const reporter = this.#rtcp.from;
    if (reporter && this.#isStrangersRtcp(reporter.words)) this.#rtcp.unlatch();
    this.#settle();
    const rtcpPort = this.#muxed ? from.port : (this.#rtcp.from?.port ?? from.port + 1);
    this.onLatched({ address: from.address, rtpPort: from.port, rtcpPort });
  }

  #reachable(address: string, port: number): SocketAddress | undefined {
    const to = socketAddress(address, port);
    const socket: DatagramSocket = this.pair.rtp;
    return to?.family === socket.family ? to : undefined;
  }
}

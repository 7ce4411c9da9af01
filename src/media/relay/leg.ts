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
import { type Transform, transformed } from './transform';

const { rtp: RTP, rtcp: RTCP } = DATAGRAM;

/** Gets each RTP packet of a leg's party after it was relayed. */
export interface Tap {
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
 * Transform, screen and playout are there only while the call needs them; else each costs a comparison
 * or less.
 */
export class Leg {
  /** Whom this leg's packets go to. */
  peer: Leg = this;
  /** When the last packet came, -1 before the first: always a number, which is stored in its place. */
  lastAt: Instant = -1;

  readonly #rtp = new Latch();
  readonly #rtcp = new Latch();
  #muxed = false;

  readonly #reception = new Reception();
  /** Between here and the party, by the reports that cross: ours is the party that answers them. */
  readonly #roundTrip = new RoundTrip();
  #packets = 0;
  #octets = 0;
  #malformed = 0;
  #firstAt: Instant = -1;
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
    this.#listen();
  }

  /** What stands between the wire and this leg from now on; undefined: nothing. */
  transform(transform: Transform | undefined): void {
    this.#ports = transformed(this.pair, transform);
    this.#listen();
  }

  /** What looks at each RTP packet of the party from now on; undefined: nothing. */
  screen(screen: Screen | undefined): void {
    this.#screen = screen;
  }

  /** False when the address is none this leg could send to: another family, or a host name. */
  expect(remote: Endpoint | undefined, now: Instant): boolean {
    const rtp = remote && this.#reachable(remote.address, remote.rtpPort);
    const rtcp = remote && this.#reachable(remote.address, remote.rtcpPort);
    this.#muxed = remote !== undefined && remote.rtcpPort === remote.rtpPort;
    this.#rtp.expect(rtp, now);
    this.#rtcp.expect(rtcp, now);
    return remote === undefined || rtp !== undefined;
  }

  tap(tap: Tap): void {
    this.#taps = [...this.#taps, tap];
  }

  untap(tap: Tap): void {
    this.#taps = this.#taps.filter((other) => other !== tap);
  }

  /** What plays to this leg's party, made when there is none. Not for opaque lines. */
  playout(agenda: Agenda, wallOffset: Millis): Playout {
    const { last } = this.peer.#reception;
    this.#playout ??= new Playout(this.#outlet(), agenda, wallOffset, last);
    return this.#playout;
  }

  stopPlaying(id: string, now: Instant): void {
    this.#playout?.stop(id, now);
  }

  /** Nothing is sent from now on but what is relayed. */
  close(now: Instant): void {
    this.#playout?.close(now);
    this.#playout = undefined;
  }

  get packets(): number {
    return this.#packets;
  }

  stats(): Omit<StreamStats, 'unauthentic' | 'replayed'> {
    return {
      packets: this.#packets,
      octets: this.#octets,
      lost: this.#reception.lost,
      jitterMs: this.#reception.jitterMs,
      roundTripMs: this.#roundTrip.ms < 0 ? undefined : this.#roundTrip.ms,
      strangers: this.#rtp.strangers + this.#rtcp.strangers,
      malformed: this.#malformed,
      firstAtMs: this.#firstAt < 0 ? undefined : this.#firstAt,
      lastAtMs: this.lastAt < 0 ? undefined : this.lastAt,
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
      },
    };
  }

  #count(bytes: Buffer, offset: number, length: number, now: Instant): void {
    this.#packets += 1;
    this.#octets += length;
    if (this.#firstAt < 0) this.#firstAt = now;
    this.lastAt = now;
    if (this.content.opaque) return;
    this.#reception.receive(
      rtpSequence(bytes, offset),
      rtpTimestamp(bytes, offset),
      rtpSsrc(bytes, offset),
      this.content.clockRates[rtpPayloadType(bytes, offset)]!,
      now,
    );
  }

  /** Many send no RTCP, and their port would be anybody's: it comes from the host of the stream, or as signalled. */
  #isStrangersRtcp(source: AddressWords): boolean {
    return this.#rtp.isElsewhere(source) && !this.#rtcp.expects(source);
  }

  #onLatch(): void {
    const { from } = this.#rtp;
    if (!from) return;
    const reporter = this.#rtcp.from;
    if (reporter && this.#isStrangersRtcp(reporter.words)) this.#rtcp.unlatch();
    const rtcpPort = this.#muxed ? from.port : (this.#rtcp.from?.port ?? from.port + 1);
    this.onLatched({ address: from.address, rtpPort: from.port, rtcpPort });
  }

  #reachable(address: string, port: number): SocketAddress | undefined {
    const to = socketAddress(address, port);
    const socket: DatagramSocket = this.pair.rtp;
    return to?.family === socket.family ? to : undefined;
  }
}

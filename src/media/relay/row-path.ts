import type { Instant } from '../../core';
import { rtpPayloadLength, rtpSequence, rtpSsrc, rtpTimestamp } from '../rtp/packet';
import { isNext, receiveNext } from '../rtp/reception';
import type { Carrier } from './carrier';
import { SOCKADDR_IN } from './libc';
import { FORK_ROW, ROW, type Rows, SPEAKS as SPEAKS_OF } from './row';

// Read here once: the constants of another module are looked up anew at every use.
const ROW_LENGTH = ROW.length;
const SIZE_OF_IPV4 = SOCKADDR_IN;
const FD = ROW.fd;
const HEARS = ROW.hears;
const SOURCE_HEAD = ROW.sourceHead;
const SOURCE_HOST = ROW.sourceHost;
const SPEAKS = ROW.speaks;
const TARGET = ROW.targetHead;
const OUT = ROW.out;
const OUT_FD = ROW.outFd;
const FORK = ROW.fork;
const PAYLOAD_TYPE = ROW.payloadType;
const CLOCK_RATE = ROW.clockRate;
const PACKETS = ROW.packets;
const OCTETS = ROW.octets / 2;
const AT = ROW.at / 2;
const RECEPTION = ROW.reception;
const SSRC = FORK_ROW.ssrc;
const STREAM_PACKETS = FORK_ROW.streamPackets;
const STREAM_OCTETS = FORK_ROW.streamOctets;
const TIMESTAMP = FORK_ROW.timestamp;
const { not: NOT, atOnce: AT_ONCE, later: LATER } = SPEAKS_OF;

/**
 * The path of a packet that is like the one before it: the next of its party's stream, on its way to a party
 * and to recorders that take it as it is. Nearly all are, and this does what `Leg` and `Fork` would do, by the
 * rows of the ports alone.
 */
export class RowPath {
  readonly #words: Int32Array;
  readonly #reals: Float64Array;

  constructor(
    private readonly carrier: Carrier,
    /** They begin at `rowsAt` in the carrier's memory. */
    rows: Rows,
    private readonly rowsAt: number,
    /** Sends what was received from the port of a row, together with others. */
    private readonly sendLater: (row: number) => void,
  ) {
    this.#words = rows.words;
    this.#reals = rows.reals;
  }

  /** Carries what has been received on a port; false: it is not of that kind, and nothing was done. */
  carry(at: number, now: Instant): boolean {
    const words = this.#words;
    const { carrier } = this;
    if (words[at + HEARS] !== 1) return false;
    const { bytes, at: offset, length } = carrier;
    const payload = rtpPayloadLength(bytes, offset, length);
    if (
      payload < 0 ||
      (bytes[offset + 1]! & 0x7f) !== words[at + PAYLOAD_TYPE] ||
      carrier.sourceHead !== words[at + SOURCE_HEAD] ||
      carrier.sourceHost !== words[at + SOURCE_HOST]
    ) {
      return false;
    }
    const sequence = rtpSequence(bytes, offset);
    const timestamp = rtpTimestamp(bytes, offset);
    const ssrc = rtpSsrc(bytes, offset);
    if (!isNext(words, at + RECEPTION, sequence, ssrc)) return false;
    if (words[at + SPEAKS] !== AT_ONCE) return false;
    for (let fork = words[at + FORK]!; fork !== 0; fork = words[fork + FORK]!) {
      if (words[fork + SPEAKS] === NOT || words[fork + SSRC] !== ssrc) return false;
    }
    this.#count(at, length, now);
    receiveNext(words, this.#reals, at + RECEPTION, timestamp, words[at + CLOCK_RATE]!, now);
    this.#send(words[at + OUT]!, words[at + OUT_FD]!, at);
    for (let fork = words[at + FORK]!; fork !== 0; fork = words[fork + FORK]!) {
      this.#count(fork, length, now);
      words[fork + STREAM_PACKETS] = words[fork + STREAM_PACKETS]! + 1;
      words[fork + STREAM_OCTETS] = words[fork + STREAM_OCTETS]! + payload;
      words[fork + TIMESTAMP] = timestamp;
      if (words[fork + SPEAKS] === LATER) this.sendLater(fork);
      else this.#send((fork / ROW_LENGTH) | 0, words[fork + FD]!, fork);
    }
    return true;
  }

  #count(at: number, length: number, now: Instant): void {
    const words = this.#words;
    const reals = this.#reals;
    const real = at >> 1;
    words[at + PACKETS] = words[at + PACKETS]! + 1;
    reals[real + OCTETS] = reals[real + OCTETS]! + length;
    reals[real + AT] = now;
  }

  /** To the target of a row. */
  #send(slot: number, fd: number, row: number): void {
    const { carrier } = this;
    const to = this.rowsAt + 4 * (row + TARGET);
    carrier.relay(slot, fd, carrier.at, carrier.length, 0, to, SIZE_OF_IPV4);
  }
}

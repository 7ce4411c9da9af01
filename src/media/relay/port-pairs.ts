import { Fault, type Instant, type Millis } from '../../core';
import { type DatagramSocket, drain, type SocketSet } from './datagram';
import type { PortRange } from './port-range';

/** Two bound sockets, RTP on an even port and RTCP on the next. */
export interface PortPair {
  readonly rtp: DatagramSocket;
  readonly rtcp: DatagramSocket;
}

/** Pairs found in somebody else's hands before giving up: the range is then theirs, not ours. */
const ATTEMPTS = 64;
/** What was on its way to a closed call, or sent before its end was heard of, has come within this time. */
const SHORTEST_REST: Millis = 1_000;

/**
 * Pairs of sockets of a range. A pair that was used rests for its quarantine, drained; when all others are taken, the
 * one that has rested longest is used earlier. What was bound once stays so until it is wanted on another address: to
 * open sockets and close them again costs more than to keep them.
 *
 * ```
 *   free ── open ──▶ in use ── retire ──▶ resting ── quarantine over ──▶ free
 *                       ▲                    │
 *                       └── none is free ────┘
 * ```
 */
export class PortPairs {
  /** Bound, and nobody's: resting or free. By the even port. */
  readonly #kept = new Map<number, PortPair>();
  /** Since when each rests, longest first. */
  readonly #resting = new Map<number, Instant>();
  readonly #shortestRest: Millis;
  #inUse = 0;

  constructor(
    private readonly sockets: SocketSet,
    private readonly range: PortRange,
    private readonly quarantine: Millis,
  ) {
    this.#shortestRest = Math.min(SHORTEST_REST, quarantine);
    // Parties of calls that ended with the worker before still send there.
    for (const port of range.leftBehind) this.#rest(port);
  }

  /** Ports in the hands of lines and forks. */
  get inUse(): number {
    return 2 * this.#inUse;
  }

  /**
   * Ports of closed lines, still bound, those of a worker that died, and ports that somebody else on the machine
   * was found on.
   */
  get quarantined(): number {
    this.#freeRested();
    return 2 * this.#resting.size;
  }

  /** Calls `done` once, with a pair or with the fault PORTS_EXHAUSTED. */
  open(address: string, done: (opened: PortPair | Fault) => void): void {
    this.#freeRested();
    this.#try(address, ATTEMPTS, done);
  }

  /** Keeps the pair bound and drained, and for the quarantine from others, if there are enough of them. */
  retire(pair: PortPair): void {
    pair.rtp.sink = drain;
    pair.rtcp.sink = drain;
    pair.rtp.listen(true);
    this.#inUse -= 1;
    this.#kept.set(pair.rtp.port, pair);
    this.#rest(pair.rtp.port);
  }

  /** Takes a pair back that nobody was told of: it need not rest. */
  giveBack(pair: PortPair): void {
    this.#inUse -= 1;
    this.#kept.set(pair.rtp.port, pair);
    this.range.giveBack(pair.rtp.port);
  }

  #try(address: string, attempts: number, done: (opened: PortPair | Fault) => void): void {
    const port = attempts > 0 ? (this.range.take() ?? this.#longestRested()) : undefined;
    if (port === undefined) {
      done(new Fault('PORTS_EXHAUSTED', `${this.range.min}-${this.range.max}`));
      return;
    }
    this.#bound(address, port, (pair, refusal) => {
      if (pair) {
        this.#inUse += 1;
        done(pair);
      } else if (refusal === 'EMFILE' && this.#closeOneKept()) {
        this.range.giveBack(port);
        this.#try(address, attempts - 1, done);
      } else if (refusal === 'EADDRINUSE') {
        this.#rest(port);
        this.#try(address, attempts - 1, done);
      } else {
        this.range.giveBack(port);
        done(new Fault('PORTS_EXHAUSTED', `cannot bind ${address}: ${refusal}`));
      }
    });
  }

  #bound(
    address: string,
    port: number,
    done: (pair: PortPair | undefined, refusal: string) => void,
  ): void {
    const kept = this.#kept.get(port);
    this.#kept.delete(port);
    if (kept?.rtp.address === address && kept.rtp.renew() && kept.rtcp.renew()) {
      done(kept, '');
      return;
    }
    kept?.rtp.close();
    kept?.rtcp.close();
    this.sockets.open(address, port, drain, (rtp, rtpRefusal) => {
      if (!rtp) {
        done(undefined, rtpRefusal);
        return;
      }
      this.sockets.open(address, port + 1, drain, (rtcp, rtcpRefusal) => {
        if (!rtcp) rtp.close();
        done(rtcp && { rtp, rtcp }, rtcpRefusal);
      });
    });
  }

  /** Descriptors are short: one pair that rests for nobody need not be bound. False when there is none. */
  #closeOneKept(): boolean {
    for (const [port, { rtp, rtcp }] of this.#kept) {
      if (this.#resting.has(port)) continue;
      this.#kept.delete(port);
      rtp.close();
      rtcp.close();
      return true;
    }
    return false;
  }

  #rest(port: number): void {
    this.#resting.set(port, this.sockets.now());
  }

  #freeRested(): void {
    const limit = this.sockets.now() - this.quarantine;
    for (const [port, since] of this.#resting) {
      if (since > limit) return;
      this.#resting.delete(port);
      this.range.giveBack(port);
    }
  }

  #longestRested(): number | undefined {
    const [longest] = this.#resting;
    if (!longest) return undefined;
    const [port, since] = longest;
    if (this.sockets.now() - since < this.#shortestRest) return undefined;
    this.#resting.delete(port);
    return port;
  }
}

import { Fault, type Millis } from '../../core';
import type { Agenda } from './agenda';
import { type DatagramSocket, drain, type SocketSet } from './datagram';
import type { PortRange } from './port-range';

/** Two bound sockets, RTP on an even port and RTCP on the next. */
export interface PortPair {
  readonly rtp: DatagramSocket;
  readonly rtcp: DatagramSocket;
}

/** Pairs found in somebody else's hands before giving up: the range is then theirs, not ours. */
const ATTEMPTS = 64;

/** Opens pairs of sockets in a range and closes them after their quarantine. */
export class PortPairs {
  #inUse = 0;
  #quarantined = 0;

  constructor(
    private readonly sockets: SocketSet,
    private readonly range: PortRange,
    private readonly agenda: Agenda,
    private readonly quarantine: Millis,
  ) {
    // Parties of calls that ended with the worker before still send there.
    for (const port of range.leftBehind) this.#rest(port, () => {});
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
    return 2 * this.#quarantined;
  }

  /** Calls `done` once, with a pair or with the fault PORTS_EXHAUSTED. */
  open(address: string, done: (opened: PortPair | Fault) => void): void {
    this.#try(address, ATTEMPTS, done);
  }

  /** Keeps the pair bound and drained for the quarantine, then closes it. */
  retire(pair: PortPair): void {
    pair.rtp.sink = drain;
    pair.rtcp.sink = drain;
    this.#inUse -= 1;
    this.#rest(pair.rtp.port, () => {
      pair.rtp.close();
      pair.rtcp.close();
    });
  }

  #try(address: string, attempts: number, done: (opened: PortPair | Fault) => void): void {
    const port = attempts > 0 ? this.range.take() : undefined;
    if (port === undefined) {
      done(new Fault('PORTS_EXHAUSTED', `${this.range.min}-${this.range.max}`));
      return;
    }
    this.#bind(address, port, (pair, refusal) => {
      if (pair) {
        this.#inUse += 1;
        done(pair);
      } else if (refusal === 'EADDRINUSE') {
        this.#rest(port, () => {});
        this.#try(address, attempts - 1, done);
      } else {
        this.range.giveBack(port);
        done(new Fault('PORTS_EXHAUSTED', `cannot bind ${address}: ${refusal}`));
      }
    });
  }

  #bind(
    address: string,
    port: number,
    done: (pair: PortPair | undefined, refusal: string) => void,
  ): void {
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

  #rest(port: number, then: () => void): void {
    this.#quarantined += 1;
    this.agenda.at(this.sockets.now() + this.quarantine, () => {
      this.#quarantined -= 1;
      then();
      this.range.giveBack(port);
    });
  }
}

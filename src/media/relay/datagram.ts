import type { Instant } from '../../core';
import type { AddressWords, SocketAddress } from './address';
import type { Row } from './row';

/**
 * What the relay needs of UDP, and all it needs: written twice, on the kernel and on `node:dgram`.
 * Everything is synchronous or by callback, because the kernel backend never returns to Node's loop.
 */
export interface SocketSet {
  /**
   * Opens a socket with a large receive buffer. `done` is called once, perhaps before this returns,
   * with the socket or with the code of the system's refusal (`EADDRINUSE`, `EMFILE` ...).
   */
  open(address: string, port: number, sink: DatagramSink, done: Opened): void;
  /** Monotonic now, in whole ms. */
  now(): Instant;
}

export type Opened = (socket: DatagramSocket | undefined, refusal: string) => void;

export interface DatagramSocket {
  readonly address: string;
  readonly port: number;
  readonly family: 4 | 6;
  /** What the path of a packet knows of this socket. */
  readonly row: Row;
  /** Whoever reads from now on. */
  sink: DatagramSink;
  /**
   * Nothing is expected here any more, and whatever comes may be dropped unread: then sending is cheaper.
   * Sockets listen at first.
   */
  listen(on: boolean): void;
  /** Made as new for another owner, unread datagrams included; false when that cannot be. */
  renew(): boolean;
  /** Sends. The bytes may be reused when it returns; what the system refuses the sink hears of. */
  send(bytes: Buffer, offset: number, length: number, to: SocketAddress): void;
  /** Sends with others like it, within a tenth of a second, where that is cheaper. */
  sendLater(bytes: Buffer, offset: number, length: number, to: SocketAddress): void;
  /** Sends what waits; where the system is asked at once, what it refuses is known when this returns. */
  flush(): void;
  /** Calls `done` once, when nothing that was given to send is left in this process; perhaps before this returns. */
  drained(done: () => void): void;
  close(): void;
}

/** Takes what a socket reads. */
export interface DatagramSink {
  /** `bytes` and `source` are the backend's own and valid only during the call. */
  onDatagram(
    bytes: Buffer,
    offset: number,
    length: number,
    source: AddressWords,
    now: Instant,
  ): void;
  /**
   * The system has refused to send a datagram that its socket was given: at once, or some time later. The bytes are
   * valid only during the call.
   */
  onRefused?(bytes: Buffer, offset: number, length: number): void;
}

/** Reads and forgets: for ports in quarantine. */
export const drain: DatagramSink = { onDatagram() {} };

/** What the receive buffer of every socket is asked to be, in octets; the kernel may give less. */
export const RECEIVE_BUFFER = 4 * 1024 * 1024;

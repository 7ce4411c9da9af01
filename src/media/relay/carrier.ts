import type { Micros } from '../../core';
import type { AddressWords, SocketAddress } from './address';
import type { Mapping } from './io-uring';
import type { Libc } from './libc';

/** In place of a slot: control has woken the worker. */
export const WAKE = -1;

/**
 * How datagrams cross between the kernel and the memory of a worker: written twice, by a system call for each
 * (`EpollCarrier`) and by rings that carry many with one (`RingCarrier`). Sockets are known by their slots and file descriptors.
 */
export interface Carrier {
  /** The memory that what is received lies in, and from `room` on what its user has asked for: it begins with a line of the cache. */
  readonly bytes: Buffer;
  readonly room: number;
  /** Of the datagram at hand, which is there until the next: its socket, or `WAKE`; where it lies, and whence it came. */
  readonly slot: number;
  readonly at: number;
  readonly length: number;
  readonly source: AddressWords;
  /** The first two words of `source`. */
  readonly sourceHead: number;
  readonly sourceHost: number;

  /** To be held for as long as the carrier is used, and closed after; so is memory that keeps it alive. */
  readonly fd: number;
  readonly mappings: readonly Mapping[];
  /** From now on what is written to this eventfd wakes the worker. */
  wakeBy(eventfd: number): void;
  /** What comes to a socket is received from now on; false when the system refuses. */
  watch(slot: number, fd: number): boolean;
  /** Nothing more is received, and nothing that was is told. Everything that was sent is out, and the socket may be closed. */
  unwatch(slot: number, fd: number): boolean;
  /** What was received for whoever had the socket before is not told; what the kernel still has is not touched. */
  forget(slot: number): void;
  /**
   * Hands over what was sent, and tells refusals that are known. Waits at most so long for so many datagrams, or about so many, to have
   * come. True: there was all that there is room for.
   */
  wait(longest: Micros, enough: number): boolean;
  /** For how long after a look it is to wait at most for more than one to come. */
  readonly patience: Micros;
  /** Takes the next datagram of those that have come; false: there is none, or it is time for something else. */
  next(): boolean;
  /** Sends octets as one datagram. They may be reused at once, and leave at the latest when this is settled. */
  send(
    slot: number,
    fd: number,
    bytes: Buffer,
    offset: number,
    length: number,
    to: SocketAddress,
  ): void;
  /**
   * Sends what lies in `bytes` at `at` as one datagram, or where `each` is not 0 as several of so many octets, which is what the
   * socket's `UDP_SEGMENT` must be. It goes to the struct sockaddr at `to` in `bytes`, of `toLength` octets. Both are
   * read when it is handed over: what changes before then is sent as it is then.
   */
  relay(
    slot: number,
    fd: number,
    at: number,
    length: number,
    each: number,
    to: number,
    toLength: number,
  ): void;
  /** Everything sent so far is the kernel's. If there was anything, `turn` is another then. */
  handOver(): void;
  readonly turn: number;
  /** The same, and whoever is to hear of refusals has. */
  settle(): void;
  /** Nothing is received any more, and sockets are free to be closed. Nothing else may be asked for after. */
  close(): void;
}

/** Hears that the system has refused to send what `Carrier` was given; valid during the call. */
export type OnRefused = (
  slot: number,
  bytes: Buffer,
  offset: number,
  length: number,
  each: number,
  error: string,
) => void;

/** Makes a carrier for so many slots and octets of its user; throws, with the reason, where it cannot be had. */
export type CarrierOf = (libc: Libc, slots: number, room: number, onRefused: OnRefused) => Carrier;

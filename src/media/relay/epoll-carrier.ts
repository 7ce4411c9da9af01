import type { Micros } from '../../core';
import { copyOctets } from '../octets';
import type { AddressWords, SocketAddress } from './address';
import { type Carrier, type CarrierOf, type OnRefused, WAKE } from './carrier';
import {
  EPOLL_CLOEXEC,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLLIN,
  type Libc,
  MSG_DONTWAIT,
  SEND_FLAGS,
  sockaddrSize,
} from './libc';
import { MAX_EVENTS, Slab } from './slab';

/** Read here once: the constants of another module are looked up anew at every use. */
const RECEIVE_FLAGS = MSG_DONTWAIT;
const FLAGS = SEND_FLAGS;

/**
 * Carries each datagram by a system call of its own: epoll_wait says where there are some, and one of each socket is read a
 * turn, for epoll reports the socket again when there are more.
 */
export class EpollCarrier implements Carrier {
  readonly bytes: Buffer;
  readonly room: number;
  readonly at: number;
  readonly source: AddressWords;
  readonly fd: number;
  readonly mappings = [];
  readonly patience: Micros = 1_000;
  /** What is sent is the kernel's at once. */
  readonly turn = 0;
  readonly #slab: Slab;
  slot = 0;
  length = 0;
  /** By slot; 0: not watched. */
  readonly #fds: Int32Array;
  #ready = 0;
  #event = 0;

  static readonly on: CarrierOf = (libc, slots, room, onRefused) =>
    new EpollCarrier(libc, slots, room, onRefused);

  private constructor(
    private readonly libc: Libc,
    slots: number,
    room: number,
    private readonly onRefused: OnRefused,
  ) {
    const slab = new Slab(libc, room);
    this.#slab = slab;
    this.bytes = slab.bytes;
    this.room = slab.room;
    this.at = slab.receiveAt;
    this.source = slab.source;
    this.#fds = new Int32Array(slots);
    this.fd = libc.epoll_create1(EPOLL_CLOEXEC);
    if (this.fd < 0) throw new Error(libc.errorName());
  }

  get sourceHead(): number {
    return this.#slab.sourceHead;
  }

  get sourceHost(): number {
    return this.#slab.sourceHost;
  }

  wakeBy(eventfd: number): void {
    if (!this.#add(WAKE, eventfd)) throw new Error(this.libc.errorName());
  }

  watch(slot: number, fd: number): boolean {
    if (!this.#add(slot, fd)) return false;
    this.#fds[slot] = fd;
    return true;
  }

  unwatch(slot: number, fd: number): boolean {
    if (this.libc.epoll_ctl(this.fd, EPOLL_CTL_DEL, fd, this.#slab.scratch) < 0) return false;
    this.#fds[slot] = 0;
    return true;
  }

  forget(): void {}

  /** Nobody counts what has come: where more than one is to, all the time is waited. */
  wait(longest: Micros, enough: number): boolean {
    const { libc } = this;
    if (enough > 1 && longest > 0) libc.usleep(longest);
    const wait = enough > 1 ? 0 : Math.ceil(longest / 1_000);
    this.#event = 0;
    this.#ready = libc.epoll_wait(this.fd, this.#slab.events, MAX_EVENTS, wait);
    if (this.#ready >= 0) return this.#ready === MAX_EVENTS;
    this.#ready = 0;
    if (this.libc.errorName() !== 'EINTR') throw new Error(this.libc.errorName());
    return false;
  }

  next(): boolean {
    const slab = this.#slab;
    while (this.#event < this.#ready) {
      const slot = slab.eventSlot(this.#event);
      this.#event += 1;
      this.slot = slot;
      if (slot === WAKE) return true;
      const fd = this.#fds[slot]!;
      // It may have been left since the kernel reported it.
      if (fd === 0) continue;
      slab.expectSource();
      const { receive, receiveSize, sourceAddress, sourceLength } = slab;
      this.length = this.libc.recvfrom(
        fd,
        receive,
        receiveSize,
        RECEIVE_FLAGS,
        sourceAddress,
        sourceLength,
      );
      if (this.length >= 0) return true;
    }
    return false;
  }

  send(
    slot: number,
    fd: number,
    bytes: Buffer,
    offset: number,
    length: number,
    to: SocketAddress,
  ): void {
    this.#slab.setDestination(to);
    this.#send(slot, fd, bytes, offset, length, 0, sockaddrSize(to.family));
  }

  relay(
    slot: number,
    fd: number,
    at: number,
    length: number,
    each: number,
    to: number,
    toLength: number,
  ): void {
    this.#slab.copyDestination(to, toLength);
    this.#send(slot, fd, this.bytes, at, length, each, toLength);
  }

  /** From one of two places: an address of memory that is computed is an object. */
  #send(
    slot: number,
    fd: number,
    bytes: Buffer,
    offset: number,
    length: number,
    each: number,
    toLength: number,
  ): void {
    const slab = this.#slab;
    let from = slab.receive;
    if (bytes !== slab.bytes || offset !== slab.receiveAt) {
      copyOctets(bytes, offset, slab.bytes, slab.stagingAt, length);
      from = slab.staging;
    }
    if (this.libc.sendto(fd, from, length, FLAGS, slab.destination, toLength) === length) return;
    this.onRefused(slot, bytes, offset, length, each, this.libc.errorName());
  }

  handOver(): void {}

  settle(): void {}

  close(): void {}

  #add(slot: number, fd: number): boolean {
    this.#slab.setScratchEvent(EPOLLIN, slot);
    return this.libc.epoll_ctl(this.fd, EPOLL_CTL_ADD, fd, this.#slab.scratch) === 0;
  }
}

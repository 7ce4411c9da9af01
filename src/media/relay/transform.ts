import type { Instant } from '../../core';
import type { AddressWords, SocketAddress } from './address';
import { type DatagramSink, type DatagramSocket, drain } from './datagram';
import type { PortPair } from './port-pairs';
import type { Row } from './row';

/**
 * What datagrams are on the wire, where that is not what the relay works with: SRTP, say. Both ports
 * of a pair share one, because with rtcp-mux (RFC 5761) both kinds come on one port. The contexts in it
 * are reused: nothing is made for a packet.
 */
export interface Transform {
  /**
   * Changes what came from the wire, in place; the new length, no larger than `length`, or -1 when
   * nobody is to hear it: what does not authenticate never latches.
   */
  inbound(bytes: Buffer, offset: number, length: number): number;
  /**
   * Writes what is to go on the wire to the beginning of `sealed`, because others still read `bytes`;
   * its length, or -1 when nothing is to go.
   */
  outbound(bytes: Buffer, offset: number, length: number): number;
  /** Valid until the next `outbound`. */
  readonly sealed: Buffer;
}

/** The pair as its owner sees it through a transform; the pair itself when there is none. */
export function transformed(pair: PortPair, transform: Transform | undefined): PortPair {
  if (!transform) return pair;
  return {
    rtp: new TransformedSocket(pair.rtp, transform),
    rtcp: new TransformedSocket(pair.rtcp, transform),
  };
}

/** A socket whose user sees the other side of a transform. Whoever does without pays nothing. */
class TransformedSocket implements DatagramSocket, DatagramSink {
  #sink: DatagramSink = drain;

  constructor(
    private readonly socket: DatagramSocket,
    private readonly transform: Transform,
  ) {}

  get address(): string {
    return this.socket.address;
  }

  get port(): number {
    return this.socket.port;
  }

  get family(): 4 | 6 {
    return this.socket.family;
  }

  get row(): Row {
    return this.socket.row;
  }

  get sink(): DatagramSink {
    return this.#sink;
  }

  set sink(sink: DatagramSink) {
    this.#sink = sink;
    this.socket.sink = this;
  }

  listen(on: boolean): void {
    this.socket.listen(on);
  }

  renew(): boolean {
    return this.socket.renew();
  }

  onDatagram(
    bytes: Buffer,
    offset: number,
    length: number,
    source: AddressWords,
    now: Instant,
  ): void {
    const clear = this.transform.inbound(bytes, offset, length);
    if (clear >= 0) this.#sink.onDatagram(bytes, offset, clear, source, now);
  }

  onRefused(bytes: Buffer, offset: number, length: number): void {
    this.#sink.onRefused?.(bytes, offset, length);
  }

  send(bytes: Buffer, offset: number, length: number, to: SocketAddress): void {
    const { transform } = this;
    const sealed = transform.outbound(bytes, offset, length);
    if (sealed >= 0) this.socket.send(transform.sealed, 0, sealed, to);
    else this.onRefused(bytes, offset, length);
  }

  sendLater(bytes: Buffer, offset: number, length: number, to: SocketAddress): void {
    const { transform } = this;
    const sealed = transform.outbound(bytes, offset, length);
    if (sealed >= 0) this.socket.sendLater(transform.sealed, 0, sealed, to);
    else this.onRefused(bytes, offset, length);
  }

  flush(): void {
    this.socket.flush();
  }

  drained(done: () => void): void {
    this.socket.drained(done);
  }

  close(): void {
    this.socket.close();
  }
}

import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Instant } from '../../core';
import { ADDRESS_WORDS, type SocketAddress, writeAddress } from './address';
import {
  type DatagramSink,
  type DatagramSocket,
  type Opened,
  RECEIVE_BUFFER,
  type SocketSet,
} from './datagram';
import { Row } from './row';

/** Sockets of `node:dgram`: everywhere, at about twice the cost of the kernel's own calls. */
export class DgramSockets implements SocketSet {
  /** The buffer of the datagram being read, which is nobody else's and may wait to be sent. */
  reading: Buffer | undefined;

  /** `onBug` hears of what a sink has thrown; the packet is lost, the others go on. */
  constructor(readonly onBug: (error: unknown) => void) {}

  open(address: string, port: number, sink: DatagramSink, done: Opened): void {
    const v6 = isIPv6(address);
    const socket = createSocket({
      type: v6 ? 'udp6' : 'udp4',
      ipv6Only: v6,
      recvBufferSize: RECEIVE_BUFFER,
      // Only literals are ever sent to: answering at once saves a turn of the loop for each packet.
      lookup: (host, _options, callback) => callback(null, host, v6 ? 6 : 4),
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close();
      done(undefined, error.code ?? error.message);
    });
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      done(new DgramSocket(this, socket, address, port, v6 ? 6 : 4, sink), '');
    });
  }

  now(): Instant {
    return Math.floor(performance.now());
  }
}

class DgramSocket implements DatagramSocket {
  readonly row = new Row();
  readonly #source = new Int32Array(ADDRESS_WORDS);
  #lastAddress = '';
  #lastPort = 0;
  /** Datagrams that Node has and the kernel has not: a few when the network is slow to take them. */
  #underWay = 0;
  readonly #waiting: Array<() => void> = [];

  readonly #left = (): void => {
    this.#underWay -= 1;
    if (this.#underWay > 0) return;
    for (const done of this.#waiting.splice(0)) done();
  };

  constructor(
    private readonly set: DgramSockets,
    private readonly socket: Socket,
    readonly address: string,
    readonly port: number,
    readonly family: 4 | 6,
    public sink: DatagramSink,
  ) {
    socket.on('message', (bytes, from) => {
      if (from.port !== this.#lastPort || from.address !== this.#lastAddress) {
        if (!writeAddress(this.#source, from.address, from.port)) return;
        this.#lastAddress = from.address;
        this.#lastPort = from.port;
      }
      this.set.reading = bytes;
      try {
        this.sink.onDatagram(bytes, 0, bytes.length, this.#source, this.set.now());
      } catch (error) {
        this.set.onBug(error);
      }
    });
    // What the network refuses later (an ICMP answer, say) concerns one packet, not the line.
    socket.on('error', () => {});
  }

  send(bytes: Buffer, offset: number, length: number, to: SocketAddress): void {
    if (to.family !== this.family) {
      this.sink.onRefused?.(bytes, offset, length);
      return;
    }
    try {
      if (bytes === this.set.reading) {
        this.socket.send(bytes, offset, length, to.port, to.address, this.#left);
      } else {
        const own = Buffer.from(bytes.subarray(offset, offset + length));
        this.socket.send(own, to.port, to.address, this.#left);
      }
      this.#underWay += 1;
    } catch {
      this.sink.onRefused?.(bytes, offset, length);
    }
  }

  /** What comes is read all the same. */
  listen(): void {}

  /** What has come and was not read yet cannot be told from what comes next: another socket takes its place. */
  renew(): boolean {
    return false;
  }

  sendLater(bytes: Buffer, offset: number, length: number, to: SocketAddress): void {
    this.send(bytes, offset, length, to);
  }

  flush(): void {}

  drained(done: () => void): void {
    if (this.#underWay === 0) done();
    else this.#waiting.push(done);
  }

  close(): void {
    this.socket.close();
  }
}

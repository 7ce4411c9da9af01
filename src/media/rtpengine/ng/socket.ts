import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';

/** Where an rtpengine takes its commands. */
export interface NgAddress {
  /** An IP literal or a name. */
  readonly host: string;
  readonly port: number;
}

/** One way to one node. */
export interface NgSocket {
  send(bytes: Buffer): void;
  /** Told of every datagram that comes. */
  onMessage: (bytes: Buffer) => void;
  /** Nobody listens there, or the network says that there is no way. */
  onRefused: (why: string) => void;
  close(): void;
}

/** Sound in a datagram, and answers about calls with many streams. */
const BUFFER_OCTETS = 1 << 20;

/**
 * A UDP socket that is connected, so that nobody but the node can answer and a port where nobody
 * listens is known at once. One that cannot be had is had again with the next datagram.
 */
export class UdpNgSocket implements NgSocket {
  onMessage: (bytes: Buffer) => void = () => {};
  onRefused: (why: string) => void = () => {};
  #closed = false;
  /** Connected; undefined while it is being made or none can be. */
  #socket: ReturnType<typeof createSocket> | undefined;
  /** Waiting for the socket. */
  #outbox: Buffer[] | undefined;

  constructor(private readonly address: NgAddress) {}

  send(bytes: Buffer): void {
    if (this.#closed) return;
    if (this.#socket) this.#socket.send(bytes, (error) => error && this.onRefused(error.message));
    else if (this.#outbox) this.#outbox.push(bytes);
    else this.#open(bytes);
  }

  close(): void {
    this.#closed = true;
    this.#socket?.close();
    this.#socket = undefined;
  }

  #open(first: Buffer): void {
    const { host, port } = this.address;
    const outbox = [first];
    this.#outbox = outbox;
    const socket = createSocket({
      type: isIPv6(host) ? 'udp6' : 'udp4',
      recvBufferSize: BUFFER_OCTETS,
      sendBufferSize: BUFFER_OCTETS,
    });
    const give = (why: string): void => {
      if (this.#outbox === outbox) {
        this.#outbox = undefined;
        socket.close();
      }
      this.onRefused(why);
    };
    socket.on('error', (error) => give(error.message));
    socket.on('message', (bytes) => this.onMessage(bytes));
    const connected = (error?: Error): void => {
      if (error) give(error.message);
      if (this.#outbox !== outbox) return;
      this.#outbox = undefined;
      if (this.#closed) {
        socket.close();
        return;
      }
      this.#socket = socket;
      for (const bytes of outbox) this.send(bytes);
    };
    socket.connect(port, host, connected);
  }
}

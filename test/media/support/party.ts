import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Endpoint } from '../../../src/media';
import { buildRtp, parseRtp, type RtpPacket } from '../../../src/media';

/** A datagram as a party got it. */
export interface Received {
  readonly bytes: Buffer;
  readonly from: RemoteInfo;
  readonly atMs: number;
}

/** One socket that remembers what it got, in order. */
export class Ear {
  readonly received: Received[] = [];
  #taken = 0;
  #wake: (() => void) | undefined;

  private constructor(readonly socket: Socket) {
    socket.on('message', (bytes, from) => {
      this.received.push({ bytes, from, atMs: performance.now() });
      this.#wake?.();
    });
  }

  static async open(address = '127.0.0.1', port = 0): Promise<Ear> {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.bind(port, address);
    await once(socket, 'listening');
    return new Ear(socket);
  }

  get port(): number {
    return this.socket.address().port;
  }

  /** The next datagram that was not taken yet; fails loudly when none comes. */
  async next(patience = 30_000): Promise<Received> {
    const late = AbortSignal.timeout(patience);
    while (this.received.length <= this.#taken) {
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve;
        late.onabort = () => reject(new Error(`no datagram within ${patience} ms`));
      });
    }
    return this.received[this.#taken++]!;
  }

  async nextRtp(): Promise<RtpPacket> {
    const { bytes } = await this.next();
    const packet = parseRtp(bytes);
    if (!packet) throw new Error(`not RTP: ${bytes.toString('hex')}`);
    return packet;
  }

  send(bytes: Buffer, port: number, address: string): void {
    this.socket.send(bytes, port, address);
  }

  close(): void {
    this.socket.close();
  }
}

/** A media party: an RTP and an RTCP socket, or one for both. */
export class Party {
  sequence = 1000;
  timestamp = 160_000;

  private constructor(
    readonly address: string,
    readonly rtp: Ear,
    readonly rtcp: Ear,
    readonly ssrc: number,
  ) {}

  static async open(options: { address?: string; mux?: boolean; ssrc?: number } = {}) {
    const { address = '127.0.0.1', mux = false, ssrc = 0x1234abcd } = options;
    const rtp = await Ear.open(address);
    return new Party(address, rtp, mux ? rtp : await Ear.open(address), ssrc);
  }

  get endpoint(): Endpoint {
    return { address: this.address, rtpPort: this.rtp.port, rtcpPort: this.rtcp.port };
  }

  /** The next packet of this party's stream: 20 ms of G.711. */
  packet(options: Partial<RtpPacket> = {}): Buffer {
    const packet = buildRtp({
      marker: false,
      payloadType: 0,
      sequence: this.sequence,
      timestamp: this.timestamp,
      ssrc: this.ssrc,
      payload: Buffer.alloc(160, this.sequence & 0xff),
      ...options,
    });
    this.sequence = (this.sequence + 1) & 0xffff;
    this.timestamp += 160;
    return packet;
  }

  /** Sends the next packet and returns its bytes. */
  speak(to: Endpoint, options: Partial<RtpPacket> = {}): Buffer {
    const bytes = this.packet(options);
    this.rtp.send(bytes, to.rtpPort, to.address);
    return bytes;
  }

  close(): void {
    this.rtp.close();
    if (this.rtcp !== this.rtp) this.rtcp.close();
  }
}

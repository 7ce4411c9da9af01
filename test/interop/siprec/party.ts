import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Endpoint } from '../../../src/media';
import { buildRtp, parseRtp } from '../../../src/media';

/** A UDP socket that speaks RTP: a party of a call, or one stream of a recorder. */
export class Party {
  /** Sequence numbers of the packets received, in the order of arrival. */
  readonly heard: number[] = [];

  private constructor(private readonly socket: Socket) {
    socket.on('message', (datagram) => {
      const packet = parseRtp(datagram);
      if (packet) this.heard.push(packet.sequence);
    });
  }

  static async open(): Promise<Party> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new Party(socket);
  }

  get port(): number {
    return this.socket.address().port;
  }

  /** Sends packets numbered from `first` to `last`. */
  async say(to: Endpoint, first: number, last: number, payloadType: number): Promise<void> {
    for (let sequence = first; sequence <= last; sequence++) {
      const packet = buildRtp({
        marker: sequence === first,
        payloadType,
        sequence,
        timestamp: sequence * 160,
        ssrc: payloadType + 1,
        payload: Buffer.alloc(160, payloadType),
      });
      await new Promise<void>((sent) => {
        this.socket.send(packet, to.rtpPort, to.address, () => sent());
      });
    }
  }

  /** Resolves when the packet of this number has come. */
  async hears(sequence: number): Promise<void> {
    while (!this.heard.includes(sequence)) await once(this.socket, 'message');
  }

  close(): void {
    this.socket.close();
  }
}

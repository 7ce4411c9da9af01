import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { parseRtp, type RtpPacket } from '../../media';

/** Two minutes of the shortest packets in use: nothing of ours lasts so long. */
const MOST_PACKETS = 12_000;

/** Hears one stream of RTP: whose packet comes first is listened to, and nobody else. */
export class Ear {
  readonly packets: RtpPacket[] = [];
  #source: string | undefined;

  private constructor(
    private readonly socket: Socket,
    readonly address: string,
  ) {
    socket.on('message', (datagram, from) => {
      const packet = parseRtp(datagram);
      const source = `${from.address} ${from.port}`;
      if (!packet || this.packets.length >= MOST_PACKETS) return;
      this.#source ??= source;
      if (source === this.#source) this.packets.push(packet);
    });
    // What an ICMP message says of the other end changes nothing here.
    socket.on('error', () => {});
  }

  /** On a port that the system chooses. Rejects with the system's error. */
  static open(address: string): Promise<Ear> {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(0, address, () => {
        socket.off('error', reject);
        resolve(new Ear(socket, address));
      });
    });
  }

  get port(): number {
    return this.socket.address().port;
  }

  close(): void {
    this.socket.close();
  }
}

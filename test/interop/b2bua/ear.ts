import { createSocket, type Socket } from 'node:dgram';
import { once as onceEvent } from 'node:events';
import { parseSdp } from '../../../src/media';

/** An RTP socket that says which packets it got, by their first payload octet. */
export class Ear {
  readonly heard: number[] = [];
  #sequence = 0;

  private constructor(private readonly socket: Socket) {
    socket.on('message', (packet) => this.heard.push(packet[12] ?? -1));
  }

  static async open(): Promise<Ear> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await onceEvent(socket, 'listening');
    return new Ear(socket);
  }

  get port(): number {
    return this.socket.address().port;
  }

  /** A PCMU packet of 160 octets, each of them `octet`. */
  speak(octet: number, port: number): void {
    const packet = Buffer.alloc(172, octet);
    packet.writeUInt8(0x80, 0);
    packet.writeUInt8(0, 1);
    packet.writeUInt16BE(this.#sequence, 2);
    packet.writeUInt32BE(this.#sequence * 160, 4);
    packet.writeUInt32BE(octet, 8);
    this.#sequence += 1;
    this.socket.send(packet, port, '127.0.0.1');
  }

  close(): void {
    this.socket.close();
  }
}

export function portOf(sdp: string): number {
  const parsed = parseSdp(sdp);
  if (!parsed.ok) throw parsed.fault;
  return parsed.value.media[0]!.port;
}

export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 60_000,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

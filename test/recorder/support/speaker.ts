import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { buildRtcp, buildRtp, type Endpoint, parseRtcp, type RtcpPacket } from '../../../src/media';
import { packetsOf, type Script } from './sender';

/** Sends a script as real RTP and RTCP, at the pace of real time, from a pair of sockets. */
export class Speaker {
  readonly control: RtcpPacket[] = [];
  /** RTP packets that have left, of everything it was given to say. */
  said = 0;

  private constructor(
    readonly rtp: Socket,
    readonly rtcp: Socket,
  ) {
    rtcp.on('message', (bytes) => this.control.push(...parseRtcp(bytes)));
    rtp.on('error', () => undefined);
    rtcp.on('error', () => undefined);
  }

  static async open(address = '127.0.0.1'): Promise<Speaker> {
    const type = address.includes(':') ? 'udp6' : 'udp4';
    const sockets = [createSocket(type), createSocket(type)] as const;
    for (const socket of sockets) {
      socket.bind(0, address);
      await once(socket, 'listening');
    }
    return new Speaker(...sockets);
  }

  get endpoint(): Endpoint {
    return {
      address: this.rtp.address().address,
      rtpPort: this.rtp.address().port,
      rtcpPort: this.rtcp.address().port,
    };
  }

  /** Resolves when the last packet has left. `stop` ends it before. */
  async speak(script: Script, to: Endpoint, stop?: AbortSignal): Promise<void> {
    const { packets, reports } = packetsOf({ delayMs: 0, ...script });
    const events = [
      ...packets.map(({ packet, arrival }) => ({ arrival, bytes: buildRtp(packet), rtp: true })),
      ...reports.map(({ control, arrival }) => ({
        arrival,
        bytes: buildRtcp(control),
        rtp: false,
      })),
    ].sort((a, b) => a.arrival - b.arrival);
    const began = performance.now();
    for (const { arrival, bytes, rtp } of events) {
      const wait = began + arrival - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      if (stop?.aborted) return;
      if (rtp) {
        this.rtp.send(bytes, to.rtpPort, to.address);
        this.said++;
      } else (script.muxed ? this.rtp : this.rtcp).send(bytes, to.rtcpPort, to.address);
    }
  }

  close(): void {
    this.rtp.close();
    this.rtcp.close();
  }
}

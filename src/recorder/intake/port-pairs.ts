import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { Fault, type Millis } from '../../core';
import { PortRange } from '../../media';

/** RTP on an even port and RTCP on the next. */
export interface PortPair {
  readonly rtp: Socket;
  readonly rtcp: Socket;
  readonly port: number;
}

/** Pairs found in somebody else's hands before giving up. */
const ATTEMPTS = 64;
/** A closed pair stays bound and unread so long: nobody's audio reaches the recording after it. */
const QUARANTINE: Millis = 10_000;
/** Seconds of packets, for busy moments; Linux gives no more without being told to. */
const RECEIVE_BUFFER = 208 * 1024;

/** The UDP ports on which audio is received. */
export class PortPairs {
  readonly #range: PortRange;

  constructor(
    private readonly address: string,
    ports: { readonly min: number; readonly max: number },
  ) {
    this.#range = new PortRange(ports.min, ports.max);
  }

  /** @throws Fault PORTS_EXHAUSTED. */
  async open(): Promise<PortPair> {
    const taken: number[] = [];
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const port = this.#range.take();
        if (port === undefined) break;
        const rtp = await this.#bind(port);
        const rtcp = rtp && (await this.#bind(port + 1));
        if (rtp && rtcp) return { rtp, rtcp, port };
        rtp?.close();
        taken.push(port);
      }
    } finally {
      for (const port of taken) this.#range.giveBack(port);
    }
    throw new Fault('PORTS_EXHAUSTED', `${this.#range.min}-${this.#range.max}`);
  }

  /** Takes a pair back after its quarantine. */
  retire({ rtp, rtcp, port }: PortPair): void {
    rtp.removeAllListeners('message');
    rtcp.removeAllListeners('message');
    const timer = setTimeout(() => {
      rtp.close();
      rtcp.close();
      this.#range.giveBack(port);
    }, QUARANTINE);
    timer.unref();
  }

  /** Undefined when somebody else has the port. @throws Fault when the address cannot be bound at all. */
  #bind(port: number): Promise<Socket | undefined> {
    return new Promise((resolve, reject) => {
      const v6 = isIPv6(this.address);
      const socket = createSocket({
        type: v6 ? 'udp6' : 'udp4',
        ipv6Only: v6,
        recvBufferSize: RECEIVE_BUFFER,
      });
      socket.once('error', (error: NodeJS.ErrnoException) => {
        socket.close();
        if (error.code === 'EADDRINUSE') resolve(undefined);
        else reject(new Fault('PORTS_EXHAUSTED', `cannot bind ${this.address}: ${error.code}`));
      });
      socket.bind({ address: this.address, port, exclusive: true }, () => {
        socket.removeAllListeners('error');
        // What the network says later of a report of ours (ICMP) concerns that report alone.
        socket.on('error', () => undefined);
        resolve(socket);
      });
    });
  }
}

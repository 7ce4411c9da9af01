import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { Side } from '../plane';
import { DIGITS } from '../rtp/telephone-event';
import type { NgAddress } from './ng';

/** A digit that a party has dialled. */
export interface LoggedDigit {
  /** The call at the node. */
  readonly ngCall: string;
  readonly side: Side;
  /** `0`-`9`, `*`, `#`, `A`-`D`. */
  readonly digit: string;
}

/** Listens to what rtpengines report of dialled digits (`--dtmf-log-dest`): JSON, a datagram a digit. */
export class DigitLog {
  private constructor(private readonly socket: Socket) {}

  /** Rejects when it cannot be listened there. */
  static async listen(
    { host, port }: NgAddress,
    onDigit: (digit: LoggedDigit) => void,
  ): Promise<DigitLog> {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    socket.on('message', (datagram) => {
      const digit = loggedDigit(datagram);
      if (digit) onDigit(digit);
    });
    socket.bind(port, host);
    await once(socket, 'listening');
    // Nothing is sent: what goes wrong later is nothing of ours.
    socket.on('error', () => {});
    return new DigitLog(socket);
  }

  get port(): number {
    return this.socket.address().port;
  }

  close(): void {
    this.socket.close();
  }
}

/** Undefined for what is no report of a digit. Never throws. */
export function loggedDigit(datagram: Buffer): LoggedDigit | undefined {
  let report: unknown;
  try {
    report = JSON.parse(datagram.toString());
  } catch {
    return undefined;
  }
  if (typeof report !== 'object' || report === null) return undefined;
  const { callid, source_tag: side, type, event } = report as Record<string, unknown>;
  const digit = typeof event === 'number' ? DIGITS[event] : undefined;
  if (type !== 'DTMF' || typeof callid !== 'string' || digit === undefined) return undefined;
  return side === 'a' || side === 'b' ? { ngCall: callid, side, digit } : undefined;
}

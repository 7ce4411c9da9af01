import { isIP } from 'node:net';
import { parse, type SipMessage, type SipUri } from '../../../src/engine/message';
import type { Network } from '../../../src/engine/transaction';
import type { Destination, LocalEnd, Protocol, Resolution } from '../../../src/engine/transport';

/** A message that left, and where to. */
export interface Departed {
  readonly message: SipMessage;
  readonly bytes: Buffer;
  readonly to: Destination;
}

/** A network that keeps what is sent, and refuses what a test says. */
export class FakeNetwork implements Network {
  readonly departed: Departed[] = [];
  /** `address:port` of places that cannot be reached. */
  readonly dead = new Set<string>();
  /** Transports by which nobody can be reached. */
  readonly deadTransports = new Set<Protocol>();
  /** What names resolve to. */
  readonly names = new Map<string, Resolution>();

  send(bytes: Buffer, to: Destination, onFailure?: (failure: never) => void): void {
    if (this.dead.has(`${to.address}:${to.port}`) || this.deadTransports.has(to.protocol)) {
      queueMicrotask(() => onFailure?.(undefined as never));
      return;
    }
    const result = parse(bytes);
    if (!result.ok) throw new Error(`the engine sent ${result.error.reason}: ${bytes.toString()}`);
    this.departed.push({ message: result.message, bytes, to });
  }

  localFor(protocol: Protocol, remote: string): LocalEnd | undefined {
    if (protocol === 'tls' || isIP(remote) === 6) return undefined;
    return local(protocol);
  }

  isOurs(uri: SipUri): boolean {
    return uri.host === '192.0.2.10' && (uri.port ?? 5060) === 5060;
  }

  known(uri: SipUri): Resolution | undefined {
    if (isIP(uri.host) === 0) return this.names.get(uri.host);
    const transport = uri.params.get('transport') === 'tcp' ? 'tcp' : 'udp';
    const hop = { protocol: transport, address: uri.host, port: uri.port ?? 5060, fixed: true };
    return { ok: true, hops: [hop as never] };
  }

  async resolve(uri: SipUri): Promise<Resolution> {
    await Promise.resolve();
    return this.known(uri) ?? { ok: false, reason: `no such name: ${uri.host}` };
  }

  candidates(hops: readonly Destination[], _bytes: number): readonly Destination[] {
    return hops.map(({ protocol, address, port }) => ({ protocol, address, port }));
  }
}

/** The engine's end in these tests. */
export function local(protocol: Protocol): LocalEnd {
  const address = '192.0.2.10';
  return { protocol, address, port: 5060, advertised: { address, port: 5060 } };
}

import type { Clock, Log } from '../../core';
import type { SipUri } from '../message';
import type { Address, Protocol } from './address';
import type { Destination } from './destination';
import type { SendFailure } from './failure';
import type { ConnectionId, Inbound, Malformed } from './inbound';
import type { NextHop, Resolution, Resolver } from './resolver';
import type { TransportStats } from './stats';

export interface Binding {
  readonly protocol: Protocol;
  /** Numeric; `0.0.0.0` or `::` for every interface of that family. */
  readonly address: string;
  /** 0 for any free port. */
  readonly port: number;
  /** What Via and Contact say when it differs, e.g. behind NAT. */
  readonly advertise?: { readonly address: string; readonly port?: number };
}

/** What the layer above does with what arrives. Called in order of arrival, never re-entered. */
export interface TransportHandlers {
  onMessage(inbound: Inbound): void;
  onMalformed(malformed: Malformed): void;
  /** A connection is gone: what waits for an answer on it may give up (RFC 3261 §18.4). */
  onConnectionClosed(connection: ConnectionId, remote: Address): void;
}

export interface TransportOptions {
  readonly handlers: TransportHandlers;
  readonly clock: Clock;
  readonly log: Log;
  readonly resolver?: Resolver;
}

/** UDP and TCP sockets of the engine: RFC 3261 §18. */
export class SipTransport {
  constructor(readonly options: TransportOptions) {}

  /** Opens sockets; resolves with the bound ends in the order given, rejects when one cannot be. */
  async listen(_bindings: readonly Binding[]): Promise<readonly Address[]> {
    throw new Error('not yet');
  }

  /** Sends one message. `onFailure` is called at most once, later, when the bytes did not leave. */
  send(_bytes: Buffer, _to: Destination, _onFailure?: (failure: SendFailure) => void): void {}

  /**
   * What Via and Contact call us towards a remote address: RFC 3261 §18.1.1 sent-by. Undefined when
   * nothing listens for that protocol and family.
   */
  localFor(_protocol: Protocol, _remote: string): Address | undefined {
    return undefined;
  }

  /** Next hops of a URI at once, when that needs no question. */
  known(_uri: SipUri): Resolution | undefined {
    return undefined;
  }

  /** Next hops of a URI. Never rejects. */
  async resolve(_uri: SipUri): Promise<Resolution> {
    return { ok: false, reason: 'not yet' };
  }

  /**
   * Where to try a request of about that many bytes, best first (RFC 3261 §18.1.1): the Via is to
   * name the protocol of the one tried; when it fails, the next is tried with another Via.
   */
  candidates(_hops: readonly NextHop[], _approximateBytes: number): readonly Destination[] {
    return [];
  }

  stats(): TransportStats {
    throw new Error('not yet');
  }

  /** Closes every socket and connection. */
  async close(): Promise<void> {}
}

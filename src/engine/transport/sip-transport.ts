import type { RemoteInfo } from 'node:dgram';
import type { Clock, Log } from '../../core';
import { type ParseResult, paramValue, parse, type SipUri } from '../message';
import { type Address, defaultPort, formatAddress, type LocalEnd, type Protocol } from './address';
import { Candidates } from './candidates';
import { CONNECTION_LIMITS, type ConnectionLimits } from './connection';
import { Connections } from './connections';
import type { Destination } from './destination';
import { isUnreached, type OnFailure, type SendFailure, sendFailure } from './failure';
import type { Arrival, ConnectionId, Inbound, Malformed } from './inbound';
import { type InterfaceAddress, interfaceAddresses } from './interfaces';
import { type Binding, type BoundEnd, endTowards } from './listener';
import { type NextHop, type Resolution, Resolver } from './resolver';
import { stampVia } from './stamp';
import { newCounters, type TransportStats } from './stats';
import { TcpListener } from './tcp';
import { MAX_DATAGRAM_BYTES, UdpListener } from './udp';

/** What the layer above does with what arrives. Called in order of arrival, never re-entered. */
export interface TransportHandlers {
  onMessage(inbound: Inbound): void;
  /**
   * To be answered before it returns if at all (`badRequestResponse`, `responseDestination`): a
   * connection that cannot be read any further is closed then.
   */
  onMalformed(malformed: Malformed): void;
  /**
   * A connection is gone, and what it left unsent has been reported: what waits for an answer on it
   * may give up (RFC 3261 §18.4).
   */
  onConnectionClosed(connection: ConnectionId, remote: Address): void;
}

export interface TransportOptions {
  readonly handlers: TransportHandlers;
  readonly clock: Clock;
  readonly log: Log;
  readonly resolver?: Resolver;
  readonly maxConnections?: number;
  readonly limits?: Partial<ConnectionLimits>;
  readonly interfaces?: () => readonly InterfaceAddress[];
}

const MAX_CONNECTIONS = 4_096;

/** UDP and TCP sockets of the engine: RFC 3261 §18. */
export class SipTransport {
  readonly #handlers: TransportHandlers;
  readonly #log: Log;
  readonly #interfaces: () => readonly InterfaceAddress[];
  readonly #resolver: Resolver;
  readonly #counters = newCounters();
  readonly #connections: Connections;
  readonly #candidates: Candidates;
  readonly #udp: UdpListener[] = [];
  readonly #tcp: TcpListener[] = [];
  #ends: readonly BoundEnd[] = [];
  readonly #sent = () => {
    this.#counters.sent += 1;
  };

  constructor(options: TransportOptions) {
    const { handlers, clock, log } = options;
    this.#handlers = handlers;
    this.#log = log;
    this.#interfaces = options.interfaces ?? interfaceAddresses;
    this.#resolver = options.resolver ?? new Resolver({ clock });
    this.#candidates = new Candidates(
      clock,
      (protocol, address) => endTowards(this.#ends, protocol, address) !== undefined,
    );
    const limits = { ...CONNECTION_LIMITS, ...options.limits };
    const maximum = options.maxConnections ?? MAX_CONNECTIONS;
    this.#connections = new Connections(maximum, limits, clock, this.#counters, {
      onParsed: (connection, result, bytes) => {
        const { remote: source, local, id } = connection;
        this.#take(result, { source, local, connection: id, bytes });
      },
      onPing: () => {
        this.#counters.keepalives += 1;
      },
      onClosed: ({ id, remote }) => {
        this.#guarded(() => this.#handlers.onConnectionClosed(id, remote));
      },
    });
  }

  /**
   * Opens sockets; resolves with the bound ends in the order given. Rejects when one cannot be, and
   * then none stays open.
   */
  async listen(bindings: readonly Binding[]): Promise<readonly LocalEnd[]> {
    const ends: BoundEnd[] = [];
    try {
      for (const binding of bindings) ends.push(await this.#open(binding));
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#ends = [...this.#ends, ...ends];
    return ends.map((end) => end.towards(end.bound.address));
  }

  /**
   * Sends one message. `onFailure` is called at most once, and never before this returns, when the
   * bytes did not leave. Never throws.
   */
  send(bytes: Buffer, to: Destination, onFailure?: OnFailure): void {
    const failed = (failure: SendFailure) => {
      this.#counters.sendFailures += 1;
      this.#log.debug(
        { ...failure.to, reason: failure.reason, detail: failure.detail },
        'sip-send-failed',
      );
      if (to.opportunistic && isUnreached(failure)) this.#candidates.refusedTcp(to);
      this.#guarded(() => onFailure?.(failure));
    };
    const refusal =
      to.protocol === 'udp'
        ? this.#sendDatagram(bytes, to, failed)
        : this.#sendStream(bytes, to, failed);
    if (refusal) queueMicrotask(() => failed(refusal));
  }

  /**
   * Our end towards a remote address; `advertised` is the sent-by of Via (RFC 3261 §18.1.1) and the
   * host of Contact. Undefined when nothing listens for that protocol and family.
   */
  localFor(protocol: Protocol, remote: string): LocalEnd | undefined {
    return endTowards(this.#ends, protocol, remote)?.towards(remote);
  }

  /** Whether a URI names one of our ends: what a Route that has served says (RFC 3261 §16.4). */
  isOurs({ host, port, params }: SipUri): boolean {
    const stated = paramValue(params, 'transport')?.toLowerCase();
    return this.#ends.some((end) => {
      const { protocol } = end.bound;
      if (stated !== undefined && stated !== protocol) return false;
      return end.isCalled(host.toLowerCase(), port ?? defaultPort(protocol));
    });
  }

  /** Next hops of a URI at once, when that needs no question. */
  known(uri: SipUri): Resolution | undefined {
    return this.#resolver.known(uri);
  }

  /** Next hops of a URI: RFC 3263. Never rejects. */
  resolve(uri: SipUri): Promise<Resolution> {
    return this.#resolver.resolve(uri);
  }

  /**
   * Where to try a request of about that many bytes, best first (RFC 3261 §18.1.1): the Via is to
   * name the protocol of the one tried; when sending fails, the next is tried with another Via.
   * Empty when no socket of ours fits.
   */
  candidates(hops: readonly NextHop[], approximateBytes: number): readonly Destination[] {
    return this.#candidates.of(hops, approximateBytes);
  }

  stats(): TransportStats {
    return { ...this.#counters };
  }

  /** Closes every socket and connection; what was written to them leaves first. */
  async close(): Promise<void> {
    this.#ends = [];
    const listeners = [...this.#udp.splice(0), ...this.#tcp.splice(0)];
    await Promise.all([...listeners.map((one) => one.close()), this.#connections.close()]);
  }

  async #open(binding: Binding): Promise<BoundEnd> {
    switch (binding.protocol) {
      case 'udp': {
        const listener = await UdpListener.bind(binding, this.#interfaces, {
          onDatagram: (datagram, remote, end) => this.#datagram(datagram, remote, end),
          onError: (error, end) => this.#socketError(error, end),
        });
        this.#udp.push(listener);
        return listener.end;
      }
      case 'tcp': {
        const listener = await TcpListener.bind(binding, this.#interfaces, {
          onAccept: (socket, local) => {
            if (!this.#connections.accept(socket, local)) socket.destroy();
          },
          onError: (error, end) => this.#socketError(error, end),
        });
        this.#tcp.push(listener);
        return listener.end;
      }
      case 'tls':
        throw new Error(`cannot listen on ${binding.protocol}: not supported`);
    }
  }

  #sendDatagram(bytes: Buffer, to: Destination, failed: OnFailure): SendFailure | undefined {
    if (bytes.length > MAX_DATAGRAM_BYTES) return sendFailure('too-large', to);
    const listener = this.#listenerAt(to.local) ?? this.#listenerTowards(to.address);
    if (!listener) return sendFailure('unreachable', to);
    listener.send(bytes, to, this.#sent, failed);
    return undefined;
  }

  #listenerAt(local: LocalEnd | undefined): UdpListener | undefined {
    return local && this.#udp.find(({ end }) => end.is(local));
  }

  #listenerTowards(remote: string): UdpListener | undefined {
    const wanted = endTowards(this.#ends, 'udp', remote);
    return this.#udp.find(({ end }) => end === wanted);
  }

  #sendStream(bytes: Buffer, to: Destination, failed: OnFailure): SendFailure | undefined {
    const own = to.connection === undefined ? undefined : this.#connections.get(to.connection);
    let connection = own ?? this.#connections.to(to);
    if (!connection) {
      const local = this.localFor(to.protocol, to.address);
      if (!local) return sendFailure('unreachable', to);
      connection = this.#connections.open(to, local, to.opportunistic === true);
    }
    if (!connection) return sendFailure('congested', to, 'too many connections');
    connection.send(bytes, this.#sent, failed);
    return undefined;
  }

  #datagram(datagram: Buffer, remote: RemoteInfo, end: BoundEnd): void {
    if (isKeepalive(datagram)) {
      this.#counters.keepalives += 1;
      return;
    }
    const source: Address = { protocol: 'udp', address: remote.address, port: remote.port };
    const local = end.towards(remote.address);
    this.#take(parse(datagram), { source, local, connection: undefined, bytes: datagram.length });
  }

  #take(result: ParseResult, arrival: Arrival): void {
    const { source } = arrival;
    if (!result.ok) {
      const { error } = result;
      this.#counters.malformed += 1;
      if (!result.partial) this.#counters.dropped += 1;
      this.#log.debug({ from: formatAddress(source), ...error }, 'sip-malformed');
      const partial = result.partial && stampVia(result.partial, source);
      const onlyUri = result.onlyUri === true;
      this.#guarded(() => this.#handlers.onMalformed({ ...arrival, error, partial, onlyUri }));
      return;
    }
    this.#counters.received += 1;
    const message =
      result.message.kind === 'request' ? stampVia(result.message, source) : result.message;
    const { local, connection, bytes } = arrival;
    this.#guarded(() => this.#handlers.onMessage({ message, source, local, connection, bytes }));
  }

  #socketError(error: Error, end: BoundEnd | undefined): void {
    this.#log.warn({ socket: end?.toString(), error: error.message }, 'sip-socket-error');
  }

  /** A fault of the layer above costs one message, never the socket. */
  #guarded(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#log.error({ err: error }, 'sip-handler-failed');
    }
  }
}

/** Line breaks or NULs that keep a NAT binding open: RFC 5626 §3.5 and older habits. */
function isKeepalive(datagram: Buffer): boolean {
  return (
    datagram.length <= 8 &&
    datagram.every((byte) => byte === 0 || byte === 0x0d || byte === 0x0a || byte === 0x20)
  );
}

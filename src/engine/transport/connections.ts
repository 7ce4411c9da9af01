import { connect, type Socket } from 'node:net';
import type { Clock, Millis } from '../../core';
import type { Address, LocalEnd } from './address';
import { Connection, type ConnectionHandlers, type ConnectionLimits } from './connection';
import type { ConnectionId } from './inbound';
import type { Counters } from './stats';

/** A connection quiet for so long may be closed to make room for a new one. */
const EVICTABLE_AFTER_MS = 60_000;

/** Every open connection, by its id and by its far end. */
export class Connections {
  readonly #byId = new Map<ConnectionId, Connection>();
  readonly #byRemote = new Map<string, Connection>();
  #nextId: ConnectionId = 1;

  readonly #handlers: ConnectionHandlers;

  constructor(
    private readonly maximum: number,
    private readonly limits: ConnectionLimits,
    private readonly clock: Clock,
    private readonly counters: Counters,
    handlers: Omit<ConnectionHandlers, 'onLeaving'>,
  ) {
    this.#handlers = {
      ...handlers,
      onLeaving: (connection, shed) => this.#remove(connection, shed),
    };
  }

  get(id: ConnectionId): Connection | undefined {
    return this.#byId.get(id);
  }

  /** An open connection to that address, whichever side opened it. */
  to(remote: Address): Connection | undefined {
    return this.#byRemote.get(keyOf(remote));
  }

  /** Takes in a connection a peer opened; undefined when it is gone or there are too many. */
  accept(socket: Socket, local: LocalEnd): Connection | undefined {
    const address = socket.remoteAddress;
    const port = socket.remotePort;
    // The peer may be gone before we look.
    if (address === undefined || port === undefined) return undefined;
    if (!this.#makeRoom()) {
      this.counters.connectionsShed += 1;
      return undefined;
    }
    this.counters.connectionsAccepted += 1;
    return this.#add(socket, { protocol: local.protocol, address, port }, local);
  }

  /** Opens a connection; undefined when there are too many. */
  open(to: Address, local: LocalEnd, opportunistic: boolean): Connection | undefined {
    if (!this.#makeRoom()) return undefined;
    this.counters.connectionsOpened += 1;
    const { connectMs, opportunisticConnectMs } = this.limits;
    const remote: Address = { protocol: to.protocol, address: to.address, port: to.port };
    const socket = connect({
      host: remote.address,
      port: remote.port,
      localAddress: isWildcard(local.address) ? undefined : local.address,
    });
    return this.#add(socket, remote, local, opportunistic ? opportunisticConnectMs : connectMs);
  }

  /** Closes all, what was written first. */
  async close(): Promise<void> {
    await Promise.all([...this.#byId.values()].map((connection) => connection.end()));
  }

  #add(socket: Socket, remote: Address, local: LocalEnd, connectTimeoutMs?: Millis): Connection {
    const connection = new Connection({
      id: this.#nextId++,
      remote,
      local,
      socket,
      clock: this.clock,
      limits: this.limits,
      handlers: this.#handlers,
      connectTimeoutMs,
    });
    this.#byId.set(connection.id, connection);
    this.#byRemote.set(keyOf(remote), connection);
    this.counters.connections = this.#byId.size;
    return connection;
  }

  #remove(connection: Connection, shed: boolean): void {
    if (shed) this.counters.connectionsShed += 1;
    const key = keyOf(connection.remote);
    this.#byId.delete(connection.id);
    if (this.#byRemote.get(key) === connection) this.#byRemote.delete(key);
    this.counters.connections = this.#byId.size;
  }

  /** Whether one more fits, if need be after closing the one that has been quiet longest. */
  #makeRoom(): boolean {
    if (this.#byId.size < this.maximum) return true;
    let quietest: Connection | undefined;
    for (const connection of this.#byId.values()) {
      if (!quietest || connection.quietSince < quietest.quietSince) quietest = connection;
    }
    if (!quietest || this.clock.now() - quietest.quietSince < EVICTABLE_AFTER_MS) return false;
    quietest.end();
    return true;
  }
}

function keyOf({ protocol, address, port }: Address): string {
  return `${protocol} ${address} ${port}`;
}

function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

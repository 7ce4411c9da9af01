import type { Socket } from 'node:net';
import type { Cancel, Clock, Instant, Millis } from '../../core';
import { MAX_MESSAGE_BYTES, MessageFramer, type ParseResult } from '../message';
import type { Address, LocalEnd } from './address';
import { type OnFailure, reasonOf, type SendFailureReason, sendFailure } from './failure';
import type { ConnectionId } from './inbound';

/** Times and bounds of one connection. */
export interface ConnectionLimits {
  /** Until a connection of ours is up. */
  readonly connectMs: number;
  /** The same when UDP was meant and TCP is tried for the size only. */
  readonly opportunisticConnectMs: number;
  /** Without a whole message since it was accepted, or since half a message began to come. */
  readonly stalledMs: number;
  /** Without a message either way. */
  readonly idleMs: number;
  /** Bytes waiting for a peer that does not read. */
  readonly writeBufferBytes: number;
}

export const CONNECTION_LIMITS: ConnectionLimits = {
  connectMs: 4_000,
  opportunisticConnectMs: 1_000,
  stalledMs: 32_000,
  idleMs: 30 * 60_000,
  writeBufferBytes: 16 * MAX_MESSAGE_BYTES,
};

export interface ConnectionHandlers {
  onParsed(connection: Connection, result: ParseResult, bytes: number): void;
  onPing(connection: Connection): void;
  /** It takes no more messages. Called once. `shed`: closed by us for what the peer did. */
  onLeaving(connection: Connection, shed: boolean): void;
  /** The socket is closed, and what it left unsent has been reported. Called once. */
  onClosed(connection: Connection): void;
}

export interface ConnectionOptions {
  readonly id: ConnectionId;
  readonly remote: Address;
  readonly local: LocalEnd;
  readonly socket: Socket;
  readonly clock: Clock;
  readonly limits: ConnectionLimits;
  readonly handlers: ConnectionHandlers;
  /** Given for a connection of ours that is not up yet. */
  readonly connectTimeoutMs?: Millis;
}

interface Unsent {
  readonly onFailure: OnFailure;
}

/** How long a closing connection may take to flush what was written. */
const FLUSH_MS = 2_000;
/** The kernel asks a silent peer whether it is still there. */
const TCP_KEEPALIVE_MS = 60_000;
const PONG = Buffer.from('\r\n');

/**
 * One TCP connection, accepted or opened.
 *
 * ```
 *   opening ──connected──▶ open ──end, error, idle, slow reader──▶ closed
 *      └──refused, timeout──────────────────────────────────────────▲
 * ```
 *
 * Bytes sent while opening wait; those not written when it closes are reported as failed.
 */
export class Connection {
  readonly id: ConnectionId;
  readonly remote: Address;
  readonly local: LocalEnd;
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #limits: ConnectionLimits;
  readonly #handlers: ConnectionHandlers;
  readonly #framer = new MessageFramer();
  readonly #unsent = new Set<Unsent>();
  #state: 'opening' | 'open' | 'closed';
  #lastMessageAt: Instant;
  #heard = false;
  /** When the message that is only half here began to arrive. */
  #partialSince: Instant | undefined;
  #cancelTimer: Cancel | undefined;
  /** Why it closes, once that is known; what is unsent then fails with it. */
  #cause: { readonly reason: SendFailureReason; readonly detail: string } | undefined;
  #shed = false;

  constructor(options: ConnectionOptions) {
    const { socket, clock, connectTimeoutMs } = options;
    this.id = options.id;
    this.remote = options.remote;
    this.local = options.local;
    this.#socket = socket;
    this.#clock = clock;
    this.#limits = options.limits;
    this.#handlers = options.handlers;
    this.#state = connectTimeoutMs === undefined ? 'open' : 'opening';
    this.#lastMessageAt = clock.now();
    socket.setNoDelay(true);
    socket.setKeepAlive(true, TCP_KEEPALIVE_MS);
    socket.on('connect', () => this.#opened());
    socket.on('data', (chunk: Buffer) => this.#received(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#cause ??= { reason: reasonOf(error), detail: error.message };
    });
    socket.on('end', () => this.#leave('closed', 'closed by the peer'));
    socket.on('close', () => this.#closed());
    if (connectTimeoutMs === undefined) this.#watch();
    else {
      this.#cancelTimer = clock.after(connectTimeoutMs, () =>
        this.destroy('timeout', 'connect timeout'),
      );
    }
  }

  /** Since the last whole message, in either direction. */
  get quietSince(): Instant {
    return this.#lastMessageAt;
  }

  send(bytes: Buffer, onSent: () => void, onFailure: OnFailure): void {
    const unsent: Unsent = { onFailure };
    this.#unsent.add(unsent);
    if (this.#socket.writableLength + bytes.length > this.#limits.writeBufferBytes) {
      this.#shed = true;
      this.destroy('congested', 'the peer reads too slowly');
      return;
    }
    this.#lastMessageAt = this.#clock.now();
    this.#socket.write(bytes, (error) => {
      if (!error && this.#unsent.delete(unsent)) onSent();
    });
  }

  /** Closes once what was written has left, or after a while; resolves then. */
  end(): Promise<void> {
    this.#leave('closed', 'closed by us');
    this.#cancelTimer = this.#clock.after(FLUSH_MS, () => this.#socket.destroy());
    return new Promise((resolve) => {
      if (this.#socket.closed) resolve();
      else this.#socket.once('close', () => resolve());
      this.#socket.end();
    });
  }

  /** Closes now; what is unsent fails for that reason. */
  destroy(reason: SendFailureReason, detail: string): void {
    this.#leave(reason, detail);
    this.#socket.destroy();
  }

  #opened(): void {
    if (this.#state !== 'opening') return;
    this.#state = 'open';
    this.#cancelTimer?.();
    this.#watch();
  }

  #received(chunk: Buffer): void {
    if (this.#state !== 'open') return;
    if (!this.#take(chunk)) {
      this.#shed = true;
      this.end();
    }
  }

  /** False when the stream cannot be read any further. */
  #take(chunk: Buffer): boolean {
    for (const framed of this.#framer.push(chunk)) {
      switch (framed.kind) {
        case 'ping':
          this.#handlers.onPing(this);
          this.send(PONG, nothing, nothing);
          break;
        case 'message':
          this.#heard = true;
          this.#partialSince = undefined;
          this.#lastMessageAt = this.#clock.now();
          this.#handlers.onParsed(this, framed.result, framed.bytes);
          break;
        case 'broken':
          this.#handlers.onParsed(this, framed.result, chunk.length);
          return false;
      }
      // The layer above may have closed it meanwhile.
      if (this.#state !== 'open') return true;
    }
    if (this.#framer.isMidMessage) this.#partialSince ??= this.#clock.now();
    return true;
  }

  /** Looks from time to time whether the peer still has something to say. */
  #watch(): void {
    const { stalledMs, idleMs } = this.#limits;
    this.#cancelTimer = this.#clock.after(Math.min(stalledMs, idleMs), () => {
      const now = this.#clock.now();
      const waitedFor = this.#heard ? this.#partialSince : this.#lastMessageAt;
      const stalled = waitedFor !== undefined && now - waitedFor >= stalledMs;
      if (stalled || now - this.#lastMessageAt >= idleMs) this.end();
      else this.#watch();
    });
  }

  #leave(reason: SendFailureReason, detail: string): void {
    this.#cause ??= { reason, detail };
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#cancelTimer?.();
    this.#handlers.onLeaving(this, this.#shed);
  }

  #closed(): void {
    this.#leave('closed', 'closed by the peer');
    this.#cancelTimer?.();
    const { reason, detail } = this.#cause ?? { reason: 'closed', detail: 'closed' };
    for (const { onFailure } of this.#unsent) onFailure(sendFailure(reason, this.remote, detail));
    this.#unsent.clear();
    this.#handlers.onClosed(this);
  }
}

function nothing(): void {}

import type { Socket } from 'node:net';
import Srf from 'drachtio-srf';

/**
 * The part of drachtio-srf that is used, typed: its connection to an engine, with framing, secret, routes
 * and reconnection. Its messages are not, for each would be read three times; nor its dialogs, which
 * resolve on status 200 only, answer UPDATE with the first offer and PRACK by themselves, and a B2BUA
 * needs all of these in its own hands.
 */
type Listener = (...args: never[]) => void;

interface Emitter {
  on(event: string, listener: Listener): unknown;
  listeners(event: string): Listener[];
  removeAllListeners(event: string): unknown;
}

/** The framing layer: it owns the sockets and reconnection. */
export interface SrfWire extends Emitter {
  closing?: boolean;
  socket?: Socket;
  reconnectVars?: { retryTimer?: NodeJS.Timeout | null };
  /** Sends a frame, and tells the id it gave to it. */
  send(socket: Socket, payload: string): string;
}

export interface SrfClient extends Emitter {
  readonly wp: SrfWire;
  readonly mapServer: ReadonlyMap<Socket, unknown>;
}

export interface SrfApp {
  readonly app: { readonly client: SrfClient };
  connect(options: {
    host: string;
    port: number;
    secret: string;
    reconnect: { retryMaxDelay: number };
  }): void;
  listen(options: { server: unknown; secret: string }): void;
  /** Asks the engine for requests of this method. */
  use(method: string, handler: () => void): void;
  on(event: string, listener: Listener): void;
}

export function createSrf(): SrfApp {
  return new Srf() as unknown as SrfApp;
}

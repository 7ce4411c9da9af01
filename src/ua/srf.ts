import type { Socket } from 'node:net';
import Srf from 'drachtio-srf';

/**
 * The part of drachtio-srf that is used, typed. It is the low level on purpose: the library's
 * dialogs resolve on status 200 only, answer UPDATE with the first offer and PRACK by themselves,
 * and a B2BUA needs all of these in its own hands.
 */
export interface SrfText {
  readonly raw?: string;
}

export interface SrfRequest {
  readonly msg: SrfText;
  readonly method: string;
  readonly uri: string;
  /** `application`: a request the engine made up, such as the BYE of an expired session. */
  readonly source: 'network' | 'application';
  readonly source_address: string;
  readonly source_port: number;
  readonly protocol: string;
  readonly receivedOn?: string;
  readonly stackTxnId: string;
  readonly stackDialogId?: string;
  on(event: 'cancel', listener: (cancel: SrfText) => void): void;
  on(event: 'update', listener: (request: SrfRequest, response: SrfResponse) => void): void;
  on(event: 'response', listener: (response: SrfResponse, ack: SrfAck) => void): void;
  cancel(options: { headers?: Record<string, string> }, callback: (error: unknown) => void): void;
}

export type SrfAck = (options?: { body?: string; headers?: Record<string, string> }) => void;

export interface SrfResponse {
  readonly msg: SrfText & { status: number; reason: string };
  status: number;
  reason: string;
  finished: boolean;
  readonly stackDialogId?: string;
  readonly agent: {
    sendResponse(
      response: SrfResponse,
      options: { headers?: Record<string, string>; body?: string },
      callback: (error: unknown, echo: SrfText) => void,
    ): void;
  };
}

export interface SrfRequestOptions {
  method: string;
  uri?: string;
  /** Next hop of a new request. */
  proxy?: string;
  headers?: Record<string, string>;
  body?: string;
  stackDialogId?: string;
}

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
}

export interface SrfClient extends Emitter {
  readonly wp: SrfWire;
  readonly mapServer: ReadonlyMap<Socket, unknown>;
  request(
    options: SrfRequestOptions,
    callback: (error: unknown, request: SrfRequest) => void,
  ): void;
  disconnect(socket: Socket): void;
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
  use(handler: (request: SrfRequest, response: SrfResponse) => void): void;
  use(method: string, handler: (request: SrfRequest, response: SrfResponse) => void): void;
  on(event: string, listener: Listener): void;
}

export function createSrf(): SrfApp {
  return new Srf() as unknown as SrfApp;
}

import { createServer, type Socket } from 'node:net';
import MediaServer from 'drachtio-fsmrf/lib/mediaserver';
import { Connection } from 'drachtio-modesl';
import type { Cancel, Clock, Millis } from '../../core';
import type { Leg, placerOver } from './leg';

/** How a FreeSWITCH is reached, and how it reaches us. */
export interface FreeswitchAddress {
  /** Of its event socket. */
  readonly address: string;
  readonly port: number;
  readonly secret: string;
  /** Name of its SIP profile that takes our calls. */
  readonly profile: string;
  /** Address of ours for its outbound event sockets and its RTP. */
  readonly listenAddress: string;
  /** TCP port of the former; 0 lets the system choose. */
  readonly listenPort: number;
}

export type Endpoint = Awaited<ReturnType<MediaServer<Leg>['createEndpoint']>>;

const CONNECT_WITHIN_MS: Millis = 5_000;
/** It tells that it lives every 20 s (`event-heartbeat-interval` of its switch.conf). */
const SILENT_MS: Millis = 90_000;

/**
 * One connection to FreeSWITCH, from its event socket to its end: drachtio-fsmrf's media server, with what
 * that leaves open closed. `Mrf.connect` is passed by on purpose: while FreeSWITCH is away it tries
 * again without a pause, it never says that a secret was refused, and nobody can stop it. Here nothing that arrives
 * throws, a connection that is lost stays lost (who opened it opens another), and its end is told once.
 *
 * ```
 *   opening ──ready──▶ open ──lost, close()──▶ over
 *      └──────refused, silent, close()───────────▲
 * ```
 */
export class MediaSession {
  /** Why it is over. Not called on `close`. */
  onEnd: ((reason: string) => void) | undefined;

  #state: 'opening' | 'open' | 'over' = 'opening';
  #connection: Connection | undefined;
  #server: MediaServer<Leg> | undefined;
  readonly #outbound = new Set<Socket>();
  /** Who waits for an endpoint. */
  readonly #waiting = new Set<(error: Error) => void>();
  #settle: { resolve(): void; reject(error: Error): void } | undefined;
  #patience: Cancel | undefined;

  private constructor(
    private readonly options: FreeswitchAddress,
    private readonly placer: ReturnType<typeof placerOver>,
    private readonly clock: Clock,
  ) {}

  /** Rejects with what FreeSWITCH or the system says. */
  static async open(
    options: FreeswitchAddress,
    placer: ReturnType<typeof placerOver>,
    clock: Clock,
  ): Promise<MediaSession> {
    const session = new MediaSession(options, placer, clock);
    // drachtio-fsmrf listens without a listener for errors: what cannot be listened on is found here.
    await mustListen(options.listenAddress, options.listenPort);
    session.#wait(CONNECT_WITHIN_MS, 'it does not answer');
    await session.#connect();
    return session;
  }

  /** Rejects with what FreeSWITCH says, or when it is over. */
  endpoint(remoteSdp: string): Promise<Endpoint> {
    if (this.#state !== 'open') return Promise.reject(new Error('it is gone'));
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      const settled = () => this.#waiting.delete(reject);
      this.#server!.createEndpoint({ remoteSdp }).then(
        (endpoint) => {
          // It would write errors of its socket to the console; its end is told all the same.
          endpoint.conn?.removeAllListeners('error');
          if (settled()) resolve(endpoint);
          else void endpoint.dialog.destroy();
        },
        (error: Error) => {
          settled();
          reject(error);
        },
      );
    });
  }

  /** Safe when it is over. */
  close(): void {
    this.onEnd = undefined;
    this.#end('it was closed');
  }

  #connect(): Promise<void> {
    const { address, port, secret } = this.options;
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      const connection = new Connection(address, port, secret, () => this.#authenticated());
      this.#connection = connection;
      connection.reconnectOpts.maxAttempts = 1;
      connection.reconnectVars.attempts = 1;
      const { socket } = connection;
      socket!.once('connect', () => {
        this.#guard(socket!);
        socket!.on('data', () => {
          if (this.#state === 'open') this.#wait(SILENT_MS, 'it has fallen silent');
        });
      });
      const ends: Readonly<Record<string, string>> = {
        'esl::end': 'the connection was lost',
        'esl::event::auth::fail': 'it refuses the secret',
        'esl::event::raw::text/rude-rejection': 'its access list keeps us out',
      };
      for (const [event, reason] of Object.entries(ends)) {
        connection.on(event, () => this.#end(reason));
      }
      connection.on('error', (error) => this.#end(error.message));
    });
  }

  #authenticated(): void {
    if (this.#state !== 'opening') return;
    const { listenAddress, listenPort, profile } = this.options;
    const mrf = { srf: this.placer, customEvents: [] };
    const server = new MediaServer<Leg>(
      this.#connection!,
      mrf,
      listenAddress,
      listenPort,
      undefined,
      undefined,
      profile,
    );
    this.#server = server;
    // Else it writes to the console when the connection is lost.
    server.closing = true;
    server.on('error', (error: Error) => this.#end(error.message));
    server.once('connect', () => {
      server._server!.server.on('connection', (socket) => this.#admit(socket));
      if (this.#state === 'over') server._server!.server.close();
    });
    server.once('ready', () => {
      if (this.#state !== 'opening') return;
      this.#state = 'open';
      this.#wait(SILENT_MS, 'it has fallen silent');
      this.#settle!.resolve();
    });
  }

  /** FreeSWITCH calls back from where it was called. */
  #admit(socket: Socket): void {
    if (socket.remoteAddress !== this.#connection?.socket?.remoteAddress) {
      socket.destroy();
      return;
    }
    this.#outbound.add(socket);
    socket.once('close', () => this.#outbound.delete(socket));
    this.#guard(socket);
  }

  /** The library throws out of the socket's data handler; here that ends the session. */
  #guard(socket: Socket): void {
    const listeners = socket.listeners('data') as Array<(chunk: Buffer) => void>;
    socket.removeAllListeners('data');
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const listener of listeners) listener(chunk);
      } catch (error) {
        const [problem] = String(error instanceof Error ? error.message : error).split('\n');
        this.#end(`what it says is not taken: ${problem}`);
      }
    });
  }

  #wait(patience: Millis, reason: string): void {
    this.#patience?.();
    this.#patience = this.clock.after(patience, () => this.#end(reason));
  }

  #end(reason: string): void {
    if (this.#state === 'over') return;
    this.#patience?.();
    const opening = this.#state === 'opening';
    this.#state = 'over';
    const connection = this.#connection;
    if (connection) {
      connection.closing = true;
      connection.socket?.destroy();
    }
    this.#server?._server?.server.close();
    for (const socket of this.#outbound) socket.destroy();
    for (const reject of this.#waiting) reject(new Error(reason));
    this.#waiting.clear();
    if (opening) this.#settle?.reject(new Error(reason));
    else this.onEnd?.(reason);
  }
}

function mustListen(address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, address, () => server.close(() => resolve()));
  });
}

import type { Socket } from 'node:net';
import type { Log } from '../core';
import {
  createSrf,
  type SrfAck,
  type SrfApp,
  type SrfClient,
  type SrfRequest,
  type SrfRequestOptions,
  type SrfResponse,
  type SrfText,
} from './srf';
import type { EngineLink } from './types';

/** What an engine can be asked to deliver to us (RFC 3261 and its extensions). */
const METHODS = ['invite', 'register', 'options', 'message', 'info', 'notify'].concat([
  'subscribe',
  'publish',
  'refer',
  'update',
  'prack',
  'bye',
]);

const RECONNECT_AT_MOST_MS = 2_000;
const CLOSE_WITHIN_MS = 1_000;

/** Follows one request of ours to its end: `failed`, or a final response. */
export interface RequestWatch {
  /** The engine has sent it; `request` is what left. */
  sent(request: SrfRequest): void;
  response(response: SrfResponse, ack: SrfAck): void;
  /** It never left, or the control link was lost before the final response. */
  failed(reason: string): void;
}

export interface LinkEvents {
  /** Any request from the network or made up by the engine. */
  onRequest(request: SrfRequest, response: SrfResponse): void;
  onUp(listening: readonly string[]): void;
  /** Everything that was under way is gone. Not called on `close`. */
  onDown(): void;
}

/**
 * The control link to the engine: drachtio-srf's agent, with what it leaves open closed. A handler
 * that throws is reported instead of tearing the link down, a frame that cannot be read costs the
 * connection and not the process, and nobody waits for ever for an answer of a link that is lost.
 */
export class ControlLink {
  readonly #waiting = new Set<(reason: string) => void>();
  readonly #srf: SrfApp = createSrf();
  #closed = false;
  #up = false;

  private constructor(
    private readonly events: LinkEvents,
    private readonly log: Log,
  ) {}

  /** Resolves when the engine has taken the secret; rejects when it refused it. */
  static async open(link: EngineLink, events: LinkEvents, log: Log): Promise<ControlLink> {
    const control = new ControlLink(events, log);
    await control.#open(link);
    return control;
  }

  request(options: SrfRequestOptions, watch: RequestWatch): void {
    const guarded = this.#settleOnce((reason) => watch.failed(reason));
    this.#attempt(guarded.lost, () => {
      this.#client.request(options, (error, request) => {
        if (!guarded.open()) return;
        if (error) return guarded.lost(textOf(error));
        // drachtio-srf hands an UPDATE to whatever request of the same Call-ID is pending.
        request.on('update', (update, response) => this.#deliver(update, response));
        request.on('response', (response, ack) => {
          if (!guarded.open()) return;
          if (response.status >= 200) guarded.close();
          this.#safely(() => watch.response(response, ack));
        });
        this.#safely(() => watch.sent(request));
      });
    });
  }

  /** Sends a response of any status; drachtio-srf's own `send` refuses the codes it does not know. */
  respond(
    response: SrfResponse,
    status: number,
    reason: string,
    content: { headers: Record<string, string>; body?: string },
    done: (refused: string | undefined, echo?: SrfText) => void,
  ): void {
    if (response.finished) {
      done('a final response was already sent');
      return;
    }
    const guarded = this.#settleOnce((reason) => done(reason));
    this.#attempt(guarded.lost, () => {
      response.status = status;
      response.reason = reason;
      response.msg.status = status;
      response.msg.reason = reason;
      response.agent.sendResponse(response, content, (error, echo) => {
        if (!guarded.open()) return;
        if (error) return guarded.lost(textOf(error));
        guarded.close();
        this.#safely(() => done(undefined, echo));
      });
      if (status >= 200) response.finished = true;
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { wp, mapServer } = this.#client;
    wp.closing = true;
    if (wp.reconnectVars?.retryTimer) clearTimeout(wp.reconnectVars.retryTimer);
    const sockets = [...mapServer.keys()];
    if (wp.socket && !sockets.includes(wp.socket)) wp.socket.destroy();
    await Promise.all(sockets.map(ended));
    this.#loseEverything('the control link was closed');
  }

  get #client(): SrfClient {
    return this.#srf.app.client;
  }

  #open(link: EngineLink): Promise<void> {
    this.#srf.use((request, response) => this.#deliver(request, response));
    for (const method of METHODS) this.#srf.use(method, () => {});
    // Without a listener drachtio-srf's 'error' events would be thrown.
    this.#srf.on('error', () => {});

    if (link.kind === 'tcp') {
      const { host, port, secret } = link;
      const reconnect = { retryMaxDelay: RECONNECT_AT_MOST_MS };
      this.#srf.connect({ host, port, secret, reconnect });
    } else {
      this.#srf.listen({ server: link.server, secret: link.secret });
    }
    this.#guardFrames();

    return new Promise((resolve, reject) => {
      const client = this.#client;
      client.on('connect', (refusal: unknown, hostports: string) => {
        if (refusal) {
          this.log.error({ reason: textOf(refusal) }, 'engine refused us');
          if (!this.#up) {
            void this.close();
            reject(new Error(textOf(refusal)));
          }
          return;
        }
        this.#up = true;
        this.#safely(() => this.events.onUp(hostports.split(',').filter(Boolean)));
        resolve();
      });
      client.on('close', () => this.#onClose());
      client.on('error', (error: unknown) => {
        this.log.warn({ reason: textOf(error) }, 'control link failed');
      });
      if (link.kind === 'in-process') link.open?.();
    });
  }

  #onClose(): void {
    this.#loseEverything('the control link was lost');
    if (this.#closed || !this.#up) return;
    this.#up = false;
    this.#safely(() => this.events.onDown());
  }

  /** drachtio-srf throws out of the socket's data handler; here every throw is caught. */
  #guardFrames(): void {
    const { wp } = this.#client;
    const [deliver] = wp.listeners('msg') as Array<(socket: Socket, text: string) => void>;
    wp.removeAllListeners('msg');
    wp.on('msg', (socket: Socket, text: string) => {
      this.#safely(() => deliver!(socket, text));
    });
    const guard = (socket: Socket) => {
      const listeners = socket.listeners('data') as Array<(chunk: Buffer) => void>;
      socket.removeAllListeners('data');
      socket.on('data', (chunk: Buffer) => {
        try {
          for (const listener of listeners) listener(chunk);
        } catch (error) {
          this.log.error({ reason: textOf(error) }, 'engine sent a frame that cannot be read');
          socket.destroy();
        }
      });
    };
    wp.on('connect', guard);
    wp.on('connection', guard);
  }

  #deliver(request: SrfRequest, response: SrfResponse): void {
    if (request.method === 'INVITE') {
      request.on('update', (update, answer) => this.#deliver(update, answer));
    }
    this.#safely(() => this.events.onRequest(request, response));
  }

  #attempt(lost: (reason: string) => void, send: () => void): void {
    if (this.#closed || this.#client.mapServer.size === 0) {
      lost('there is no control link');
      return;
    }
    try {
      send();
    } catch (error) {
      lost(textOf(error));
    }
  }

  /** One way out for what waits on the link: an answer, or its loss, whichever comes first. */
  #settleOnce(failed: (reason: string) => void) {
    const waiting = this.#waiting;
    const lost = (reason: string) => {
      if (waiting.delete(lost)) this.#safely(() => failed(reason));
    };
    waiting.add(lost);
    return { lost, open: () => waiting.has(lost), close: () => waiting.delete(lost) };
  }

  #loseEverything(reason: string): void {
    for (const lost of [...this.#waiting]) lost(reason);
  }

  #safely(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.log.error({ err: error }, 'sip handler threw');
    }
  }
}

function ended(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(() => {
      socket.destroy();
      done();
    }, CLOSE_WITHIN_MS);
    socket.once('close', done);
    socket.end();
  });
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

import type { Socket } from 'node:net';
import type { Log } from '../core';
import type { Content } from './message';
import { createSrf, type SrfApp, type SrfClient } from './srf';
import type { EngineLink, PayloadSocket, WireStart } from './types';
import { Wait } from './wait';
import {
  type FrameNames,
  type WireContent,
  WireRequest,
  WireResponse,
  WireSent,
  writeFrame,
} from './wire-message';

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

/** Where a request goes: a URI outside of dialogs, or a dialog by its id. */
export type Destination =
  | { readonly uri: string; readonly nextHop?: string | undefined }
  | { readonly dialogId: string };

/** Acknowledges a 2xx to INVITE. @throws when there is no link to do it by. */
export type WireAck = (content: WireContent) => void;

/** Follows one request of ours to its end: `failed`, or a final response. */
export interface RequestWatch {
  /** The engine has sent it; `request` is what left. */
  sent(request: WireSent): void;
  response(response: WireResponse, ack: WireAck): void;
  /** It never left, or the control link was lost before the final response. */
  failed(reason: string): void;
}

export interface LinkEvents {
  /** Any request from the network or made up by the engine, but CANCEL. */
  onRequest(request: WireRequest): void;
  onUp(listening: readonly string[]): void;
  /** Everything that was under way is gone. Not called on `close`. */
  onDown(): void;
}

/** Takes the answer to a frame of ours: its fields, and the message that follows them. */
type Answered = (fields: readonly string[], content: () => Content) => void;

/** Where an answer's fields say whether it was done, and why not. */
const VERDICT = 3;
const WHY_NOT = 4;

const NO_CONTENT = () => '';

/**
 * The control link to the engine. The connection is drachtio-srf's, with what it leaves open closed: a
 * handler that throws is reported instead of tearing the link down, a frame that cannot be read costs
 * the connection and not the process, and nobody waits for ever for an answer of a link that is lost.
 * Frames that carry messages are read and written here.
 */
export class ControlLink {
  readonly #waiting = new Set<Wait>();
  readonly #srf: SrfApp = createSrf();
  /** Frames of ours that wait for their answer, by their id. */
  readonly #commands = new Map<string, Answered>();
  /** Requests of ours that wait for their final response, by the engine's transaction id. */
  readonly #requests = new Map<string, (response: WireResponse) => void>();
  /** INVITEs of the network that wait for ours, likewise. */
  readonly #invites = new Map<string, WireRequest>();
  #closed = false;
  #up = false;
  #frames = 0;

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

  request(
    method: string,
    destination: Destination,
    content: WireContent,
    watch: RequestWatch,
  ): void {
    const wait = this.#await((reason) => watch.failed(reason));
    this.#attempt(wait, (socket) => {
      const inDialog = 'dialogId' in destination;
      const names: FrameNames = inDialog
        ? ['', destination.dialogId]
        : ['', '', destination.nextHop];
      // The remote target of a dialog is the engine's to know.
      const uri = inDialog ? 'sip:placeholder' : destination.uri;
      this.#send(socket, names, { kind: 'request', method, uri }, content, (fields, request) => {
        if (!wait.open) return;
        if (fields[VERDICT] !== 'OK') return wait.lost(fields[WHY_NOT] || 'request failed');
        const sent = new WireSent(socket, fields, method, request);
        this.#requests.set(sent.transactionId, (response) => {
          if (!wait.open) return;
          if (response.status >= 200) wait.close();
          const ack = this.#ackOf(sent, response.dialogId);
          this.#safely(() => watch.response(response, ack));
        });
        this.#safely(() => watch.sent(sent));
      });
    });
  }

  /** @throws when there is no link to do it by. */
  cancel({ socket, transactionId, uri }: WireSent, content: WireContent): void {
    this.#mustBeLinked(socket);
    const start = { kind: 'request', method: 'CANCEL', uri } as const;
    this.#send(socket, [transactionId, ''], start, content, () => {});
  }

  respond(
    request: WireRequest,
    status: number,
    reason: string,
    content: WireContent,
    done: (refused: string | undefined, echo: () => Content) => void,
  ): void {
    if (request.finished) {
      done('a final response was already sent', NO_CONTENT);
      return;
    }
    const wait = this.#await((why) => done(why, NO_CONTENT));
    this.#attempt(wait, () => {
      const { socket, transactionId } = request;
      this.#mustBeLinked(socket);
      if (status >= 200) {
        request.finished = true;
        this.#invites.delete(transactionId);
      }
      const start = { kind: 'response', status, reason } as const;
      this.#send(socket, [transactionId, ''], start, content, (fields, echo) => {
        if (!wait.open) return;
        if (fields[VERDICT] !== 'OK') return wait.lost(fields[WHY_NOT] ?? '');
        wait.close();
        this.#safely(() => done(undefined, echo));
      });
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
    this.#takeFrames();

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

  /**
   * Puts itself between the connection and drachtio-srf, which keeps what is about the link itself; it
   * throws out of the socket's data handler, and here every throw is caught.
   */
  #takeFrames(): void {
    const { wp } = this.#client;
    const [deliver] = wp.listeners('msg') as Array<(socket: Socket, text: string) => void>;
    wp.removeAllListeners('msg');
    const take = (
      socket: Socket,
      fields: readonly string[],
      content: () => Content,
      text: () => string,
    ): void => {
      this.#safely(() => {
        if (this.#isOurs(socket, fields, content)) return;
        const [meta, message] = [fields.join('|'), text()];
        deliver!(socket, message === '' ? meta : `${meta}\r\n${message}`);
      });
    };
    wp.on('msg', (socket: Socket, payload: string) => {
      const end = payload.indexOf('\r\n');
      const text = end < 0 ? NO_CONTENT : () => payload.slice(end + 2);
      take(socket, (end < 0 ? payload : payload.slice(0, end)).split('|'), text, text);
    });
    const guard = (socket: Socket) => {
      if (handsMessages(socket)) {
        socket.on('payload', (fields, message, text) =>
          take(socket, fields, message ? () => message : text, text),
        );
        return;
      }
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

  /** Whether it was a message, or the answer to one of ours; then it has been dealt with. */
  #isOurs(socket: Socket, fields: readonly string[], content: () => Content): boolean {
    switch (fields[1]) {
      case 'sip':
        this.#onMessage(socket, fields, content());
        return true;
      case 'response': {
        const id = fields[2]!;
        const answered = this.#commands.get(id);
        this.#commands.delete(id);
        answered?.(fields, content);
        return answered !== undefined;
      }
      default:
        return false;
    }
  }

  #onMessage(socket: Socket, fields: readonly string[], content: Content): void {
    const response = WireResponse.read(fields, content);
    if (response) {
      this.#onResponse(response);
      return;
    }
    const request = WireRequest.read(socket, fields, content);
    if (!request) {
      const text = typeof content === 'string' ? content.slice(0, 80) : content.kind;
      this.log.error({ text }, 'engine sent a message that cannot be read');
      return;
    }
    const { method, transactionId } = request;
    if (method === 'CANCEL') {
      const invite = this.#invites.get(transactionId);
      this.#invites.delete(transactionId);
      invite?.onCancel?.(content);
      return;
    }
    if (method === 'INVITE') this.#invites.set(transactionId, request);
    this.events.onRequest(request);
  }

  #onResponse(response: WireResponse): void {
    const { transactionId, status } = response;
    const follow = this.#requests.get(transactionId);
    if (status >= 200) this.#requests.delete(transactionId);
    follow?.(response);
  }

  /** Holds nothing of the response: who acknowledges may keep it as long as the call. */
  #ackOf(sent: WireSent, dialogId: string): WireAck {
    if (sent.method !== 'INVITE') return () => {};
    const { socket, uri } = sent;
    return (content) => {
      this.#mustBeLinked(socket);
      const start = { kind: 'request', method: 'ACK', uri } as const;
      this.#send(socket, ['', dialogId], start, content, () => {});
    };
  }

  #send(
    socket: Socket,
    names: FrameNames,
    start: WireStart,
    content: WireContent,
    answered: Answered,
  ): void {
    if (!handsMessages(socket)) {
      const frame = writeFrame(names, start, content);
      this.#commands.set(this.#client.wp.send(socket, frame), answered);
      return;
    }
    const [transactionId, dialogId, nextHop = ''] = names;
    const id = String(++this.#frames);
    this.#commands.set(id, answered);
    const { headers, body = '' } = content;
    socket.takeMessage([id, 'sip', transactionId, dialogId, nextHop], { start, headers, body });
  }

  #attempt(wait: Wait, send: (socket: Socket) => void): void {
    const socket = this.#closed ? undefined : this.#client.mapServer.keys().next().value;
    if (!socket) {
      wait.lost('there is no control link');
      return;
    }
    try {
      send(socket);
    } catch (error) {
      wait.lost(textOf(error));
    }
  }

  #mustBeLinked(socket: Socket): void {
    if (!this.#client.mapServer.has(socket)) throw new Error('there is no control link');
  }

  #await(failed: (reason: string) => void): Wait {
    return new Wait(this.#waiting, (reason) => this.#safely(() => failed(reason)));
  }

  #loseEverything(reason: string): void {
    this.#commands.clear();
    this.#requests.clear();
    this.#invites.clear();
    for (const wait of [...this.#waiting]) wait.lost(reason);
  }

  #safely(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.log.error({ err: error }, 'sip handler threw');
    }
  }
}

function handsMessages(socket: Socket): socket is PayloadSocket {
  return 'takeMessage' in socket;
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

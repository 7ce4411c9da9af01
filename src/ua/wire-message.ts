import type { Socket } from 'node:net';
import type { Content } from './message';
import type { WireStart } from './types';

/** Headers as they are written, and the body. */
export interface WireContent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/** Fields of a frame that brings or echoes a message: `id|sip|source|bytes|protocol|address|port|time|txn|dialog|…`. */
const SOURCE = 2;
const PROTOCOL = 4;
const ADDRESS = 5;
const PORT = 6;
const TRANSACTION = 8;
const DIALOG = 9;
const RECEIVED_AT = 10;
const RECEIVED_ON = 11;
/** An echo has two fields more before its transaction: what it answers, and OK. */
const ECHO = 2;

const REQUEST_LINE = /^([^\s|]+) (\S+) SIP\/2\.0/;
const STATUS_LINE = /^SIP\/2\.0 +(\d{3}) *([^\r\n]*)/;

/** A request that the engine delivered: one off the network, or one that it made up itself. */
export class WireRequest {
  /** Called with the CANCEL of this INVITE. */
  onCancel: ((cancel: Content) => void) | undefined;
  /** A final response has left. */
  finished = false;
  #content: Content;

  private constructor(
    readonly socket: Socket,
    private readonly fields: readonly string[],
    readonly method: string,
    readonly uri: string,
    content: Content,
  ) {
    this.#content = content;
  }

  /** The message, once: it is not kept here as well as where it is read. */
  read(): Content {
    const content = this.#content;
    this.#content = '';
    return content;
  }

  /** Undefined when it is no request. */
  static read(
    socket: Socket,
    fields: readonly string[],
    content: Content,
  ): WireRequest | undefined {
    if (typeof content === 'string') {
      const start = REQUEST_LINE.exec(content);
      return start ? new WireRequest(socket, fields, start[1]!, start[2]!, content) : undefined;
    }
    if (content.kind !== 'request' || /\s/.test(content.uri)) return undefined;
    return new WireRequest(socket, fields, content.method, content.uri, content);
  }

  /** The engine made it up, such as the BYE of an expired session. */
  get isMadeUp(): boolean {
    return this.fields[SOURCE] === 'application';
  }

  get protocol(): string {
    return this.fields[PROTOCOL] ?? '';
  }

  get address(): string {
    return this.fields[ADDRESS] ?? '';
  }

  get port(): number {
    return Number.parseInt(this.fields[PORT] ?? '', 10) || 5060;
  }

  get transactionId(): string {
    return this.fields[TRANSACTION] ?? '';
  }

  /** '' outside of dialogs. */
  get dialogId(): string {
    return this.fields[DIALOG] ?? '';
  }

  /** `host:port` of the engine's; '' when it does not say. */
  get receivedOn(): string {
    const host = this.fields[RECEIVED_AT];
    return host === undefined || this.fields.length <= RECEIVED_ON
      ? ''
      : `${host}:${this.fields[RECEIVED_ON]}`;
  }
}

/** A response that the engine delivered. */
export class WireResponse {
  private constructor(
    readonly transactionId: string,
    readonly dialogId: string,
    readonly status: number,
    readonly reason: string,
    readonly content: Content,
  ) {}

  /** Undefined when it is no response. */
  static read(fields: readonly string[], content: Content): WireResponse | undefined {
    const [transaction, dialog] = [fields[TRANSACTION] ?? '', fields[DIALOG] ?? ''];
    if (typeof content === 'string') {
      const start = STATUS_LINE.exec(content);
      if (!start) return undefined;
      const [, status, reason] = start;
      return new WireResponse(transaction, dialog, Number(status), reason!, content);
    }
    if (content.kind !== 'response') return undefined;
    const { status, reason } = content;
    return new WireResponse(transaction, dialog, status, reason.trimStart(), content);
  }
}

/** A request of ours, as the engine says that it left. */
export class WireSent {
  readonly transactionId: string;
  #uri: string | undefined;
  #content: (() => Content) | undefined;

  constructor(
    readonly socket: Socket,
    fields: readonly string[],
    readonly method: string,
    content: () => Content,
  ) {
    this.transactionId = fields[TRANSACTION + ECHO] ?? '';
    this.#content = content;
  }

  /** The request, once: afterwards no more is kept of it than what its ACK and CANCEL repeat. */
  read(): Content {
    const content = this.#content?.() ?? '';
    this.#content = undefined;
    this.#uri ??= uriOf(content);
    return content;
  }

  get uri(): string {
    if (this.#uri === undefined) this.read();
    return this.#uri ?? '';
  }
}

function uriOf(content: Content): string {
  if (typeof content === 'string') return REQUEST_LINE.exec(content)?.[2] ?? '';
  return content.kind === 'request' ? content.uri : '';
}

/** What a frame that holds a message of ours names: a transaction, a dialog, where to send it. */
export type FrameNames = readonly [
  transactionId: string,
  dialogId: string,
  nextHop?: string | undefined,
];

/**
 * A frame's payload, but for its id. Engines count the body themselves: the length is there because
 * drachtio-srf always writes one, and in characters as it does.
 */
export function writeFrame(
  names: FrameNames,
  start: WireStart,
  { headers, body = '' }: WireContent,
): string {
  const [transactionId, dialogId, nextHop] = names;
  const route = nextHop === undefined ? '' : `|${nextHop}`;
  let text = `sip|${transactionId}|${dialogId}${route}\r\n${startLineOf(start)}\r\n`;
  for (const name in headers) text += `${name}: ${headers[name]}\r\n`;
  return `${text}Content-Length: ${body.length}\r\n\r\n${body}`;
}

function startLineOf(start: WireStart): string {
  return start.kind === 'request'
    ? `${start.method} ${start.uri} SIP/2.0`
    : `SIP/2.0 ${start.status} ${start.reason}`;
}

import {
  type AppMessage,
  type Command,
  readAppMessage,
  readWrittenMessage,
  type WrittenMessage,
} from '../agent';

/** What a frame of an application asks. `id` is the frame's own, for the answer. */
export type AppFrame =
  | { readonly kind: 'authenticate'; readonly id: string; readonly secret: string }
  | { readonly kind: 'route'; readonly id: string; readonly verb: string }
  | { readonly kind: 'remove_route'; readonly id: string; readonly verb: string }
  | { readonly kind: 'ping'; readonly id: string }
  | { readonly kind: 'command'; readonly id: string; readonly command: Command }
  /** Answered NO, and the connection closed when `fatal`. */
  | {
      readonly kind: 'malformed';
      readonly id: string;
      readonly text: string;
      readonly fatal: boolean;
    };

/** Ids of frames are uuids; ours to repeat, so not without bound. */
const MAX_ID = 64;

/** Reads one payload: `id|type|fields...[CRLF message]`. */
export function readFrame(payload: string | Buffer): AppFrame {
  const [meta, content] = split(payload);
  const fields = meta.split('|');
  const id = fields[0] ?? '';
  const malformed = malformedFrame(id);
  if (id === '' || id.length > MAX_ID) return malformed('message id missing', true);
  switch (fields[1]) {
    case 'authenticate':
      return { kind: 'authenticate', id, secret: fields[2] ?? '' };
    case 'route':
    case 'remove_route': {
      const verb = fields[2] ?? '';
      if (!isVerb(verb)) return malformed('verb missing');
      return { kind: fields[1], id, verb };
    }
    case 'ping':
      return { kind: 'ping', id };
    case 'sip':
      return readSip(fields, readAppMessage(content), malformed);
    case 'proxy':
      return readProxy(id, fields, content, malformed);
    default:
      return malformed('unknown message type');
  }
}

/** The same of `id|sip|fields...` whose message is taken apart already. */
export function readMessageFrame(fields: readonly string[], message: WrittenMessage): AppFrame {
  return readSip(fields, readWrittenMessage(message), malformedFrame(fields[0] ?? ''));
}

type Malformed = (text: string, fatal?: boolean) => AppFrame;

function malformedFrame(id: string): Malformed {
  return (text, fatal = false) => ({
    kind: 'malformed',
    id: id.length <= MAX_ID ? id : '',
    text,
    fatal,
  });
}

function readSip(fields: readonly string[], message: AppMessage, malformed: Malformed): AppFrame {
  const [id = '', , transactionId = '', dialogId = '', nextHop = ''] = fields;
  const as = (command: Command): AppFrame => ({ kind: 'command', id, command });
  if (message.start?.kind === 'response') {
    if (transactionId === '') return malformed('transaction id missing', true);
    return as({ kind: 'respond', transactionId, message });
  }
  if (dialogId !== '') return as({ kind: 'in-dialog', dialogId, message });
  if (message.start?.method === 'CANCEL') return as({ kind: 'cancel', transactionId, message });
  if (transactionId !== '') return malformed('transaction id not expected');
  return as({ kind: 'new', message, nextHop: nextHop === '' ? undefined : nextHop });
}

function readProxy(
  id: string,
  fields: readonly string[],
  content: string | Buffer,
  malformed: Malformed,
): AppFrame {
  const [, , transactionId = '', remain, full, redirects, forking, provisional, final] = fields;
  const destinations = fields.slice(9).filter((uri) => uri !== '');
  if (transactionId === '') return malformed('transaction id missing');
  const command: Command = {
    kind: 'proxy',
    transactionId,
    remainInDialog: remain === 'remainInDialog',
    fullResponse: full === 'fullResponse',
    followRedirects: redirects === 'followRedirects',
    simultaneous: forking === 'simultaneous',
    provisionalTimeout: readDuration(provisional),
    finalTimeout: readDuration(final),
    destinations,
    message: readAppMessage(content),
  };
  return { kind: 'command', id, command };
}

/** `2s`, `1500ms`; undefined for nothing or anything else. Milliseconds. */
function readDuration(text: string | undefined): number | undefined {
  const match = /^(\d{1,7})(ms|s)$/.exec(text ?? '');
  if (!match) return undefined;
  const span = Number(match[1]) * (match[2] === 's' ? 1000 : 1);
  return span > 0 ? Math.min(span, LONGEST_MS) : undefined;
}

/** An hour: beyond it a proxied request waits for nothing that still comes. */
const LONGEST_MS = 3_600_000;

function isVerb(verb: string): boolean {
  return /^[A-Za-z][A-Za-z0-9:_-]{0,31}$/.test(verb);
}

function split(payload: string | Buffer): [meta: string, content: string | Buffer] {
  const end = payload.indexOf('\r\n');
  if (typeof payload === 'string') {
    return end < 0 ? [payload, ''] : [payload.slice(0, end), payload.slice(end + 2)];
  }
  if (end < 0) return [payload.toString('utf8'), ''];
  return [payload.toString('utf8', 0, end), payload.subarray(end + 2)];
}

import {
  parse,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from '../../../src/engine/message';

export interface Lines {
  readonly start?: string;
  /** Replace the line of that name, or remove it with undefined. */
  readonly replace?: Readonly<Record<string, string | undefined>>;
  readonly add?: readonly string[];
  readonly body?: string;
  readonly eol?: string;
}

const DEFAULTS: ReadonlyArray<readonly [name: string, value: string]> = [
  ['Via', 'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK776asdhds;rport'],
  ['Max-Forwards', '70'],
  ['From', '"Alice" <sip:alice@atlanta.example>;tag=1928301774'],
  ['To', '<sip:bob@biloxi.example>'],
  ['Call-ID', 'a84b4c76e66710@192.0.2.1'],
  ['CSeq', '314159 INVITE'],
  ['Contact', '<sip:alice@192.0.2.1:5060>'],
];

/** The bytes of a sound INVITE, but for what is asked to differ. */
export function bytes({
  start,
  replace = {},
  add = [],
  body = '',
  eol = '\r\n',
}: Lines = {}): Buffer {
  const lines = [start ?? 'INVITE sip:bob@biloxi.example SIP/2.0'];
  for (const [name, value] of DEFAULTS) {
    const written = name in replace ? replace[name] : value;
    if (written !== undefined) lines.push(`${name}: ${written}`);
  }
  lines.push(...add);
  if (!('Content-Length' in replace)) lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
  else if (replace['Content-Length']) lines.push(`Content-Length: ${replace['Content-Length']}`);
  return Buffer.from(`${lines.join(eol)}${eol}${eol}${body}`);
}

export function taken(datagram: Buffer): SipMessage {
  const result = parse(datagram);
  if (!result.ok) throw new Error(result.error.reason);
  return result.message;
}

export function request(lines: Lines = {}): SipRequest {
  const message = taken(bytes(lines));
  if (message.kind !== 'request') throw new Error('not a request');
  return message;
}

export function response(lines: Lines = {}): SipResponse {
  const message = taken(bytes({ start: 'SIP/2.0 200 OK', ...lines }));
  if (message.kind !== 'response') throw new Error('not a response');
  return message;
}

/** Why bytes are refused: `400 Bad CSeq`. */
export function refusal(datagram: Buffer): string {
  const result = parse(datagram);
  return result.ok ? 'taken' : `${result.error.status} ${result.error.reason}`;
}

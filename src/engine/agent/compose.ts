import {
  type Header,
  header,
  optionTags,
  parseNameAddr,
  responseTo,
  type SipRequest,
  type SipResponse,
  withoutHeaders,
} from '../message';
import type { ServerTransaction } from '../transaction';
import type { Ground } from './ground';
import { localized } from './localhost';
import type { AppMessage, AppResponse } from './text';

/** What a response copies from its request, RFC 3261 §8.2.6.2, whatever the application wrote. */
const COPIED = ['From', 'To', 'Call-ID', 'CSeq'] as const;
/** What the dialog says, whatever the application wrote. */
const OF_DIALOG = [...COPIED, 'Max-Forwards'] as const;

const SDP: Header = { name: 'Content-Type', value: 'application/sdp' };

export function headerIn(headers: readonly Header[], name: string): string | undefined {
  for (const header of headers) if (header.name === name) return header.value;
  return undefined;
}

/** Whether the application lists an option tag in that header (`Require`, `Supported`). */
export function lists(headers: readonly Header[], name: string, tag: string): boolean {
  return optionTags({ headers }, name).includes(tag);
}

/** Content-Type where the application leaves it out and the body shows what it is. */
export function contentTypeOf(message: AppMessage): Header | undefined {
  if (message.body.length === 0) return undefined;
  const value = headerIn(message.headers, 'Content-Type');
  if (value !== undefined) return { name: 'Content-Type', value };
  return message.body.toString('latin1', 0, 3) === 'v=0' ? SDP : undefined;
}

/** The headers of a request inside a dialog that are the application's to choose. */
export function ownHeaders(message: AppMessage): readonly Header[] {
  return withContentType(message, withoutHeaders(message.headers, ...OF_DIALOG));
}

export function withContentType(
  message: AppMessage,
  headers: readonly Header[],
): readonly Header[] {
  if (message.body.length === 0) return withoutHeaders(headers, 'Content-Type');
  if (headerIn(headers, 'Content-Type') !== undefined) return headers;
  const type = contentTypeOf(message);
  return type ? [...headers, type] : headers;
}

/** The headers of an INVITE or UPDATE, with word that we keep session timers (RFC 4028 §7.1). */
export function withTimerSupport(headers: readonly Header[]): readonly Header[] {
  if (lists(headers, 'Supported', 'timer') || lists(headers, 'Require', 'timer')) return headers;
  return [...headers, { name: 'Supported', value: 'timer' }];
}

/** The tag an application wants in To. */
function wantedToTag(message: AppMessage): string | undefined {
  const to = headerIn(message.headers, 'To');
  const tag = to === undefined ? undefined : parseNameAddr(to)?.params.get('tag');
  return tag || undefined;
}

/**
 * The application's response as it leaves. The To tag is chosen by the first response that has one:
 * the application's if it gives one, else ours.
 */
export function composeResponse(
  ground: Ground,
  transaction: ServerTransaction,
  message: AppResponse,
  extra: readonly Header[],
): SipResponse {
  const { status, reason } = message.start;
  const { local } = transaction.inbound;
  const headers: Header[] = [];
  for (const header of withContentType(message, withoutHeaders(message.headers, ...COPIED))) {
    headers.push(localized(header, local));
  }
  headers.push(...extra);
  if (ground.userAgent && headerIn(headers, 'Server') === undefined) {
    headers.push({ name: 'Server', value: ground.userAgent });
  }
  if (status > 100) transaction.toTag ??= wantedToTag(message) ?? ground.ids.token(8);
  return responseTo(transaction.request, status, {
    reason: reason || undefined,
    toTag: transaction.toTag,
    headers,
    body: message.body,
  });
}

/** A response of the engine's own. */
export function answer(
  ground: Ground,
  transaction: ServerTransaction,
  status: number,
  headers: readonly Header[] = [],
  reason?: string,
): SipResponse {
  if (status > 100) transaction.toTag ??= ground.ids.token(8);
  return responseTo(transaction.request, status, { reason, toTag: transaction.toTag, headers });
}

/** The engine's own final answer, and the end of it. A `reason` says what the status leaves open. */
export function reject(
  ground: Ground,
  transaction: ServerTransaction,
  status: number,
  headers: readonly Header[] = [],
  reason?: string,
): void {
  transaction.respond(answer(ground, transaction, status, headers, reason));
  transaction.settle();
}

/** The reason phrase for a request that lacks a header it needs, or whose header cannot be read. */
export function faultOf(request: SipRequest, name: string): string {
  return `${header(request, name) === undefined ? 'Missing' : 'Bad'} ${name}`;
}

/** RFC 3261 §14.2: a second request before the first was answered is welcome a little later. */
export function retryAfter(ground: Ground): Header {
  return { name: 'Retry-After', value: String(Number.parseInt(ground.ids.token(1), 16) % 11) };
}

/** RFC 3326, as drachtio-server words it. */
export function reasonHeader(text: string): Header {
  return { name: 'Reason', value: `SIP;cause=200;text="${text}"` };
}

import type { Side } from '../../media';
import { parseBody, sdpOf } from '../../siprec';
import type { SipMessage } from '../../ua';
import { bodyHeaders } from '../headers';
import type { RecordingNotices } from '../recording/notices';
import type { SessionMedia } from './session-media';

/** A body for the other side, with the headers that describe it. */
export interface PassedBody {
  readonly body?: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The body holds a session description. */
  readonly described: boolean;
}

export const NO_BODY: PassedBody = { headers: {}, described: false };

/** What a session description in a message is to the exchange it belongs to. */
export type SdpRole = 'offer' | 'answer' | 'preview';

/** The session description of a message, alone or among other parts; undefined when it has none. */
export function descriptionOf(message: SipMessage): string | undefined {
  const { body } = message;
  if (body === '') return undefined;
  const contentType = message.header('content-type');
  // The usual case, without taking anything apart. Without a type a body is SDP (RFC 3261 §7.4.1).
  if (contentType === undefined || /^\s*application\/sdp\s*(;|$)/i.test(contentType)) return body;
  if (!/^\s*multipart\//i.test(contentType)) return undefined;
  const parsed = parseBody({ contentType }, body);
  return parsed.kind === 'parts' ? sdpOf(parsed.parts) : undefined;
}

/** What bodies pass through. */
export interface Passage {
  readonly media: SessionMedia;
  readonly notices: RecordingNotices;
}

/**
 * The body of a message for the other side: its session description leads to us, every other part (ISUP,
 * PIDF ...) stays as it is. A `preview` is an answer that another may replace. `onTaken` is called when the
 * description has been taken, before the one for the other side is written.
 * @throws Fault as SessionMedia does
 */
export async function passBody(
  { media, notices }: Passage,
  from: Side,
  message: SipMessage,
  role: SdpRole,
  onTaken?: () => void,
): Promise<PassedBody> {
  const sdp = descriptionOf(message);
  await notices.hear(from === 'a' ? 'caller' : 'callee', message, sdp);
  if (message.body === '') return NO_BODY;
  const headers = bodyHeaders(message);
  if (sdp === undefined) return { body: message.body, headers, described: false };
  const passed =
    role === 'offer'
      ? await media.offer(from, sdp, onTaken)
      : await media.answer(from, sdp, role === 'answer', onTaken);
  // Not by String.replace: a `$` in the description would mean something there.
  const at = message.body.indexOf(sdp);
  const body = message.body.slice(0, at) + passed + message.body.slice(at + sdp.length);
  return { body, headers, described: true };
}

/** The body as it is, for messages that are no part of a negotiation. */
export function keptBody(message: SipMessage): PassedBody {
  if (message.body === '') return NO_BODY;
  return { body: message.body, headers: bodyHeaders(message), described: false };
}

import type { Millis } from '../../core';
import type { IncomingResponse, SipMessage } from '../../ua';
import { parseBody } from '../multipart/parse';
import { metadataOf, sdpOf } from '../multipart/rs-body';
import { readRecorder, type SentLine } from '../offer/description';
import type { RecorderLine } from './lines';
import type { RecorderOffer } from './negotiation';
import type { SessionInput } from './protocol';

interface Content {
  readonly sdp: string | undefined;
  readonly metadata: string | undefined;
}

/** What a body holds, multipart or not; undefined when it cannot be taken apart. */
function contentOf(message: SipMessage): Content | undefined {
  if (message.body === '') return { sdp: undefined, metadata: undefined };
  const contentType = message.header('content-type');
  const contentDisposition = message.header('content-disposition');
  const body = parseBody({ contentType, contentDisposition }, message.body);
  if (body.kind === 'refused') return undefined;
  return { sdp: sdpOf(body.parts), metadata: metadataOf(body.parts) };
}

/** The answer in a 2xx or ACK; undefined when there is none that can be used. */
export function answerIn(
  message: SipMessage,
  sent: readonly SentLine[],
): readonly RecorderLine[] | undefined {
  return readRecorder(contentOf(message)?.sdp, sent, 'answer');
}

/** RFC 3311 §4: who takes UPDATE lists it in Allow; who lists nothing has not said. */
export function allowsUpdate(response: IncomingResponse): boolean {
  const allow = response.header('allow');
  return allow === undefined || /\bUPDATE\b/i.test(allow);
}

/** What a final response to a re-INVITE or UPDATE of ours means. */
export function responseInput(response: IncomingResponse, sent: readonly SentLine[]): SessionInput {
  const { status, reason } = response;
  if (status < 300) return { kind: 'accepted', answer: answerIn(response, sent) };
  const seconds = Number.parseInt(response.header('retry-after') ?? '', 10);
  const retryAfter: Millis | undefined = seconds >= 0 ? seconds * 1000 : undefined;
  return { kind: 'declined', status, reason, retryAfter };
}

/** What the recorder wants with a request inside the dialog. */
export type RecorderWish =
  | { readonly kind: 'offer'; readonly offer: RecorderOffer }
  | { readonly kind: 'snapshot' }
  /** Nothing but a sign of life, for instance a session refresh. */
  | { readonly kind: 'nothing' };

/** A re-INVITE or UPDATE. */
export function wishIn(
  method: 'INVITE' | 'UPDATE',
  request: SipMessage,
  sent: readonly SentLine[],
): RecorderWish {
  const content = contentOf(request);
  if (!content) return { kind: 'offer', offer: 'unusable' };
  const { sdp, metadata } = content;
  if (sdp === undefined) {
    if (method === 'INVITE') return { kind: 'offer', offer: 'none' };
    // RFC 7866 §9.2: a recorder has no other metadata to send.
    return { kind: metadata === undefined ? 'nothing' : 'snapshot' };
  }
  const lines = readRecorder(sdp, sent, 'offer');
  // RFC 3264 §8: lines never go away; RFC 7866 §7.2: a recorder must not add any.
  const usable = lines && lines.length === sent.length;
  return { kind: 'offer', offer: usable ? lines : 'unusable' };
}

/** Whether a request other than UPDATE asks for a snapshot: RFC 7866 forbids it, its drafts used INFO. */
export function asksForSnapshot(request: SipMessage): boolean {
  return contentOf(request)?.metadata !== undefined;
}

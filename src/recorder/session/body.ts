import { metadataOf, parseBody, sdpOf } from '../../siprec';
import type { SipMessage } from '../../ua';

/** What a message of a recording session carries. */
export interface Body {
  readonly sdp: string | undefined;
  readonly metadata: string | undefined;
  /** Why the body could not be taken apart. */
  readonly problem: string | undefined;
}

export function bodyOf(message: SipMessage): Body {
  if (message.body === '') return { sdp: undefined, metadata: undefined, problem: undefined };
  const parsed = parseBody(
    {
      contentType: message.header('content-type'),
      contentDisposition: message.header('content-disposition'),
    },
    message.body,
  );
  if (parsed.kind === 'refused') {
    return { sdp: undefined, metadata: undefined, problem: parsed.problem };
  }
  return { sdp: sdpOf(parsed.parts), metadata: metadataOf(parsed.parts), problem: undefined };
}

import { callId, cseq, fromTag, header, MAGIC_COOKIE, type SipRequest, topVia } from '../message';

/** Matches a response to its client transaction: RFC 3261 §17.1.3. */
export function clientKey(branch: string, method: string): string {
  return `${branch} ${method}`;
}

/**
 * Matches a request to its server transaction: RFC 3261 §17.2.3. ACK is the INVITE's; for CANCEL the
 * caller names the method of the request it wants to find. Without the magic cookie the rules of
 * RFC 2543 apply; To's tag is left out, because an ACK has one where its INVITE had none.
 */
export function serverKey(request: SipRequest, method = request.method): string {
  const top = topVia(request);
  const of = method === 'ACK' ? 'INVITE' : method;
  const sentBy = `${top?.host.toLowerCase()}:${top?.port ?? ''}`;
  if (isUnique(top?.branch)) return `${top?.branch} ${sentBy} ${of}`;
  const number = cseq(request)?.seq ?? '';
  const branch = top?.branch ?? '';
  return `${request.uri} ${fromTag(request) ?? ''} ${callId(request)} ${number} ${branch} ${sentBy} ${of}`;
}

/** The cookie alone names nothing: RFC 4475 §3.2.1. */
function isUnique(branch: string | undefined): boolean {
  return (
    branch !== undefined && branch.length > MAGIC_COOKIE.length && branch.startsWith(MAGIC_COOKIE)
  );
}

/**
 * What two copies of one request that arrived over different paths share: RFC 3261 §8.2.2.2.
 * Undefined where the rule does not apply.
 */
export function mergeKey(request: SipRequest): string | undefined {
  if (request.method === 'ACK' || request.method === 'CANCEL') return undefined;
  const tag = fromTag(request);
  if (tag === undefined) return undefined;
  return `${tag} ${callId(request)} ${header(request, 'CSeq') ?? ''}`;
}

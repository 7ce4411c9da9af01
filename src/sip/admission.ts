import { FAULTS, type FaultCode } from '../core';
import { parseBody } from '../siprec';
import type { Headers, IncomingRequest, SipMessage } from '../ua';
import { ACCEPT, unsupportedOptions } from './headers';
import { descriptionOf } from './media/bodies';
import { isTooLong } from './routing';

/** Why a request is refused, and what its sender is told beside the status. */
export interface Refusal {
  readonly fault: FaultCode;
  readonly headers?: Headers;
}

const SCHEMES = /^(?:sips?|tel):/i;
const OPTIONAL = /;\s*handling\s*=\s*"?optional\b/i;

/**
 * What of a request that begins something cannot be served here, wherever it leads: RFC 3261 §8.2.2, §8.2.3.
 * Undefined when nothing.
 */
export function refusalOf(request: IncomingRequest): Refusal | undefined {
  if (!SCHEMES.test(request.uri)) return { fault: 'URI_SCHEME_UNKNOWN' };
  if (isTooLong(request.uri)) return { fault: 'NUMBER_TOO_LONG' };
  return (
    refusedExtension(request) ?? (request.method === 'INVITE' ? refusedBody(request) : undefined)
  );
}

/** Answers a request inside a call 420 when it requires what does not work through us. */
export function isRefused(request: IncomingRequest): boolean {
  const refusal = refusedExtension(request);
  if (refusal) void request.respond(FAULTS[refusal.fault].sip, { headers: refusal.headers ?? {} });
  return refusal !== undefined;
}

function refusedExtension(request: SipMessage): Refusal | undefined {
  const unsupported = unsupportedOptions(request.header('require'));
  if (unsupported.length === 0) return undefined;
  return { fault: 'EXTENSION_UNKNOWN', headers: { Unsupported: unsupported.join(', ') } };
}

/** A body must be understood unless its sender says otherwise (RFC 3261 §20.11), and here that is its description. */
function refusedBody(request: SipMessage): Refusal | undefined {
  if (request.body === '') return undefined;
  const encoding = request.header('content-encoding') ?? 'identity';
  if (!/^\s*identity\s*$/i.test(encoding)) {
    return { fault: 'BODY_NOT_UNDERSTOOD', headers: { 'Accept-Encoding': 'identity' } };
  }
  if (descriptionOf(request) !== undefined || isOptional(request)) return undefined;
  return { fault: 'BODY_NOT_UNDERSTOOD', headers: { Accept: ACCEPT } };
}

function isOptional(request: SipMessage): boolean {
  if (OPTIONAL.test(request.header('content-disposition') ?? '')) return true;
  const contentType = request.header('content-type');
  if (!/^\s*multipart\//i.test(contentType ?? '')) return false;
  const body = parseBody({ contentType }, request.body);
  return body.kind === 'parts' && body.parts.every(({ headers }) => headers.some(saysOptional));
}

function saysOptional([name, value]: readonly [string, string]): boolean {
  return name.toLowerCase() === 'content-disposition' && OPTIONAL.test(value);
}

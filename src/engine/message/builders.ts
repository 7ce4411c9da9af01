import { reasonPhrase } from '../../core';
import { structureOf } from './header-line';
import { findHeader, headersNamed } from './headers';
import { EMPTY_BODY, type Header, type SipRequest, type SipResponse } from './message';
import { parseNameAddr } from './name-addr';
import type { ParseError } from './parse-result';

export interface ResponseOptions {
  /** By default the RFC's phrase for the status. */
  readonly reason?: string | undefined;
  /** Put into To when the request's To has no tag and the status is above 100. */
  readonly toTag?: string | undefined;
  /** Added behind the copied ones. */
  readonly headers?: readonly Header[];
  readonly body?: Buffer;
}

/**
 * A response to a request, RFC 3261 §8.2.6: Via in order, From, To, Call-ID and CSeq copied, and
 * Timestamp into 100; Record-Route too where a dialog can come of it (§12.1.1: 101-299 to INVITE,
 * SUBSCRIBE, REFER, NOTIFY).
 */
export function responseTo(
  request: SipRequest,
  status: number,
  options: ResponseOptions = {},
): SipResponse {
  const headers: Header[] = [...headersNamed(request, 'Via')];
  if (status > 100 && status < 300 && DIALOG_FORMING.has(request.method)) {
    headers.push(...headersNamed(request, 'Record-Route'));
  }
  copyFirst(request, 'From', headers);
  const to = findHeader(request, 'To');
  if (to) headers.push(status > 100 ? tagged(to, options.toTag) : to);
  copyFirst(request, 'Call-ID', headers);
  copyFirst(request, 'CSeq', headers);
  if (status === 100) copyFirst(request, 'Timestamp', headers);
  if (options.headers) headers.push(...options.headers);
  return {
    kind: 'response',
    status,
    reason: options.reason ?? reasonPhrase(status),
    headers,
    body: options.body ?? EMPTY_BODY,
  };
}

const DIALOG_FORMING: ReadonlySet<string> = new Set(['INVITE', 'SUBSCRIBE', 'REFER', 'NOTIFY']);

/**
 * ACK to a non-2xx final response, RFC 3261 §17.1.1.3: the INVITE's Request-URI, top Via, Route,
 * From, Call-ID, CSeq number and (§22.1) credentials, and the response's To.
 */
export function ackForFailure(invite: SipRequest, response: SipResponse): SipRequest {
  const credentials = [
    ...headersNamed(invite, 'Authorization'),
    ...headersNamed(invite, 'Proxy-Authorization'),
  ];
  return companion(invite, 'ACK', findHeader(response, 'To'), credentials);
}

/**
 * CANCEL of a request, RFC 3261 §9.1: its Request-URI, top Via, Route, From, To, Call-ID and CSeq
 * number. `extra` is for Reason (RFC 3326).
 */
export function cancelOf(request: SipRequest, extra: readonly Header[] = []): SipRequest {
  return companion(request, 'CANCEL', findHeader(request, 'To'), extra);
}

/** The answer to a request that `parse` refused. Undefined for an ACK, which is never answered. */
export function badRequestResponse(
  partial: SipRequest,
  error: ParseError,
  toTag?: string,
): SipResponse | undefined {
  if (partial.method === 'ACK') return undefined;
  return responseTo(partial, error.status, { reason: error.reason, toTag });
}

function companion(
  request: SipRequest,
  method: string,
  to: Header | undefined,
  extra: readonly Header[] = [],
): SipRequest {
  const headers: Header[] = [];
  copyFirst(request, 'Via', headers);
  headers.push(...headersNamed(request, 'Route'));
  headers.push({ name: 'Max-Forwards', value: '70' });
  copyFirst(request, 'From', headers);
  if (to) headers.push(to);
  copyFirst(request, 'Call-ID', headers);
  const number = findHeader(request, 'CSeq')?.value.split(/[ \t]/, 1)[0] ?? '1';
  headers.push({ name: 'CSeq', value: `${number} ${method}` }, ...extra);
  return { kind: 'request', method, uri: request.uri, headers, body: EMPTY_BODY };
}

function copyFirst(request: SipRequest, name: string, into: Header[]): void {
  const header = findHeader(request, name);
  if (header) into.push(header);
}

function tagged(to: Header, tag: string | undefined): Header {
  if (tag === undefined) return to;
  const address = structureOf(to, parseNameAddr);
  if (!address || address.params.has('tag')) return to;
  // An addr-spec without brackets takes a parameter behind it as well: RFC 3261 §20.39.
  return { name: 'To', value: `${to.value};tag=${tag}` };
}

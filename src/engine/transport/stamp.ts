import {
  formatVia,
  type Header,
  HeaderLine,
  headerName,
  isHeader,
  type SipRequest,
  splitList,
  topVia,
  type Via,
  via,
} from '../message';
import type { Address } from './address';

const VIA = headerName('Via');

/**
 * The request with its top Via saying where it really came from: `received` when the source is not
 * the sent-by host or `rport` asks for it, and `rport` filled in (RFC 3261 §18.2.1, RFC 3581 §4).
 * What the sender put there itself is not believed.
 */
export function stampVia(request: SipRequest, source: Address): SipRequest {
  const top = topVia(request);
  if (!top) return request;
  const stamped = stampedVia(top, source);
  if (stamped === top) return request;
  const at = request.headers.findIndex((header) => isHeader(header.name, VIA));
  const headers: Header[] = [...request.headers];
  const [, ...below] = splitList(headers[at]?.value ?? '');
  headers[at] = new HeaderLine(VIA.long, [formatVia(stamped), ...below].join(', '));
  return { ...request, headers };
}

function stampedVia(top: Via, source: Address): Via {
  const address = withoutZone(source.address);
  const asked = top.rport !== undefined;
  const needed = asked || top.host.toLowerCase() !== address;
  if (!needed && !top.params.has('received')) return top;
  const params = new Map(top.params);
  if (needed) params.set('received', address);
  else params.delete('received');
  if (asked) params.set('rport', String(source.port));
  return via(top.transport, top.host, top.port, params);
}

/** A link-local address names its interface here; that means nothing to the peer. */
function withoutZone(address: string): string {
  const percent = address.indexOf('%');
  return percent < 0 ? address : address.slice(0, percent);
}

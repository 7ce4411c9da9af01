import { isIP } from 'node:net';
import type { Endpoint } from '../plane';
import type { MediaDescription } from './description';

/** Where the describer of an m-line wants its media. */
export type RemoteEndpoint =
  | { readonly kind: 'endpoint'; readonly endpoint: Endpoint }
  /** Port 0: the line is refused or removed. */
  | { readonly kind: 'disabled' }
  /** `0.0.0.0` or `::`: on hold, send nothing (RFC 3264 §8.4). */
  | { readonly kind: 'held' }
  /** A host name, which is for the caller to resolve. */
  | { readonly kind: 'name'; readonly name: string; readonly port: number }
  /** No c= line, or an address nobody may be sent to: multicast, broadcast. */
  | { readonly kind: 'unusable'; readonly address: string | undefined };

/** `muxed` says whether both sides agreed on rtcp-mux; by default what this side says of it. */
export function remoteEndpoint(
  media: MediaDescription,
  muxed: boolean = media.rtcpMux,
): RemoteEndpoint {
  const { port, connection, rtcpPort } = media;
  if (port === 0) return { kind: 'disabled' };
  if (!connection) return { kind: 'unusable', address: undefined };
  const { address } = connection;
  if (isUnspecified(address)) return { kind: 'held' };
  if (isIP(address) === 0) return { kind: 'name', name: address, port };
  if (isGroup(address)) return { kind: 'unusable', address };
  return {
    kind: 'endpoint',
    endpoint: { address, rtpPort: port, rtcpPort: muxed ? port : (rtcpPort ?? port + 1) },
  };
}

/** The describer neither wants to hear nor says to whom to send. */
export function isHold(media: MediaDescription): boolean {
  return !receives(media);
}

/** The describer says that it sends. */
export function sends({ port, direction }: MediaDescription): boolean {
  return port !== 0 && (direction === 'sendrecv' || direction === 'sendonly');
}

/** The describer says that it can be sent to. */
export function receives({ port, direction, connection }: MediaDescription): boolean {
  if (port === 0 || (connection && isUnspecified(connection.address))) return false;
  return direction === 'sendrecv' || direction === 'recvonly';
}

function isUnspecified(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

function isGroup(address: string): boolean {
  if (address.includes(':')) return /^ff/i.test(address);
  const first = Number(address.split('.')[0]);
  return first >= 224;
}

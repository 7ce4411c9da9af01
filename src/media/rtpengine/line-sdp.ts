import type { Endpoint, StreamFormat } from '../plane';
import { type OwnMedia, ownOrigin, parseSdp, staticPayload, writeSdp } from '../sdp';

/*
 * What rtpengine is told of one side of a line: a description of our own with one m-line, for the
 * descriptions that the parties exchange are anchored by call code and none of its business.
 */

/** One side of a line, as rtpengine is to know it. */
export interface Described {
  /** Where the party is; undefined while that is unknown. */
  readonly endpoint: Endpoint | undefined;
  /** Preferred first. Both sides have the same, or rtpengine would begin to transcode. */
  readonly formats: readonly StreamFormat[];
  /** Datagrams that are not RTP, or must pass unread. */
  readonly opaque: boolean;
  readonly family: 4 | 6;
}

/** Discard (RFC 863): nobody is told to send there, the address beside it says that it is unknown. */
const NO_PORT = 9;

/** A protocol that rtpengine does not know passes as it is. */
const UNREAD = 'UDP';

/** As an offer or an answer of that side's party. */
export function describe({ endpoint, formats, opaque, family }: Described): string {
  const local = endpoint ?? nowhere(family);
  return written({
    kind: 'audio',
    local,
    direction: 'sendrecv',
    rtcpMux: !opaque && local.rtcpPort === local.rtpPort,
    ...(opaque
      ? { protocol: UNREAD, payloads: [], formats: ['0'] }
      : { payloads: formats.map((format) => ({ ...format, fmtp: undefined })) }),
  });
}

/** The recorder's answer to a subscription's offer: it takes everything that is offered. */
export function describeRecorder(offer: unknown, remote: Endpoint): string | undefined {
  const offered = firstMedia(offer);
  if (!offered) return undefined;
  const { payloads, formats, protocol } = offered;
  return written({
    kind: 'audio',
    local: remote,
    protocol,
    payloads,
    ...(payloads.length === 0 && { formats }),
    direction: 'recvonly',
    rtcpMux: remote.rtcpPort === remote.rtpPort,
  });
}

/** Where rtpengine itself receives, and sends from; undefined when its description cannot be read. */
export function endpointIn(text: unknown): Endpoint | undefined {
  const media = firstMedia(text);
  if (!media?.connection || media.port === 0) return undefined;
  const { port, rtcpPort = port + 1, connection } = media;
  return { address: connection.address, rtpPort: port, rtcpPort };
}

/** What is known of a payload type by its number and clock rate alone. */
export function formatOf(payloadType: number, clockRate: number): StreamFormat {
  const known = staticPayload(payloadType, undefined);
  if (known) return { payloadType, codec: known.codec, clockRate, channels: known.channels };
  return { payloadType, codec: `unknown-${payloadType}`, clockRate, channels: 1 };
}

/** An address to which nothing is sent. */
export function nowhere(family: 4 | 6): Endpoint {
  return { address: family === 6 ? '::' : '0.0.0.0', rtpPort: NO_PORT, rtcpPort: NO_PORT + 1 };
}

function written(media: OwnMedia): string {
  return writeSdp({ origin: ownOrigin('1', media.local!.address), media: [media] }).text;
}

function firstMedia(text: unknown) {
  const parsed = typeof text === 'string' ? parseSdp(text) : undefined;
  return parsed?.ok ? parsed.value.media[0] : undefined;
}

import type { Endpoint } from '../plane';
import type { Attribute, Direction, PayloadDescription } from './description';
import { describedBy, networkAddress, type OwnOrigin, originValue } from './origin';

/** An m-line of our own making. */
export interface OwnMedia {
  /** `audio`; another kind only in a line that is refused. */
  readonly kind: string;
  /** Where we receive, or send from; undefined makes the line refused (port 0). */
  readonly local: Endpoint | undefined;
  /** Default `RTP/AVP`. */
  readonly protocol?: string;
  /** Not empty, or else `formats` is: an m-line names at least one format. */
  readonly payloads: readonly PayloadDescription[];
  /** Of a refused line that is not RTP, as it was offered. */
  readonly formats?: readonly string[];
  readonly direction: Direction;
  readonly rtcpMux?: boolean;
  /** Milliseconds. */
  readonly ptime?: number;
  /** RFC 4574. */
  readonly label?: string;
  /** More a= lines, at the end. */
  readonly attributes?: readonly Attribute[];
}

/** A description of our own making. */
export interface OwnSession {
  readonly origin: OwnOrigin;
  /** The s= line, default `-`. */
  readonly name?: string;
  readonly media: readonly OwnMedia[];
  /** a= lines of the session. */
  readonly attributes?: readonly Attribute[];
}

export interface Written {
  readonly text: string;
  /** For the next description to the same reader. */
  readonly origin: OwnOrigin;
}

/** Writes a description of our own. The o= version goes up when anything else in it has changed. */
export function writeSdp({ origin, name = '-', media, attributes = [] }: OwnSession): Written {
  const { address } = origin;
  const session = [`s=${name}`, `c=${networkAddress(address)}`, 't=0 0', ...attributes.map(asLine)];
  const lines = [...session, ...media.flatMap((one) => ownMedia(one, address))];
  const next = describedBy(origin, `${lines.join('\r\n')}\r\n`);
  return { text: `v=0\r\no=${originValue(next)}\r\n${next.body}`, origin: next };
}

function ownMedia(media: OwnMedia, sessionAddress: string): string[] {
  const { kind, local, protocol = 'RTP/AVP', payloads, formats = [], attributes = [] } = media;
  const lines = [
    [`m=${kind}`, local?.rtpPort ?? 0, protocol, ...payloads.map(numberOf), ...formats].join(' '),
  ];
  if (local && local.address !== sessionAddress) lines.push(`c=${networkAddress(local.address)}`);
  for (const { payloadType, codec, clockRate, channels } of payloads) {
    const more = channels > 1 ? `/${channels}` : '';
    lines.push(`a=rtpmap:${payloadType} ${codec}/${clockRate}${more}`);
  }
  for (const { payloadType, fmtp } of payloads) {
    if (fmtp !== undefined) lines.push(`a=fmtp:${payloadType} ${fmtp}`);
  }
  // RFC 3605: RTCP elsewhere than on the next port must be said.
  if (local && local.rtcpPort !== local.rtpPort + 1) lines.push(`a=rtcp:${local.rtcpPort}`);
  if (media.ptime !== undefined) lines.push(`a=ptime:${media.ptime}`);
  lines.push(`a=${media.direction}`);
  if (media.rtcpMux) lines.push('a=rtcp-mux');
  if (media.label !== undefined) lines.push(`a=label:${media.label}`);
  lines.push(...attributes.map(asLine));
  return lines;
}

function numberOf({ payloadType }: PayloadDescription): number {
  return payloadType;
}

function asLine({ name, value }: Attribute): string {
  return value === '' ? `a=${name}` : `a=${name}:${value}`;
}

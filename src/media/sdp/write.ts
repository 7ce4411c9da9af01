import * as transform from 'sdp-transform';
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
  const text = transform.write({
    version: 0,
    name,
    connection: connectionTo(origin.address),
    timing: { start: 0, stop: 0 },
    invalid: attributes.map(asLine),
    media: media.map((one) => ownMedia(one, origin.address)),
  });
  const [version, ...rest] = text.split('\r\n');
  const next = describedBy(origin, rest.join('\r\n'));
  return { text: `${version}\r\no=${originValue(next)}\r\n${next.body}`, origin: next };
}

function ownMedia(media: OwnMedia, sessionAddress: string): transform.Media {
  const { kind, local, payloads, formats = [], direction, ptime, attributes = [] } = media;
  const elsewhere = local && local.address !== sessionAddress;
  const nextPort = !local || local.rtcpPort === local.rtpPort + 1;
  const more = [
    ...(media.rtcpMux ? [{ name: 'rtcp-mux', value: '' }] : []),
    ...(media.label === undefined ? [] : [{ name: 'label', value: media.label }]),
    ...attributes,
  ];
  return {
    type: kind,
    port: local?.rtpPort ?? 0,
    protocol: media.protocol ?? 'RTP/AVP',
    payloads: [...payloads.map(({ payloadType }) => payloadType), ...formats].join(' '),
    connection: elsewhere ? connectionTo(local.address) : undefined,
    rtp: payloads.map(({ payloadType, codec, clockRate, channels }) => ({
      payload: payloadType,
      codec,
      rate: clockRate,
      encoding: channels > 1 ? channels : undefined,
    })),
    fmtp: payloads
      .filter(({ fmtp }) => fmtp !== undefined)
      .map(({ payloadType, fmtp }) => ({ payload: payloadType, config: fmtp! })),
    rtcp: nextPort ? undefined : { port: local.rtcpPort },
    ptime,
    direction,
    invalid: more.map(asLine),
  };
}

function connectionTo(address: string): transform.Connection {
  return { version: networkAddress(address).includes('IP6') ? 6 : 4, ip: address };
}

function asLine({ name, value }: Attribute): { value: string } {
  return { value: value === '' ? name : `${name}:${value}` };
}

import type { CryptoAttribute } from '../srtp';

/** A session description as call code reads it: RFC 4566, with the attributes calls are made of. */

/** RFC 4566 §6: which way media flows, as its describer sees it. */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** One RTP payload format of an m-line. */
export interface PayloadDescription {
  /** 0-127. */
  readonly payloadType: number;
  /** Encoding name as written: `PCMU`, `opus`, `telephone-event`. Compared without regard to case. */
  readonly codec: string;
  /** Hz, as in the rtpmap: 8000 for G.722, whatever its sampling rate (RFC 3551 §4.5.2). */
  readonly clockRate: number;
  /** 1 unless the rtpmap says more. */
  readonly channels: number;
  /** The a=fmtp parameters as written, undefined without any. */
  readonly fmtp: string | undefined;
}

/** The c= line: RFC 4566 §5.7. */
export interface Connection {
  /** An IP literal; a host name now and then. */
  readonly address: string;
  readonly family: 4 | 6;
}

/** The o= line: RFC 4566 §5.2. Numbers are text: they may not fit a number. */
export interface Origin {
  readonly username: string;
  readonly sessionId: string;
  readonly sessionVersion: string;
  readonly address: string;
}

/** What the packets of an m-line are to a relay. */
export type Carriage =
  /** RTP in the clear. */
  | 'rtp'
  /** RTP encrypted by keys in the description (RFC 4568). */
  | 'srtp'
  /** RTP encrypted by keys that are agreed elsewhere: on the path (RFC 5763), by MIKEY (RFC 4567). */
  | 'sealed'
  /** Other datagrams: UDPTL (T.38), UDP. */
  | 'datagrams'
  /** Nothing UDP: MSRP, comedia over TCP. */
  | 'stream';

export interface Attribute {
  readonly name: string;
  /** '' for a property. */
  readonly value: string;
}

export interface MediaDescription {
  /** `audio`, `video`, `image`, `application` ... in lower case. */
  readonly kind: string;
  /** 0: refused or removed (RFC 3264 §6, §8.2). */
  readonly port: number;
  readonly protocol: string;
  readonly carriage: Carriage;
  /** As in the m= line. */
  readonly formats: readonly string[];
  /** In order of preference; empty when it is not RTP. Formats nobody defined are left out. */
  readonly payloads: readonly PayloadDescription[];
  /** Its own c= line, or else the session's. */
  readonly connection: Connection | undefined;
  /** Its own, or else the session's, or else sendrecv. */
  readonly direction: Direction;
  /** The a=rtcp attribute (RFC 3605). */
  readonly rtcpPort: number | undefined;
  /** The a=rtcp-mux attribute (RFC 5761). */
  readonly rtcpMux: boolean;
  /** Milliseconds. */
  readonly ptime: number | undefined;
  readonly maxptime: number | undefined;
  /** RFC 4574. */
  readonly label: string | undefined;
  /** ICE is offered (RFC 8839). */
  readonly ice: boolean;
  /** The a=crypto attributes that can be used, in order (RFC 4568). */
  readonly cryptos: readonly CryptoAttribute[];
  /** Every a= line below the m= line, in order. */
  readonly attributes: readonly Attribute[];
}

export interface SessionDescription {
  readonly origin: Origin | undefined;
  readonly name: string;
  readonly connection: Connection | undefined;
  readonly media: readonly MediaDescription[];
  /** Every a= line above the first m= line, in order. */
  readonly attributes: readonly Attribute[];
}

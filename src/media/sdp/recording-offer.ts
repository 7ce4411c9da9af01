import type { Endpoint } from '../plane';
import { cryptoLine } from '../srtp';
import type { PayloadDescription } from './description';
import type { Keying } from './keying';
import type { OwnOrigin } from './origin';
import { type OwnMedia, type Written, writeSdp } from './write';

/** One stream that a recorder is offered: RFC 7866 §7.1.1. */
export interface RecordingStream {
  /** By which the metadata names it (RFC 4574). */
  readonly label: string;
  /** Of the fork; undefined makes the line refused or removed (port 0). */
  readonly local: Endpoint | undefined;
  /** Numbered as on the leg, for packets are passed as they are. Not empty. */
  readonly payloads: readonly PayloadDescription[];
  /** `inactive` while paused. */
  readonly direction: 'sendonly' | 'inactive';
  /** Milliseconds. */
  readonly ptime?: number;
  /** Its transport and keys; absent in the clear. */
  readonly keying?: Keying | undefined;
}

/** The description that a recording client sends: one labelled audio m-line for each stream. */
export function recordingOffer(origin: OwnOrigin, streams: readonly RecordingStream[]): Written {
  const media = streams.map(
    ({ keying, ...stream }): OwnMedia => ({
      kind: 'audio',
      ...stream,
      ...(keying && { protocol: keying.protocol, attributes: keying.crypto.map(cryptoLine) }),
    }),
  );
  return writeSdp({ origin, media });
}

import type { MediaDescription, PayloadDescription } from './description';
import { sameCodec } from './payloads';
import { receives, sends } from './remote';

/** What an offer and its answer agree on for one m-line: RFC 3264 §6, §7. */
export interface Negotiated {
  /** False when the answer refuses the line. */
  readonly accepted: boolean;
  /** What the offerer may send, numbered as the answer has it: its receiver reads these. */
  readonly toAnswerer: readonly PayloadDescription[];
  /** What the answerer may send, numbered as the offer has it. */
  readonly toOfferer: readonly PayloadDescription[];
  /** The directions in which media flows. */
  readonly offererSends: boolean;
  readonly answererSends: boolean;
  /** RFC 5761 §5.1.1: both have said so. */
  readonly rtcpMux: boolean;
}

export function negotiated(offer: MediaDescription, answer: MediaDescription): Negotiated {
  const accepted = offer.port !== 0 && answer.port !== 0;
  const common = (
    theirs: readonly PayloadDescription[],
    others: readonly PayloadDescription[],
  ): readonly PayloadDescription[] =>
    accepted ? theirs.filter((one) => others.some((other) => sameCodec(one, other))) : [];
  return {
    accepted,
    toAnswerer: common(answer.payloads, offer.payloads),
    toOfferer: common(offer.payloads, answer.payloads),
    offererSends: accepted && sends(offer) && receives(answer),
    answererSends: accepted && sends(answer) && receives(offer),
    rtcpMux: offer.rtcpMux && answer.rtcpMux,
  };
}

/** True when the relay can read, and so record, this m-line: audio in the clear, or with keys that it is told. */
export function isRecordable({ kind, port, carriage, payloads }: MediaDescription): boolean {
  const readable = carriage === 'rtp' || carriage === 'srtp';
  return kind === 'audio' && port !== 0 && readable && payloads.length > 0;
}

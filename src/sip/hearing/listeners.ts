import { isRecordable, type MediaLine, type Side, type StreamFormat } from '../../media';
import type { Agreement } from '../media/agreement';

/** Where and in what a party can be played to. */
export interface Stream {
  readonly line: MediaLine;
  /** What has been agreed that the party receives, preferred first. */
  readonly formats: readonly StreamFormat[];
  /** The same for as long as nothing has to be begun anew. */
  readonly key: string;
}

/** The parties that media flows to: on hold, and where signalling has them send only, they hear nothing. */
export function streamsTo(
  agreement: Agreement | undefined,
): Readonly<Partial<Record<Side, Stream>>> {
  const agreed = agreement?.lines.find(({ line, answer }) => line && isRecordable(answer));
  if (!agreement || !agreed?.line) return {};
  const { line, terms } = agreed;
  const { offerer } = agreement;
  const answerer = offerer === 'a' ? 'b' : 'a';
  return {
    ...(terms.answererSends && { [offerer]: stream(line, terms.toOfferer) }),
    ...(terms.offererSends && { [answerer]: stream(line, terms.toAnswerer) }),
  };
}

function stream(line: MediaLine, formats: readonly StreamFormat[]): Stream {
  // Parameters may change without a change of what is heard.
  const names = formats.map(
    ({ payloadType, codec, clockRate, channels }) =>
      `${payloadType} ${codec}/${clockRate}/${channels}`,
  );
  return { line, formats, key: `${line.id} ${names.join(', ')}` };
}

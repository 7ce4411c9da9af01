import { Fault, type Millis } from '../../core';
import {
  type EncodedFrames,
  type RtpPacket,
  SequenceUnwrapper,
  type StreamFormat,
} from '../../media';

/** A coder may swallow so much at the end, or hold it back for its look-ahead. */
const TOLERANCE_MS: Millis = 60;

/**
 * The payloads of one stream, one after the other, as they were sent. Pauses between them are left out; a
 * packet that is missing spoils the whole.
 * @param leastMs what was performed lasts so long
 * @throws Fault FREESWITCH_FAILED
 */
export function framesOf(
  packets: readonly RtpPacket[],
  format: StreamFormat,
  leastMs: Millis,
): EncodedFrames {
  const { payloadType, codec, clockRate, channels, fmtp } = format;
  const fail = (problem: string): never => {
    throw new Fault('FREESWITCH_FAILED', `${codec}: ${problem}`);
  };
  const sequences = new SequenceUnwrapper();
  const bySequence = new Map<number, RtpPacket>();
  for (const packet of packets) {
    if (packet.payloadType !== payloadType) continue;
    bySequence.set(sequences.unwrap(packet.sequence), packet);
  }
  const ordered = [...bySequence.entries()].sort(([one], [other]) => one - other);
  const first = ordered[0];
  const last = ordered.at(-1);
  if (!first || !last) return fail('it sent nothing');
  const lost = last[0] - first[0] + 1 - ordered.length;
  if (lost > 0) fail(`${lost} packets were lost on the way`);

  const steps = ordered
    .slice(1)
    .map(([, { timestamp }], index) => (timestamp - ordered[index]![1].timestamp) >>> 0);
  const ticks = steps.length > 0 ? Math.min(...steps) : clockRate / 50;
  if (ticks === 0) fail('its timestamps stand still');
  const lengthMs = (1000 * ticks * ordered.length) / clockRate;
  if (lengthMs < leastMs - TOLERANCE_MS) {
    fail(`it sent ${Math.round(lengthMs)} ms of ${Math.round(leastMs)} ms`);
  }
  return {
    codec,
    clockRate,
    channels,
    fmtp,
    ticks,
    payloads: ordered.map(([, { payload }]) => Uint8Array.from(payload)),
  };
}

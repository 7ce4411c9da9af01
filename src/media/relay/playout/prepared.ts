import { Fault } from '../../../core';
import { isSpoken, valuesOf, valuesPerTick } from '../../audio';
import type { EncodedFrames, Program, Sound, StreamFormat } from '../../plane';
import { canRead } from './packing';

/** A program as a worker plays it: nothing is left to compute but sums. */
export interface PreparedProgram {
  /** The other party is held back while it plays. */
  readonly holds: boolean;
  /** Formats of one clock rate in which it can be played, preferred first, each with its values. */
  readonly voices: ReadonlyArray<{ readonly format: StreamFormat; readonly values: Int16Array }>;
  /** Instead of voices: payloads of a codec that is not spoken here. */
  readonly frames:
    | {
        readonly payloadType: number;
        readonly ticks: number;
        readonly payloads: readonly Uint8Array[];
      }
    | undefined;
  /** Payload types that always pass. */
  readonly events: readonly number[];
  /** Hz of the RTP timestamp. */
  readonly rate: number;
  /** Length in ticks. */
  readonly ticks: number;
  readonly firstAfterMs: number;
  readonly everyMs: number | undefined;
}

/**
 * Does on the control side all that can be done there.
 * @throws Fault ANNOUNCEMENT_NOT_POSSIBLE
 */
export function prepared(program: Program): PreparedProgram {
  const { kind, sound, repeat, gain = 0 } = program;
  const first = speechFormats(program.formats)[0];
  if (!first) throw new Fault('ANNOUNCEMENT_NOT_POSSIBLE', 'the listener takes no audio');
  const common = {
    events: program.formats.filter(isEvent).map((format) => format.payloadType),
    rate: first.clockRate,
    firstAfterMs: repeat?.firstAfterMs ?? 0,
    everyMs: repeat?.everyMs,
  };
  if (isSpoken(first)) {
    const voices = speechFormats(program.formats)
      .filter((format) => format.clockRate === first.clockRate && isSpoken(format))
      .map((format) => ({ format, values: sharedValues(sound.pcm, gain, format) }));
    const ticks = Math.ceil(voices[0]!.values.length / valuesPerTick(first));
    return checked({ ...common, holds: kind === 'replace', voices, frames: undefined, ticks });
  }
  const frames = framesFor(first, sound);
  if (!frames) {
    throw new Fault('ANNOUNCEMENT_NOT_POSSIBLE', `${first.codec} is not spoken here`);
  }
  const { ticks, payloads } = frames;
  return checked({
    ...common,
    holds: true,
    voices: [],
    frames: { payloadType: first.payloadType, ticks, payloads },
    ticks: ticks * payloads.length,
  });
}

function checked(program: PreparedProgram): PreparedProgram {
  const { ticks, rate, everyMs } = program;
  if (!(ticks > 0)) throw new Fault('ANNOUNCEMENT_NOT_POSSIBLE', 'the sound is empty');
  if (everyMs !== undefined && !(everyMs > (ticks * 1000) / rate)) {
    throw new Fault('ANNOUNCEMENT_NOT_POSSIBLE', 'the sound is longer than its interval');
  }
  return program;
}

/** True when sound can be mixed into a stream whose listener takes these formats, preferred first. */
export function canMix(formats: readonly StreamFormat[]): boolean {
  const [first] = speechFormats(formats);
  return first !== undefined && isSpoken(first);
}

/** True when `play` would take this sound for a listener who takes these formats. */
export function canPlay(formats: readonly StreamFormat[], sound: Sound): boolean {
  if (canMix(formats)) return true;
  const first = speechFormat(formats);
  return first !== undefined && framesFor(first, sound) !== undefined;
}

/** The format that a listener with these, preferred first, is spoken to in. */
export function speechFormat(formats: readonly StreamFormat[]): StreamFormat | undefined {
  return speechFormats(formats)[0];
}

function framesFor(format: StreamFormat, { frames = [] }: Sound): EncodedFrames | undefined {
  return frames.find((one) => sameFormat(one, format) && canRead(format, one));
}

function speechFormats(formats: readonly StreamFormat[]): readonly StreamFormat[] {
  return formats.filter((format) => !isEvent(format) && format.codec.toUpperCase() !== 'CN');
}

function isEvent({ codec }: StreamFormat): boolean {
  return codec.toLowerCase() === 'telephone-event';
}

/** Whatever their numbers. */
export function sameFormat(one: Omit<StreamFormat, 'payloadType'>, other: StreamFormat): boolean {
  return (
    one.codec.toUpperCase() === other.codec.toUpperCase() &&
    one.clockRate === other.clockRate &&
    one.channels === other.channels
  );
}

/** What was computed of a sound, for as long as somebody has it. */
const known = new WeakMap<Int16Array, Map<string, Int16Array>>();

/** In memory that workers share, so that a program is not copied for each listener. */
function sharedValues(pcm: Int16Array, gain: number, format: StreamFormat): Int16Array {
  const split = format.codec.toUpperCase() === 'G722';
  const key = `${split ? 'bands' : format.clockRate}/${gain}`;
  let ofSound = known.get(pcm);
  if (!ofSound) {
    ofSound = new Map();
    known.set(pcm, ofSound);
  }
  let values = ofSound.get(key);
  if (!values) {
    const computed = valuesOf(amplified(pcm, gain), format);
    values = new Int16Array(new SharedArrayBuffer(computed.byteLength));
    values.set(computed);
    ofSound.set(key, values);
  }
  return values;
}

function amplified(pcm: Int16Array, gain: number): Int16Array {
  if (gain === 0) return pcm;
  const factor = 10 ** (gain / 20);
  return pcm.map((sample) => Math.max(-32_768, Math.min(32_767, Math.round(sample * factor))));
}

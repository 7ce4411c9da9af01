import { createHash } from 'node:crypto';
import { Fault } from '../core';
import { PROGRAM_RATE } from '../media';
import type { Cue } from './cue';
import { rmsOf } from './level';

export interface ToneOptions {
  /** Hz, 300-3400. Default 1400. */
  readonly frequency?: number;
  /** 50-1000. Default 200. */
  readonly lengthMs?: number;
  /** -40 to -3. Default -20, as loud as speech is meant to be. */
  readonly level?: number;
}

const RANGES = {
  frequency: { from: 300, to: 3400, default: 1400, unit: 'Hz' },
  lengthMs: { from: 50, to: 1000, default: 200, unit: 'ms' },
  level: { from: -40, to: -3, default: -20, unit: 'dBm0' },
} as const;

/** Rise and fall, long enough not to click. */
const RAMP_MS = 5;

/** Tones that were asked for: those of one kind share what is computed of them for each codec. */
const made = new Map<string, Cue>();
/** Far more kinds than anybody sets. */
const MOST_KINDS = 100;

/**
 * A sine, with ramps of half a cosine.
 * @throws Fault SOUND_NOT_USABLE
 */
export function tone(options: ToneOptions = {}): Cue {
  const frequency = ranged('frequency', options.frequency);
  const lengthMs = ranged('lengthMs', options.lengthMs);
  const level = ranged('level', options.level);
  const kind = `${frequency}/${lengthMs}/${level}`;
  const cue = made.get(kind) ?? sine(frequency, lengthMs, level);
  if (made.size >= MOST_KINDS) made.clear();
  made.set(kind, cue);
  return cue;
}

function sine(frequency: number, lengthMs: number, level: number): Cue {
  const amplitude = rmsOf(level) * Math.SQRT2;
  const length = Math.round((lengthMs * PROGRAM_RATE) / 1000);
  const ramp = (RAMP_MS * PROGRAM_RATE) / 1000;
  const pcm = Int16Array.from({ length }, (_, n) => {
    const fromEdge = Math.min(n, length - 1 - n);
    const shape = fromEdge >= ramp ? 1 : (1 - Math.cos((Math.PI * fromEdge) / ramp)) / 2;
    return Math.round(amplitude * shape * Math.sin((2 * Math.PI * frequency * n) / PROGRAM_RATE));
  });
  const fileHash = createHash('sha256').update(pcm).digest('hex');
  return { what: 'tone', sound: { pcm }, lengthMs, fileName: 'tone', fileHash };
}

function ranged(name: keyof typeof RANGES, value: number | undefined): number {
  const { from, to, default: otherwise, unit } = RANGES[name];
  if (value === undefined) return otherwise;
  if (value >= from && value <= to) return value;
  throw new Fault('SOUND_NOT_USABLE', `tone ${name}: give ${from} to ${to} ${unit}, not ${value}`);
}

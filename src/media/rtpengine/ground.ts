import type { Clock, Log, Millis } from '../../core';
import type { Sounds } from './sounds';

/** What all lines of a plane stand on. */
export interface Ground {
  readonly clock: Clock;
  readonly log: Log;
  readonly sounds: Sounds;
  /** A watched side that is silent this long is reported; Infinity never reports one. */
  readonly rtpTimeoutMs: Millis;
  /** How often the counters of a line are read. */
  readonly lookMs: Millis;
  /** What is to be mixed in is played in the place of speech instead. */
  readonly tonesReplaceSpeech: boolean;
}

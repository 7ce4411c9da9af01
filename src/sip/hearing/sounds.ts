import type { StreamFormat } from '../../media';
import type { EffectiveSettings } from '../../policy';
import type { Cue } from '../../tones';
import type { NoticeName } from './notice';

/** Whence the sound comes that parties hear. */
export interface Sounds {
  /**
   * What is announced at a moment by these settings, for a party that takes these formats.
   * Rejects with Fault SOUND_NOT_USABLE.
   */
  prompt(
    moment: NoticeName,
    settings: EffectiveSettings,
    formats: readonly StreamFormat[],
  ): Promise<Cue>;
  /** The reminder tone, and the beep of a pause. */
  tone(settings: EffectiveSettings, formats: readonly StreamFormat[]): Promise<Cue>;
  /** Whether there is sound in this codec: where not, it can be kept out of offers. */
  plays(format: Omit<StreamFormat, 'payloadType'>): boolean;
}

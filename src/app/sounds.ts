import { canMix } from '../media';
import { ownPrompt, PROMPT_SETTINGS, type SettingsStore } from '../policy';
import type { Sounds } from '../sip';
import { type PromptSource, tone } from '../tones';

/** What calls are announced with: prompts of `source`, one's own from the settings, and tones that are made here. */
export function soundsOf(source: PromptSource, store: SettingsStore | undefined): Sounds {
  return {
    prompt: async (moment, settings) => {
      const own = store && (await ownPrompt(store, moment, settings));
      const cue = await source.prompt({ name: moment, language: settings.language, own });
      return own ? { ...cue, fileName: `${settings[PROMPT_SETTINGS[moment]]}.wav` } : cue;
    },
    tone: async ({ toneFrequencyHz, toneLengthMs, toneLevelDbm0 }) =>
      tone({ frequency: toneFrequencyHz, lengthMs: toneLengthMs, level: toneLevelDbm0 }),
    plays: (format) => canMix([{ ...format, payloadType: 0 }]),
  };
}

import { ownPrompt, PROMPT_SETTINGS, type SettingsStore } from '../policy';
import type { Sounds } from '../sip';
import { type PromptSource, tone } from '../tones';

/** What calls are announced with: prompts of `source`, one's own from the settings, and tones that are made here. */
export function soundsOf(source: PromptSource, store: SettingsStore | undefined): Sounds {
  return {
    prompt: async (moment, settings, formats) => {
      const cue = await source.prompt({
        name: moment,
        language: settings.language,
        own: store && (await ownPrompt(store, moment, settings)),
        ownName: `${settings[PROMPT_SETTINGS[moment]]}.wav`,
      });
      return source.fitted(cue, formats);
    },
    tone: async ({ toneFrequencyHz, toneLengthMs, toneLevelDbm0 }, formats) => {
      const cue = tone({
        frequency: toneFrequencyHz,
        lengthMs: toneLengthMs,
        level: toneLevelDbm0,
      });
      return source.fitted(cue, formats);
    },
    plays: (format) => source.plays(format),
  };
}

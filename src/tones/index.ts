export {
  type Announcement,
  announce,
  type Evidence,
  type Listener,
  REMINDER_SECONDS,
  reminder,
} from './announcer';
export type { Cue } from './cue';
export { PROMPT_LEVEL, promptFromWav } from './prompt-file';
export {
  EmbeddedPrompts,
  LANGUAGES,
  type Language,
  PROMPT_NAMES,
  type PromptName,
  type PromptRequest,
  type PromptSource,
} from './prompts';
export { type ToneOptions, tone } from './tone';

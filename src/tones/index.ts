export {
  type Announcement,
  announce,
  type Evidence,
  type Listener,
  REMINDER_SECONDS,
  reminder,
} from './announcer';
export type { Cue } from './cue';
export { type FreeswitchOptions, FreeswitchPrompts } from './freeswitch';
export { LARGEST_BYTES as LARGEST_PROMPT, PROMPT_LEVEL, promptFromWav } from './prompt-file';
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
export { addPrompt } from './upload/add-prompt';
export { type Upload, uploadedPrompt } from './upload/upload';

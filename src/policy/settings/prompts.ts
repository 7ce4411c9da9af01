import { type EffectiveSettings, type SettingName, SHIPPED_PROMPT } from './entries';
import type { SettingsStore } from './store';

/** The settings that name prompts, by when parties hear them. */
export const PROMPT_SETTINGS = {
  start: 'promptStart',
  stop: 'promptStop',
  pause: 'promptPause',
  resume: 'promptResume',
} as const satisfies Readonly<Record<string, SettingName>>;

/** When a prompt is heard. */
export type PromptMoment = keyof typeof PROMPT_SETTINGS;

/** Sound as it is kept: a WAV file, and the SHA-256 of it in hex. */
export interface KeptSound {
  readonly sha256: string;
  readonly wav: Buffer;
}

/** A prompt of one's own: sound, or words for a source that speaks them. */
export type OwnPrompt =
  | ({ readonly kind: 'wav' } & KeptSound)
  | { readonly kind: 'text'; readonly text: string };

/** A prompt as it comes in: `wav` is what is to be played, `sourceSha256` the file that it was made of. */
export type NewPrompt =
  | ({ readonly kind: 'wav'; readonly sourceSha256: string; readonly lengthMs: number } & KeptSound)
  | { readonly kind: 'text'; readonly text: string };

/** The prompt of a name; undefined for `shipped`, and for one that is no more. */
export async function promptNamed(
  store: SettingsStore,
  name: string,
): Promise<OwnPrompt | undefined> {
  if (name === SHIPPED_PROMPT) return undefined;
  const { text, sha256 } = store.current().get('prompt', name)?.values ?? {};
  if (text !== undefined) return { kind: 'text', text };
  const wav = sha256 === undefined ? undefined : await store.sound(sha256);
  return wav && { kind: 'wav', sha256: sha256!, wav };
}

/** What is heard at a moment by a user's settings; undefined for the shipped prompt. */
export function ownPrompt(
  store: SettingsStore,
  moment: PromptMoment,
  settings: EffectiveSettings,
): Promise<OwnPrompt | undefined> {
  return promptNamed(store, settings[PROMPT_SETTINGS[moment]]);
}

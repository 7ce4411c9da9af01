import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../core';
import type { Cue } from './cue';
import { LARGEST_BYTES, promptFromWav } from './prompt-file';

export const PROMPT_NAMES = ['start', 'stop', 'pause', 'resume'] as const;
export type PromptName = (typeof PROMPT_NAMES)[number];

/** Those that prompts are shipped in. */
export const LANGUAGES = ['en', 'uk'] as const;
export type Language = (typeof LANGUAGES)[number];

export interface PromptRequest {
  readonly name: PromptName;
  readonly language: Language;
  /** A WAV file of the organization's or location's own, in place of the shipped prompt. */
  readonly file?: string;
}

/** Whence prompts come. */
export interface PromptSource {
  /** Rejects with Fault SOUND_NOT_USABLE that says what to do. */
  prompt(request: PromptRequest): Promise<Cue>;
}

interface Kept {
  readonly version: string;
  readonly cue: Cue;
}

/** Prompts from WAV files, read when first asked for, and again when the file was changed. */
export class EmbeddedPrompts implements PromptSource {
  readonly #kept = new Map<string, Kept>();

  /** `shipped` holds a directory a language, each with a file a prompt. */
  constructor(private readonly shipped = join(__dirname, '../../assets/prompts')) {}

  async prompt({ name, language, file }: PromptRequest): Promise<Cue> {
    const path = file ?? this.#shippedFile(name, language);
    try {
      const { mtimeMs, size } = await stat(path);
      const version = `${mtimeMs}/${size}`;
      const key = `${name} ${path}`;
      const kept = this.#kept.get(key);
      if (kept?.version === version) return kept.cue;
      if (size > LARGEST_BYTES) {
        throw new Fault('SOUND_NOT_USABLE', `prompt ${name}: ${path} is too large; shorten it`);
      }
      const cue = promptFromWav(name, await readFile(path));
      this.#kept.set(key, { version, cue });
      return cue;
    } catch (error) {
      if (error instanceof Fault) throw error;
      const { code = String(error) } = error as NodeJS.ErrnoException;
      throw new Fault('SOUND_NOT_USABLE', `prompt ${name}: ${path} cannot be read (${code})`);
    }
  }

  #shippedFile(name: PromptName, language: Language): string {
    if (!LANGUAGES.includes(language) || !PROMPT_NAMES.includes(name)) {
      const there = LANGUAGES.join(' and ');
      throw new Fault(
        'SOUND_NOT_USABLE',
        `prompt ${name}: none is shipped in ${language}, only in ${there}; give a file`,
      );
    }
    return join(this.shipped, language, `${name}.wav`);
  }
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../core';
import { canMix, type StreamFormat } from '../media';
import type { OwnPrompt, PromptMoment } from '../policy';
import type { Cue } from './cue';
import { promptFromWav } from './prompt-file';

export type PromptName = PromptMoment;
export const PROMPT_NAMES: readonly PromptName[] = ['start', 'stop', 'pause', 'resume'];

/** Those that prompts are shipped in. */
export const LANGUAGES = ['en', 'uk'] as const;
export type Language = (typeof LANGUAGES)[number];

export interface PromptRequest {
  readonly name: PromptName;
  readonly language: Language;
  /** What the organization or location has in place of the shipped prompt. */
  readonly own?: OwnPrompt | undefined;
  /** What evidence calls that. */
  readonly ownName?: string;
}

/** Whence prompts come. */
export interface PromptSource {
  /** Rejects with Fault SOUND_NOT_USABLE that says what to do. */
  prompt(request: PromptRequest): Promise<Cue>;
  /**
   * The same, a tone as well as a prompt, with frames for a listener with these formats, preferred first, where
   * that needs them and they can be had. Never rejects: what cannot be played, `announce` says.
   */
  fitted(cue: Cue, formats: readonly StreamFormat[]): Promise<Cue>;
  /** Whether there is sound in this codec, now. */
  plays(format: Omit<StreamFormat, 'payloadType'>): boolean;
}

/** Sounds kept at hand. The hash of one's own is of its content, so that none of them grows old. */
const MOST_KEPT = 64;

/** Prompts from WAV, made ready when first asked for. */
export class EmbeddedPrompts implements PromptSource {
  readonly #kept = new Map<string, Cue>();

  /** `shipped` holds a directory a language, each with a file a prompt. */
  constructor(private readonly shipped = join(__dirname, '../../assets/prompts')) {}

  async prompt({ name, language, own, ownName }: PromptRequest): Promise<Cue> {
    if (own?.kind === 'text') {
      throw new Fault(
        'SOUND_NOT_USABLE',
        `prompt ${name}: nobody here speaks text; give a WAV file, or set announcements.source to freeswitch`,
      );
    }
    if (own) {
      const cue = this.#ready(`${name} ${own.sha256}`, () => promptFromWav(name, own.wav));
      return named(cue, ownName);
    }
    const path = this.#shippedFile(name, language);
    const file = this.#kept.has(path) ? undefined : await read(name, path);
    return this.#ready(path, () => promptFromWav(name, file!, `${name}-${language}.wav`));
  }

  #ready(key: string, make: () => Cue): Cue {
    const cue = this.#kept.get(key) ?? make();
    this.#kept.delete(key);
    this.#kept.set(key, cue);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST_KEPT) this.#kept.delete(oldest!);
    return cue;
  }

  async fitted(cue: Cue): Promise<Cue> {
    return cue;
  }

  plays(format: Omit<StreamFormat, 'payloadType'>): boolean {
    return canMix([{ ...format, payloadType: 0 }]);
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

/** The same under the name that evidence is to have. */
export function named(cue: Cue, fileName: string | undefined): Cue {
  return fileName === undefined ? cue : { ...cue, fileName };
}

async function read(name: PromptName, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    throw new Fault('SOUND_NOT_USABLE', `prompt ${name}: ${path} cannot be read (${code})`);
  }
}

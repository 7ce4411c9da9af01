import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, Fault, type Ids, type Log, type Millis } from '../../core';
import {
  canPlay,
  type EncodedFrames,
  PROGRAM_RATE,
  type StreamFormat,
  speechFormat,
  writeWav,
} from '../../media';
import type { OwnPrompt } from '../../policy';
import type { SipAgent } from '../../ua';
import type { Cue } from '../cue';
import { promptFromWav } from '../prompt-file';
import {
  EmbeddedPrompts,
  LANGUAGES,
  named,
  PROMPT_NAMES,
  type PromptRequest,
  type PromptSource,
} from '../prompts';
import { tone } from '../tone';
import { placerOver } from './leg';
import { FreeswitchLink } from './link';
import type { FreeswitchAddress } from './session';
import { Shelf } from './shelf';
import { READABLE, soundOf } from './speech';
import { Studio } from './studio';

export interface FreeswitchOptions extends FreeswitchAddress {
  /** What prompts and tone are made in as soon as FreeSWITCH is there. */
  readonly codecs: readonly StreamFormat[];
  /** Where files are put for FreeSWITCH to play, and what FreeSWITCH calls that directory. */
  readonly directory: string;
  readonly directoryThere: string;
  readonly ttsEngine: string;
  readonly voice: string;
  /** An announcement waits so long for what is not made yet. */
  readonly waitMs: Millis;
}

interface Parts {
  readonly agent: SipAgent;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}

/** Kept at a time: each is a few kilobytes. */
const MOST_FRAMES = 2_000;
const MOST_SPEECHES = 500;
const LONGEST_SPEECH_MS: Millis = 60_000;
/** FreeSWITCH begins and ends a playback within this. */
const PLAYBACK_MARGIN_MS: Millis = 5_000;

/**
 * Prompts and tones in any codec that a FreeSWITCH has, and text spoken by it. FreeSWITCH is never
 * part of a call: it performs each sound once in each codec into a stream that ends here, and the relay plays
 * what was kept. While it is away everything that needs no FreeSWITCH is there as ever.
 */
export class FreeswitchPrompts implements PromptSource {
  readonly #embedded = new EmbeddedPrompts();
  readonly #link: FreeswitchLink;
  readonly #studio: Studio;
  readonly #frames: Shelf<EncodedFrames>;
  readonly #speeches: Shelf<Cue>;
  /** In which codecs everything is there: a sound in each. */
  readonly #ahead: EncodedFrames[] = [];

  constructor(
    private readonly options: FreeswitchOptions,
    private readonly parts: Parts,
  ) {
    const { agent, clock, ids, log } = parts;
    this.#link = new FreeswitchLink(options, placerOver(agent, clock), clock, log);
    this.#studio = new Studio(this.#link, options.listenAddress, clock, ids);
    const failed = (error: unknown): void => {
      const reason = error instanceof Error ? error.message : String(error);
      log.warn({ reason }, 'announcement not made');
    };
    this.#frames = new Shelf(MOST_FRAMES, clock, failed);
    this.#speeches = new Shelf(MOST_SPEECHES, clock, failed);
  }

  /** Begins to connect; makes what is to be made ahead each time FreeSWITCH is there. */
  start(): void {
    const { log } = this.parts;
    this.#link.onUp = () => {
      this.#frames.retry();
      this.#speeches.retry();
      void this.#makeAhead().catch((error: unknown) => {
        log.error({ err: error }, 'announcements not made');
      });
    };
    this.#link.start();
  }

  /** Whether FreeSWITCH is there. */
  get connected(): boolean {
    return this.#link.up;
  }

  close(): void {
    this.#link.close();
  }

  /** Text that FreeSWITCH cannot speak now is replaced by the shipped prompt of that name. */
  async prompt(request: PromptRequest): Promise<Cue> {
    const { name, language, own, ownName } = request;
    if (own?.kind !== 'text') return this.#embedded.prompt(request);
    const spoken = await this.#patiently(this.#spoken(own.text));
    if (!spoken) return this.#embedded.prompt({ name, language });
    return named({ ...spoken, what: name }, ownName);
  }

  /** Makes a prompt of one's own ahead, too. Resolves with whether all of it is there; never rejects. */
  async prepare(own: OwnPrompt): Promise<boolean> {
    try {
      const cue =
        own.kind === 'text'
          ? await this.#spoken(own.text)
          : await this.#embedded.prompt({ name: 'start', language: 'en', own });
      if (!cue) return false;
      const made = this.options.codecs.map((format) => this.#framesOf(cue, format));
      return !(await Promise.all(made)).includes(undefined);
    } catch (error) {
      // What cannot be played is told when it is to be.
      this.parts.log.debug({ err: error }, 'prompt not prepared');
      return false;
    }
  }

  async fitted(cue: Cue, formats: readonly StreamFormat[]): Promise<Cue> {
    const { sound } = cue;
    const format = speechFormat(formats);
    if (!format || canPlay(formats, sound)) return cue;
    const made = await this.#patiently(this.#framesOf(cue, format));
    return made ? { ...cue, sound: { ...sound, frames: [...(sound.frames ?? []), made] } } : cue;
  }

  plays(format: Omit<StreamFormat, 'payloadType'>): boolean {
    const formats = [{ ...format, payloadType: 0 }];
    return canPlay(formats, { pcm: NO_SOUND, frames: this.#ahead });
  }

  async #makeAhead(): Promise<void> {
    const { log } = this.parts;
    const cues = [
      tone(),
      ...(await Promise.all(
        LANGUAGES.flatMap((language) =>
          PROMPT_NAMES.map((name) => this.#embedded.prompt({ language, name })),
        ),
      )),
    ];
    for (const format of this.options.codecs) {
      const made = await Promise.all(cues.map((cue) => this.#framesOf(cue, format)));
      const missing = made.filter((frames) => frames === undefined).length;
      // Half of what may have to be said is not a codec to announce in.
      if (missing === 0 && !this.plays(format)) this.#ahead.push(made[0]!);
      const { codec, fmtp } = format;
      log.info({ codec, fmtp, made: made.length - missing, missing }, 'announcements made');
    }
  }

  #framesOf(cue: Cue, format: StreamFormat): Promise<EncodedFrames | undefined> {
    return this.#frames.get(`${cue.fileHash} ${nameOf(format)}`, async () => {
      const file = await this.#put(cue);
      return this.#studio.take({
        formats: [format],
        leastMs: cue.lengthMs,
        longestMs: cue.lengthMs + PLAYBACK_MARGIN_MS,
        perform: (endpoint) =>
          endpoint.play(file).catch((error: Error) => {
            throw new Fault('FREESWITCH_FAILED', `${file}: ${error.message}`);
          }),
      });
    });
  }

  /** Resolves with FreeSWITCH's name of the file. */
  async #put({ fileHash, sound }: Cue): Promise<string> {
    const { directory, directoryThere } = this.options;
    const name = `${fileHash}.wav`;
    try {
      await mkdir(directory, { recursive: true, mode: 0o755 });
      const path = join(directory, name);
      // FreeSWITCH must never find half of it.
      const file = writeWav({ rate: PROGRAM_RATE, channels: [sound.pcm] });
      const half = `${path}.${this.parts.ids.token(4)}`;
      await writeFile(half, file, { mode: 0o644 });
      await rename(half, path);
    } catch (error) {
      const { code = String(error) } = error as NodeJS.ErrnoException;
      throw new Fault('FREESWITCH_FAILED', `${directory} cannot be written to (${code})`);
    }
    return `${directoryThere}/${name}`;
  }

  #spoken(text: string): Promise<Cue | undefined> {
    const { ttsEngine, voice } = this.options;
    return this.#speeches.get(text, async () => {
      const frames = await this.#studio.take({
        formats: READABLE,
        leastMs: 0,
        longestMs: LONGEST_SPEECH_MS,
        perform: (endpoint) => endpoint.speak({ ttsEngine, voice, text: wordsOf(text) }),
      });
      return promptFromWav('text', writeWav(soundOf(frames)));
    });
  }

  #patiently<T>(thing: Promise<T | undefined>): Promise<T | undefined> {
    return new Promise((resolve) => {
      const cancel = this.parts.clock.after(this.options.waitMs, () => resolve(undefined));
      void thing.then(resolve).finally(cancel);
    });
  }
}

/**
 * Words only. FreeSWITCH ends a command with its line, takes `|` and `{}` for options, and runs what stands in
 * `${}`; a speech engine may take tags, or be a command that a shell reads.
 */
function wordsOf(text: string): string {
  return text.replaceAll(/[\s\p{Cc}|{}$\\`"<>;&]+/gu, ' ').trim();
}

const NO_SOUND = new Int16Array(0);

function nameOf({ codec, clockRate, channels, fmtp = '' }: StreamFormat): string {
  return `${codec.toUpperCase()}/${clockRate}/${channels} ${fmtp}`;
}

import { createHash } from 'node:crypto';
import { access, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault, type Millis } from '../../core';
import { encodePcmu, PROGRAM_RATE, Resampler, writeWav } from '../audio';

/** A sound as rtpengine can be given it. */
export interface Source {
  /** The arguments of `play media` that name it. */
  readonly media: { readonly file: string } | { readonly blob: Uint8Array };
  readonly lengthMs: Millis;
}

/** Where sounds are laid down for rtpengine to read. */
export interface SoundFiles {
  /** Here, as Twintrack sees it. */
  readonly directory: string;
  /** The same directory as every node sees it. */
  readonly seenAs: string;
}

/**
 * Sound in a command must fit a UDP datagram of 65 507 octets, beside the rest of the command: two
 * bytes a sample would be two seconds of it, µ-law is four, or eight at the rate of a telephone.
 */
const MOST_BLOB_OCTETS = 64_000;
const BLOB_RATES = [16_000, 8_000];

/** rtpengine loses what does not fill its last packet. */
const TAIL: Millis = 60;

/** Makes what rtpengine plays from what programs are made of. Each sound is made once. */
export class Sounds {
  readonly #made = new WeakMap<Int16Array, Map<number, Promise<Source>>>();

  /** Without `files`, sound goes along in the command. */
  constructor(private readonly files: SoundFiles | undefined) {}

  /**
   * `pcm`: 16-bit mono at 16 kHz; `gain` in decibels.
   * Rejects with Fault ANNOUNCEMENT_NOT_POSSIBLE.
   */
  source(pcm: Int16Array, gain = 0): Promise<Source> {
    const known = this.#made.get(pcm) ?? new Map<number, Promise<Source>>();
    this.#made.set(pcm, known);
    const source = known.get(gain) ?? this.#make(pcm, gain);
    known.set(gain, source);
    source.catch(() => known.delete(gain));
    return source;
  }

  async #make(pcm: Int16Array, gain: number): Promise<Source> {
    if (pcm.length === 0) throw new Fault('ANNOUNCEMENT_NOT_POSSIBLE', 'the sound is empty');
    const samples = withTail(pcm, gain);
    const lengthMs = (pcm.length * 1000) / PROGRAM_RATE;
    if (this.files) return { media: { file: await this.#layDown(samples, this.files) }, lengthMs };
    const rate = BLOB_RATES.find((one) => (samples.length * one) / PROGRAM_RATE < MOST_BLOB_OCTETS);
    if (rate === undefined) {
      const seconds = (lengthMs / 1000).toFixed(1);
      const help = 'media.rtpengine.soundDirectory names one that the nodes can read';
      const told = `a sound of ${seconds} s does not fit into a command to rtpengine, unless ${help}`;
      throw new Fault('ANNOUNCEMENT_NOT_POSSIBLE', told);
    }
    return { media: { blob: au(at(rate, samples), rate) }, lengthMs };
  }

  /** By its contents, so that it is laid down once for all who share the directory. */
  async #layDown(samples: Int16Array, { directory, seenAs }: SoundFiles): Promise<string> {
    const wav = writeWav({ rate: PROGRAM_RATE, channels: [samples] });
    const name = `twintrack-${createHash('sha256').update(wav).digest('hex').slice(0, 32)}.wav`;
    const path = join(directory, name);
    try {
      if (!(await isThere(path))) {
        const draft = `${path}.${process.pid}`;
        await writeFile(draft, wav);
        await rename(draft, path);
      }
    } catch (error) {
      throw new Fault('ANNOUNCEMENT_NOT_POSSIBLE', `${path}: ${(error as Error).message}`);
    }
    return join(seenAs, name);
  }
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function withTail(pcm: Int16Array, gain: number): Int16Array {
  const factor = 10 ** (gain / 20);
  const samples = new Int16Array(pcm.length + (PROGRAM_RATE * TAIL) / 1000);
  for (let i = 0; i < pcm.length; i++) {
    samples[i] = Math.max(-32_768, Math.min(32_767, Math.round(pcm[i]! * factor)));
  }
  return samples;
}

function at(rate: number, samples: Int16Array): Int16Array {
  if (rate === PROGRAM_RATE) return samples;
  const resampler = new Resampler(PROGRAM_RATE, rate);
  const [most, rest] = [resampler.push(samples), resampler.flush()];
  const all = new Int16Array(most.length + rest.length);
  all.set(most);
  all.set(rest, most.length);
  return all;
}

/**
 * Sun's .snd: of the forms with µ-law in them the one of which rtpengine reads little at a time. From
 * a WAV file it takes 4 096 octets at once, half a second, and plays what follows too fast.
 */
function au(samples: Int16Array, rate: number): Uint8Array {
  const header = Buffer.alloc(24);
  header.write('.snd', 0, 'latin1');
  const fields = [header.length, samples.length, MU_LAW, rate, MONO];
  fields.forEach((field, index) => {
    header.writeUInt32BE(field, 4 + 4 * index);
  });
  return Buffer.concat([header, encodePcmu(samples)]);
}

const MU_LAW = 1;
const MONO = 1;

import { endianness } from 'node:os';
import { GROWING_WAV_HEADER_BYTES, growingWavHeader } from '../../media';
import { GrowingFile } from './growing-file';

const BYTES_PER_SAMPLE = 2;

/** The shape of the audio. */
export interface WavShape {
  /** Frames a second. */
  readonly rate: number;
  readonly channels: number;
}

/** A WAV file under way. At any time it can be read as far as it goes. */
export class WavPart {
  private constructor(
    private readonly file: GrowingFile,
    private readonly shape: WavShape,
  ) {}

  static async open(
    path: string,
    shape: WavShape,
    onFailure: (reason: string) => void,
  ): Promise<WavPart> {
    const part = new WavPart(await GrowingFile.open(path, onFailure), shape);
    part.file.write(0, growingWavHeader({ ...shape, dataBytes: undefined }));
    return part;
  }

  get failure(): string | undefined {
    return this.file.failure;
  }

  /** Puts interleaved samples where `frame` is; they are copied. */
  write(frame: number, pcm: Int16Array): void {
    const bytes = Buffer.from(Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength));
    if (endianness() === 'BE') bytes.swap16();
    this.file.write(GROWING_WAV_HEADER_BYTES + frame * this.#frameBytes, bytes);
  }

  /** Makes it a finished file of so many frames, and closes it. */
  async finish(frames: number): Promise<void> {
    const dataBytes = frames * this.#frameBytes;
    this.file.write(0, growingWavHeader({ ...this.shape, dataBytes }));
    await this.file.close(GROWING_WAV_HEADER_BYTES + dataBytes);
  }

  get #frameBytes(): number {
    return this.shape.channels * BYTES_PER_SAMPLE;
  }
}

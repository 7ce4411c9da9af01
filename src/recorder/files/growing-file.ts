import { close, ftruncate, open, write } from 'node:fs';
import { promisify } from 'node:util';
import { PRIVATE_FILE } from './paths';

const openFile = promisify(open);
const closeFile = promisify(close);
const truncateFile = promisify(ftruncate);

/** A disk so slow that this much waits for it is as good as none. */
const MAX_WAITING_BYTES = 64 * 2 ** 20;
/** Pieces written together at most. */
const MAX_RUN = 256;

interface Piece {
  readonly position: number;
  readonly bytes: Buffer;
}

/**
 * A file that is written to in the background, in order, at any position. What cannot be written is lost
 * and said once; later pieces are tried again, for a full disk may empty. Never throws after `open`.
 */
export class GrowingFile {
  #waiting: Piece[] = [];
  #waitingBytes = 0;
  #writing = false;
  #idle: Array<() => void> = [];
  #closed = false;
  #failure: string | undefined;

  private constructor(
    private readonly descriptor: number,
    private readonly onFailure: (reason: string) => void,
  ) {}

  /** Makes the file; one that exists is an error. */
  static async open(path: string, onFailure: (reason: string) => void): Promise<GrowingFile> {
    return new GrowingFile(await openFile(path, 'wx', PRIVATE_FILE), onFailure);
  }

  /** Why something is missing; undefined when nothing is. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** The bytes belong to the file from now on. */
  write(position: number, bytes: Buffer): void {
    if (this.#closed) {
      // The descriptor may be another file's by now.
      this.#fail('written to after it was closed');
      return;
    }
    if (this.#waitingBytes + bytes.length > MAX_WAITING_BYTES) {
      this.#fail('the disk does not keep up');
      return;
    }
    this.#waiting.push({ position, bytes });
    this.#waitingBytes += bytes.length;
    this.#next();
  }

  /** Writes what waits, gives the file `length` bytes if said, and closes it. */
  async close(length?: number): Promise<void> {
    await this.#drained();
    this.#closed = true;
    const failed = (error: unknown): void => this.#fail(String(error));
    if (length !== undefined) await truncateFile(this.descriptor, length).catch(failed);
    await closeFile(this.descriptor).catch(failed);
  }

  #next(): void {
    if (this.#writing) return;
    const piece = this.#takeRun();
    if (!piece) {
      for (const wake of this.#idle.splice(0)) wake();
      return;
    }
    this.#writing = true;
    this.#put(piece, 0);
  }

  /** The next piece, and with it what goes right behind it: one system call for many packets. */
  #takeRun(): Piece | undefined {
    const [first] = this.#waiting;
    if (!first) return undefined;
    let count = 0;
    let end = first.position;
    while (count < MAX_RUN && this.#waiting[count]?.position === end) {
      end += this.#waiting[count]!.bytes.length;
      count++;
    }
    const run = this.#waiting.splice(0, count);
    if (count === 1) return first;
    return { position: first.position, bytes: Buffer.concat(run.map(({ bytes }) => bytes)) };
  }

  #put({ position, bytes }: Piece, from: number): void {
    write(this.descriptor, bytes, from, bytes.length - from, position + from, (error, written) => {
      if (!error && written > 0 && from + written < bytes.length) {
        this.#put({ position, bytes }, from + written);
        return;
      }
      if (error) this.#fail(String(error));
      this.#waitingBytes -= bytes.length;
      this.#writing = false;
      this.#next();
    });
  }

  #drained(): Promise<void> {
    if (!this.#writing && this.#waiting.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #fail(reason: string): void {
    if (this.#failure !== undefined) return;
    this.#failure = reason;
    this.onFailure(reason);
  }
}

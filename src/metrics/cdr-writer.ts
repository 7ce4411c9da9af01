import { type Cancel, type Clock, type Log, type Millis, SystemClock } from '../core';
import { openFile, openStandardOutput, type Sink } from './cdr-file';
import type { CdrUsage } from './usage';

/** Appends call detail records, one JSON object a line. Nothing here blocks or throws into a call. */
export interface CdrWriter {
  write(record: object): void;
  /** Closes the file and opens it anew by its name, after somebody moved it away (logrotate). */
  reopen(): Promise<void>;
  /** Writes what is waiting, and closes. What cannot be written by then is lost and counted. */
  close(): Promise<void>;
  readonly usage: CdrUsage;
}

export interface CdrWriterOptions {
  /** A path, or `-` for standard output. */
  readonly file: string;
  readonly log: Log;
  readonly clock?: Clock;
  /** Where lines go instead; for tests. */
  readonly open?: () => Promise<Sink>;
}

/** Records that wait while the disk does not take them; further ones are lost. */
const MOST_WAITING = 10_000;
/** Records written at a time. */
const BATCH = 500;
/** How long a disk that refused is left alone. */
const RETRY_MS: Millis = 1000;

const LINE_FEED = 0x0a;

export function createCdrWriter(options: CdrWriterOptions): CdrWriter {
  return new QueuedWriter(options);
}

class QueuedWriter implements CdrWriter {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #open: () => Promise<Sink>;
  readonly #usage = { written: 0, lost: 0 };
  #waiting: string[] = [];
  #sink: Sink | undefined;
  /** Ends the line that the sink is in the middle of. */
  #torn = false;
  /** What goes on with the file now; everything else waits for it. */
  #work: Promise<void> = Promise.resolve();
  #scheduled = false;
  #retry: Cancel | undefined;
  /** A trouble is told once, and once more when it is over. */
  #troubled = false;
  #closed = false;

  constructor({ file, log, clock, open }: CdrWriterOptions) {
    this.#log = log;
    this.#clock = clock ?? new SystemClock();
    this.#open = open ?? (file === '-' ? openStandardOutput : () => openFile(file));
  }

  get usage(): CdrUsage {
    return { ...this.#usage };
  }

  write(record: object): void {
    const line = this.#serialized(record);
    if (line === undefined) return;
    if (this.#closed || this.#waiting.length >= MOST_WAITING) {
      this.#lose(1, 'too many records wait');
      return;
    }
    this.#waiting.push(line);
    this.#schedule();
  }

  reopen(): Promise<void> {
    return this.#then(async () => {
      await this.#shut();
      await this.#drain();
    });
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#retry?.();
    return this.#then(async () => {
      await this.#drain();
      await this.#shut();
      this.#retry?.();
      if (this.#waiting.length > 0) this.#lose(this.#waiting.length, 'the service ends');
      this.#waiting = [];
    });
  }

  /** One turn of the event loop gathers what a burst of calls leaves. */
  #schedule(): void {
    if (this.#scheduled || this.#retry) return;
    this.#scheduled = true;
    void this.#then(() => {
      this.#scheduled = false;
      return this.#drain();
    });
  }

  #then(step: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(step);
    return this.#work;
  }

  async #drain(): Promise<void> {
    this.#retry?.();
    this.#retry = undefined;
    try {
      while (this.#waiting.length > 0) await this.#writeBatch();
    } catch (error) {
      // Opened anew for the next attempt: what refused may be the handle and not the disk.
      await this.#shut();
      this.#trouble(error);
    }
  }

  async #writeBatch(): Promise<void> {
    if (!this.#sink) {
      this.#sink = await this.#open();
      this.#torn = this.#sink.torn;
    }
    const lines = this.#waiting.slice(0, BATCH);
    const text = lines.join('');
    const bytes = Buffer.from(this.#torn ? `\n${text}` : text);
    let written = 0;
    try {
      while (written < bytes.length) {
        const more = await this.#sink.write(bytes.subarray(written));
        if (more === 0) throw new Error('nothing could be written');
        written += more;
      }
    } finally {
      this.#settle(bytes.subarray(0, written), lines);
    }
    if (this.#troubled) this.#log.info({ waiting: this.#waiting.length }, 'cdr-writable-again');
    this.#troubled = false;
  }

  /** Takes the records that are written in full, their line break or not, from those that wait. */
  #settle(written: Buffer, lines: readonly string[]): void {
    if (written.length === 0) return;
    let left = written.length - (this.#torn ? 1 : 0);
    let whole = 0;
    for (const line of lines) {
      const length = Buffer.byteLength(line);
      if (left < length - 1) break;
      left -= length;
      whole += 1;
    }
    this.#torn = written.at(-1) !== LINE_FEED;
    this.#usage.written += whole;
    this.#waiting.splice(0, whole);
  }

  #trouble(error: unknown): void {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!this.#troubled) {
      this.#log.error({ code, reason: message, waiting: this.#waiting.length }, 'cdr-not-writable');
    }
    this.#troubled = true;
    if (this.#closed) return;
    this.#retry = this.#clock.after(RETRY_MS, () => {
      this.#retry = undefined;
      this.#schedule();
    });
  }

  async #shut(): Promise<void> {
    const sink = this.#sink;
    this.#sink = undefined;
    try {
      await sink?.close();
    } catch (error) {
      this.#log.warn({ reason: (error as Error).message }, 'cdr-not-closed');
    }
  }

  #lose(records: number, reason: string): void {
    if (this.#usage.lost === 0) this.#log.error({ reason }, 'cdr-lost');
    this.#usage.lost += records;
  }

  #serialized(record: object): string | undefined {
    try {
      return `${JSON.stringify(record)}\n`;
    } catch (error) {
      this.#lose(1, (error as Error).message);
      return undefined;
    }
  }
}

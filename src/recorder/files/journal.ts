import { rename, rm, writeFile } from 'node:fs/promises';
import type { Log } from '../../core';
import type { RecordingDocument } from '../recording';
import { PRIVATE_FILE } from './paths';

/**
 * The sidecar of a recording under way. Each change is written whole and put in place at once, so that the
 * file can be read at any time; changes that come while one is written go with the next.
 */
export class Journal {
  #document: RecordingDocument;
  #changed = false;
  #writing: Promise<void> | undefined;
  #discarded = false;
  #written = false;

  constructor(
    readonly path: string,
    document: RecordingDocument,
    private readonly log: Log,
  ) {
    this.#document = document;
    this.#write();
  }

  get document(): RecordingDocument {
    return this.#document;
  }

  update(change: Partial<RecordingDocument>): void {
    this.#document = { ...this.#document, ...change };
    this.#write();
  }

  /** Resolves when everything said so far is written; false when the last of it could not be. */
  async settled(): Promise<boolean> {
    while (this.#writing) await this.#writing;
    return this.#written;
  }

  /** Leaves no file behind. */
  async discard(): Promise<void> {
    this.#discarded = true;
    await this.settled();
    await rm(this.path, { force: true }).catch(() => undefined);
  }

  #write(): void {
    this.#changed = true;
    if (this.#discarded) return;
    this.#writing ??= this.#run().finally(() => {
      this.#writing = undefined;
    });
  }

  async #run(): Promise<void> {
    while (this.#changed) {
      this.#changed = false;
      try {
        await writeSidecar(this.path, this.#document);
        this.#written = true;
      } catch (error) {
        this.#written = false;
        const { id } = this.#document;
        this.log.error({ recording: id, error: String(error) }, 'sidecar not written');
      }
    }
  }
}

/** Writes a sidecar whole, and puts it in place at once. */
export async function writeSidecar(path: string, document: RecordingDocument): Promise<void> {
  const unfinished = `${path}.tmp`;
  await writeFile(unfinished, `${JSON.stringify(document, undefined, 2)}\n`, {
    mode: PRIVATE_FILE,
  });
  await rename(unfinished, path);
}

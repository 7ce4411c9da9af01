import type { Ids } from '../../../src/core';

/** Identifiers that count, so that a test can be read and repeated. */
export class CountingIds implements Ids {
  #uuids = 0;
  #tokens = 0;

  uuid(): string {
    this.#uuids += 1;
    return `00000000-0000-4000-8000-${String(this.#uuids).padStart(12, '0')}`;
  }

  token(bytes: number): string {
    this.#tokens += 1;
    return this.#tokens
      .toString(16)
      .padStart(bytes * 2, '0')
      .slice(-bytes * 2);
  }
}

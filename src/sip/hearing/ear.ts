import type { CallSide } from '../call/signals';
import { type Knowledge, type Notice, TELLS } from './notice';

interface Waiting extends Notice {
  /** What the party knew before. */
  readonly from: Knowledge;
}

/**
 * One party, as one who is told things: one after the other, each once, and nothing that is out of date.
 *
 * - What the party knows already, or is about to hear, is not told again.
 * - What has become untrue before its turn came is left out, together with what took it back: a pause and
 *   a resumption while `start` plays are both passed over.
 * - What could not be heard to its end, because the stream was negotiated anew or the party was put on hold, is
 *   told again from its beginning.
 */
export class Ear {
  /** Identifies the stream to the party; undefined while nothing can be played to it. */
  #stream: string | undefined;
  #known: Knowledge = 'off';
  readonly #waiting: Waiting[] = [];
  #playing: { readonly id: number; readonly notice: Waiting } | undefined;

  constructor(readonly side: CallSide) {}

  get stream(): string | undefined {
    return this.#stream;
  }

  /** What it is told now. */
  get hears(): Notice | undefined {
    return this.#playing?.notice;
  }

  /** Something is being told, or is to be told as soon as it can be. */
  get busy(): boolean {
    return this.#playing !== undefined || this.#waiting.length > 0;
  }

  /** Gives the id of what is to be stopped. */
  listens(stream: string | undefined): number | undefined {
    if (stream === this.#stream) return undefined;
    this.#stream = stream;
    const playing = this.#playing;
    this.#playing = undefined;
    if (playing) this.#waiting.unshift(playing.notice);
    return playing?.id;
  }

  tell(notice: Notice): void {
    const tells = TELLS[notice.what];
    const from = this.#known;
    if (tells === from || (notice.what === 'resume' && from !== 'paused')) return;
    this.#known = tells;
    if (!this.#takeBack(tells)) this.#waiting.push({ ...notice, from });
  }

  /** Nothing is recorded any more, and that is not announced. */
  forget(): void {
    this.#takeBack('off');
    this.#known = 'off';
  }

  /** Gives what is to be played next, under this id; undefined when nothing is, or not now. */
  next(id: number): Notice | undefined {
    if (this.#stream === undefined || this.#playing) return undefined;
    const notice = this.#waiting.shift();
    if (notice) this.#playing = { id, notice };
    return notice;
  }

  /** True when it was this ear's. */
  over(id: number): boolean {
    if (this.#playing?.id !== id) return false;
    this.#playing = undefined;
    return true;
  }

  /** Drops what leads away from `knowledge` and back. */
  #takeBack(knowledge: Knowledge): boolean {
    const at = this.#waiting.findIndex(({ from }) => from === knowledge);
    if (at >= 0) this.#waiting.length = at;
    return at >= 0;
  }
}

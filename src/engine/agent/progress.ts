import { type Cancel, Driver, type Instant, type Millis } from '../../core';
import { type ReliableInput, type ReliableOutput, ReliableProvisionals } from '../dialog';
import type { ServerTransaction } from '../transaction';
import type { Ground } from './ground';

/** A proxy on the way gives up after three minutes without news (RFC 3261 §13.3.1.1, §16.6). */
const REMIND_MS: Millis = 60_000;

interface Provisional {
  readonly status: number;
  readonly bytes: Buffer;
}

export interface ProgressUser {
  /** Every reliable response was acknowledged, and its PRACK answered. */
  onSettled(): void;
  /** A reliable response never was: the INVITE is to be refused with 5xx (RFC 3262 §3). */
  onUnacknowledged(): void;
  /** It has rung longer than anybody waits. */
  onRungOut(): void;
}

/**
 * What is said to a caller before its final response: reliable provisional responses until their
 * PRACK, and the last plain one again each minute, so that nobody on the way loses patience.
 */
export class Progress {
  readonly #reliable: ReliableProvisionals<Provisional>;
  readonly #driver: Driver<ReliableInput<Provisional>, ReliableOutput<Provisional>>;
  #last: Provisional | undefined;
  #since: Instant | undefined;
  #stopTimer: Cancel = () => {};

  constructor(
    private readonly ground: Ground,
    private readonly transaction: ServerTransaction,
    private readonly user: ProgressUser,
  ) {
    // RFC 3262 §3: the first RSeq is random, and leaves room to count up to 2^31 - 1.
    const first = 1 + (Number.parseInt(ground.ids.token(4), 16) >>> 2);
    this.#reliable = new ReliableProvisionals(first, ground.timers.t1);
    this.#driver = new Driver(this.#reliable, ground.clock, (output) => this.#perform(output));
  }

  /** A PRACK, or the answer to one, is still owed: a 2xx has to wait. */
  get owed(): boolean {
    return this.#reliable.pending;
  }

  /** The RSeq of the next reliable response; undefined when too many wait already. */
  nextRSeq(): number | undefined {
    return this.#reliable.open ? this.#reliable.nextRSeq() : undefined;
  }

  matches(rseq: number): boolean {
    return this.#reliable.matches(rseq);
  }

  /** Sends a provisional response, reliably with an RSeq. */
  send(status: number, bytes: Buffer, rseq: number | undefined): void {
    this.#since ??= this.ground.clock.now();
    if (rseq === undefined) {
      this.#last = { status, bytes };
      this.transaction.respondWith(status, bytes);
    } else {
      this.#last = undefined;
      this.#driver.input({ kind: 'send', rseq, reply: { status, bytes } });
    }
    this.#remindLater(this.#since);
  }

  prack(rseq: number): void {
    this.#driver.input({ kind: 'prack', rseq });
  }

  prackAnswered(): void {
    this.#driver.input({ kind: 'prack-answered' });
  }

  /** The final response is out. */
  stop(): void {
    this.#stopTimer();
    this.#driver.input({ kind: 'stop' });
  }

  #remindLater(since: Instant): void {
    const { clock, limits } = this.ground;
    this.#stopTimer();
    this.#stopTimer = clock.after(REMIND_MS, () => {
      if (clock.now() - since >= limits.ringing) {
        this.user.onRungOut();
        return;
      }
      if (this.#last) this.transaction.respondWith(this.#last.status, this.#last.bytes);
      this.#remindLater(since);
    });
  }

  #perform(output: ReliableOutput<Provisional>): void {
    switch (output.kind) {
      case 'transmit':
        this.transaction.respondWith(output.reply.status, output.reply.bytes);
        break;
      case 'settled':
        this.user.onSettled();
        break;
      case 'unacknowledged':
        this.user.onUnacknowledged();
        break;
    }
  }
}

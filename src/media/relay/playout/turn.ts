import type { Instant, Millis } from '../../../core';
import type { Played, Round } from '../../plane';
import type { PreparedProgram } from './prepared';

/** So long after its end a round is given up: the stream's timestamps do not go on. */
const STUCK: Millis = 1_000;
const PARTS = 3;

/**
 * One program on its way to one listener. Where it stands is a matter of the outgoing timestamp alone,
 * whoever makes the packet: what belongs at a tick is the same in speech and in silence.
 *
 *     waiting ──due──▶ in a round ──played out──▶ waiting for the next, or over
 */
export class Turn {
  /** When the next round is to begin, or this one was. */
  due: Instant;
  /** A `replace` whose time has come: live packets are held back. */
  holding = false;
  over = false;

  /** Of each round `PARTS` numbers, for calls that hear hundreds: begin and end in wall-clock ms, 1 for a complete one. */
  readonly #heard: number[] = [];
  /** The timestamp at which the round begins. */
  #begin: number | undefined;
  #startedAt: Instant = 0;
  #covered = 0;

  constructor(
    readonly id: string,
    readonly program: PreparedProgram,
    now: Instant,
    /** Monotonic to wall clock. */
    private readonly wallOffset: Millis,
    private readonly done: (played: Played) => void,
  ) {
    this.due = now + program.firstAfterMs;
  }

  get inRound(): boolean {
    return this.#begin !== undefined;
  }

  /** In a round, or to begin one now. */
  isDue(now: Instant): boolean {
    return !this.over && (this.inRound || this.due <= now);
  }

  /** A jump of the stream: the round goes on behind it. */
  shift(ticks: number): void {
    if (this.#begin !== undefined) this.#begin = (this.#begin + ticks) | 0;
  }

  /**
   * Begins the round if it is due within a packet of `ticks` that begins at `timestamp`, now, and gives
   * the program's tick at which the packet begins: negative when it begins in mid-packet, undefined
   * when nothing of it falls into the packet.
   */
  at(timestamp: number, ticks: number, now: Instant): number | undefined {
    if (this.over) return undefined;
    if (this.#begin === undefined) {
      const { rate } = this.program;
      const ahead = Math.max(0, Math.round(((this.due - now) * rate) / 1000));
      if (ahead >= ticks) return undefined;
      this.#begin = (timestamp + ahead) | 0;
      this.#startedAt = now + (ahead * 1000) / rate;
      this.#covered = 0;
    }
    const at = (timestamp - this.#begin) | 0;
    return at + ticks > 0 && at < this.program.ticks ? at : undefined;
  }

  /** A packet with what belongs there has left, or would have, had the listener been there. */
  passed(timestamp: number, ticks: number, now: Instant, left: boolean): void {
    if (this.#begin === undefined) return;
    const { ticks: length, rate } = this.program;
    const at = (timestamp - this.#begin) | 0;
    if (left) this.#covered += Math.max(0, Math.min(at + ticks, length) - Math.max(at, 0));
    const lengthMs = (length * 1000) / rate;
    if (at + ticks >= length) this.#endRound(now + ((length - at) * 1000) / rate, now);
    else if (now - this.#startedAt > lengthMs + STUCK) this.#endRound(now, now);
  }

  /** Ends it where it is. */
  end(now: Instant): void {
    if (this.over) return;
    this.over = true;
    this.holding = false;
    if (this.#begin !== undefined) this.#note(now);
    this.#begin = undefined;
    this.done({ rounds: this.#rounds() });
  }

  #endRound(endsAt: Instant, now: Instant): void {
    this.#note(endsAt);
    this.#begin = undefined;
    this.holding = false;
    const { everyMs } = this.program;
    if (everyMs === undefined) this.end(now);
    // A deadline missed is not made up for: the next one counts.
    else while (this.due <= now) this.due += everyMs;
  }

  #note(endedAt: Instant): void {
    if (this.#covered === 0) return;
    const startedAt = this.#startedAt + this.wallOffset;
    const heardUntil = Math.max(endedAt, this.#startedAt) + this.wallOffset;
    this.#heard.push(startedAt, heardUntil, this.#covered >= this.program.ticks ? 1 : 0);
  }

  #rounds(): Round[] {
    const heard = this.#heard;
    return Array.from({ length: heard.length / PARTS }, (_, i) => ({
      startedAt: heard[PARTS * i]!,
      endedAt: heard[PARTS * i + 1]!,
      complete: heard[PARTS * i + 2] === 1,
    }));
  }
}

import type { Instant, Millis } from '../../core';
import { DelayFloor } from './delay-floor';

/** One wall clock of a sender, by which several of its streams tell the time (RFC 3550 §6.4.1). */
export interface SenderClock {
  /** Local time minus the sender's wall-clock time, the transit of the fastest packet included. */
  readonly floor: DelayFloor;
  /** How far it may be from what the arrival of packets says, before it is not believed. */
  readonly tolerance: Millis;
}

/** Sender reports that are weighed against each other. */
const REPORTS = 3;
/** Further off than this, a report tells of a step of the sender's wall clock and not of the audio. */
const STEP: Millis = 200;
/** A report that came this long before a new beginning may belong to it already. */
const FRESH: Millis = 1_000;
const NEARBY: Millis = 10_000;

interface Report {
  /** Sender's wall-clock time minus media time. */
  readonly offset: Millis;
  readonly mediaMs: Millis;
  readonly at: Instant;
}

/**
 * How the media time of one source (its RTP timestamps in ms) relates to local time: by the arrival of
 * its packets, or better, by the wall clock its sender reports share with other streams.
 */
export class Alignment {
  readonly floor = new DelayFloor();
  #reports: Report[] = [];
  #clock: SenderClock | undefined;
  /** To be adopted once packets have arrived. */
  #waiting: SenderClock | undefined;

  /** Local time minus media time; infinite before the first packet. */
  get lag(): Millis {
    return this.#clock ? this.#wallOffset() + this.#clock.floor.value : this.floor.value;
  }

  get clock(): SenderClock | undefined {
    return this.#clock;
  }

  /** Takes the arrival of a packet. */
  arrived(arrival: Instant, mediaMs: Millis): void {
    this.floor.note(arrival - mediaMs);
    this.#clock?.floor.note(arrival - mediaMs - this.#wallOffset());
  }

  /**
   * Takes a sender report: at the sender's `wallMs` the media time was `mediaMs`. The least offset of
   * the last reports counts: a report whose timestamp is the last packet's, as many are, errs upwards.
   */
  reported(wallMs: Millis, mediaMs: Millis, clock: SenderClock, at: Instant): void {
    const offset = wallMs - mediaMs;
    if (this.#reports.length > 0 && Math.abs(offset - this.#wallOffset()) > STEP) return;
    this.#reports.push({ offset, mediaMs, at });
    if (this.#reports.length > REPORTS) this.#reports.shift();
    if (!this.#clock && this.floor.value !== Number.POSITIVE_INFINITY) this.#adopt(clock);
    else if (!this.#clock) this.#waiting = clock;
  }

  /** The first packets are in: reports that came before them count from now on. */
  begun(): void {
    if (this.#waiting && !this.#clock) this.#adopt(this.#waiting);
    this.#waiting = undefined;
  }

  /** The timestamps begin anew near `mediaMs`, known at `at`. */
  restart(mediaMs: Millis, at: Instant): void {
    const clock = this.#clock ?? this.#waiting;
    this.floor.restart();
    this.#clock = undefined;
    this.#reports = this.#reports.filter(
      (report) => at - report.at < FRESH && Math.abs(report.mediaMs - mediaMs) < NEARBY,
    );
    this.#waiting = this.#reports.length > 0 ? clock : undefined;
  }

  #adopt(clock: SenderClock): void {
    const offset = this.#wallOffset();
    const known = clock.floor.value;
    if (known === Number.POSITIVE_INFINITY) {
      clock.floor.note(this.floor.value - offset);
    } else if (Math.abs(offset + known - this.floor.value) > clock.tolerance) {
      // Clocks that have nothing to do with each other: arrival is the better witness.
      this.#reports = [];
      return;
    }
    this.#clock = clock;
  }

  #wallOffset(): Millis {
    let least = Number.POSITIVE_INFINITY;
    for (const { offset } of this.#reports) least = Math.min(least, offset);
    return least;
  }
}

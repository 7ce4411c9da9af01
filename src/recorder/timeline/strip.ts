import type { Instant, Millis } from '../../core';
import type { Brush } from './brush';
import type { Format } from './format';
import type { GapLog } from './gap-log';
import { Reorder } from './reorder';

/** A packet on its way to the audio. */
export interface Packet {
  /** Extended sequence number. */
  readonly sequence: number;
  /** Extended RTP timestamp, and the same in ms. */
  readonly ticks: number;
  readonly mediaMs: Millis;
  readonly arrival: Instant;
  readonly format: Format;
  readonly payload: Uint8Array;
}

/** What a strip asks of the timeline. */
export interface StripGround {
  /** Frames a second. */
  readonly rate: number;
  /**
   * Frames by which the strip should slip by and by; positive is later. What can be put right at once
   * is, for instance when the strip is `free`: what comes next does not follow on.
   */
  correction(free: boolean): number;
}

/** The audio of one source as it is laid down: in order, each packet where its timestamp says. */
export class Strip {
  /** Position in the audio minus media time, in ms; undefined until the strip is placed. */
  offset: Millis | undefined;
  /** Where the first sample is, in frames; set when it is placed. */
  start = 0;
  /** A correction is under way. */
  slipping = false;
  slippedMs: Millis = 0;
  /** Packets that came too late to be used. */
  late = 0;

  readonly #reorder = new Reorder<Packet>(
    (packet) => this.#paint(packet),
    (packet) => this.#paintLate(packet),
  );
  #lastPainted: number | undefined;
  /** First sequence number of the run of missing packets before the next one. */
  #missingFrom: number | undefined;

  constructor(
    private readonly ground: StripGround,
    private readonly brush: Brush,
    private readonly gaps: GapLog,
  ) {}

  /** The place of media time `ms`, in frames. Only when placed. */
  frameOf(mediaMs: Millis): number {
    return Math.round(((mediaMs + this.offset!) * this.ground.rate) / 1000);
  }

  push(packet: Packet): void {
    this.#reorder.push(packet);
  }

  tick(now: Instant): void {
    this.#reorder.tick(now);
  }

  /** What comes next has nothing to do with what came before; what waits is painted. */
  cut(): void {
    this.#reorder.flush();
    this.brush.lift();
    this.#lastPainted = undefined;
    this.#missingFrom = undefined;
  }

  /** The channel has been moved in the audio. */
  move(frames: number): void {
    if (this.offset !== undefined) this.offset += (frames * 1000) / this.ground.rate;
    this.start += frames;
    this.brush.move(frames);
  }

  /** Moves what comes next by so much at once. */
  jump(by: Millis): void {
    this.offset! += by;
    this.slippedMs += by;
    this.slipping = false;
    this.brush.lift();
  }

  #paint({ sequence, ticks, mediaMs, format, payload }: Packet): void {
    if (this.#lastPainted !== undefined && sequence > this.#lastPainted + 1) {
      this.#missingFrom ??= this.#lastPainted + 1;
    }
    this.#lastPainted = sequence;
    if (format.kept !== 'wav' || this.offset === undefined) {
      this.brush.lift();
      return;
    }
    const correction = this.ground.correction(!this.brush.follows(format, ticks));
    const frame = this.frameOf(mediaMs);
    if (this.#missingFrom !== undefined) {
      const { cursor } = this.brush;
      this.gaps.add(cursor, frame - cursor, this.#missingFrom, sequence);
      this.#missingFrom = undefined;
    }
    const moved = this.brush.paint(format, ticks, payload, frame, correction);
    if (moved === 0) return;
    const movedMs = (moved * 1000) / this.ground.rate;
    this.offset += movedMs;
    this.slippedMs += movedMs;
  }

  #paintLate({ sequence, mediaMs, format, payload }: Packet): void {
    if (format.kept !== 'wav') return;
    if (!format.stateless || this.offset === undefined) {
      this.late++;
      return;
    }
    this.brush.paintAlone(format, payload, this.frameOf(mediaMs));
    this.gaps.fill(sequence);
  }
}

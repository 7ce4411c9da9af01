import { Fault } from '../../core';
import type { Playback, Played, Program, Round, StreamFormat } from '../plane';
import type { Ground } from './ground';
import type { NgCommand, NgOutcome } from './ng';
import { Performance } from './performance';
import type { Source } from './sounds';

/** What a speaker needs of its line. */
export interface Floor {
  /** About the party that is played to. Never rejects. */
  ask(command: NgCommand): Promise<NgOutcome>;
  /** Resolves when the other party is not heard any more, and these formats are known. */
  take(formats: readonly StreamFormat[]): Promise<void>;
  /** The other party is heard again. */
  release(): void;
  /** A sound could not be played when nobody waited for its beginning any more. */
  onFailure(fault: Fault): void;
}

/**
 * Plays to the party of one side, one sound after the other. rtpengine plays a sound beside what the
 * other party says, as a stream of its own, so the other party is held back from this listener.
 * It does not say when a sound is over: that is known by its length.
 */
export class Speaker {
  readonly #performances = new Set<Performance>();
  #turn: Promise<unknown> = Promise.resolve();
  /** Sounds that play or wait for their turn. */
  #queued = 0;
  #closed = false;
  #number = 0;

  constructor(
    private readonly floor: Floor,
    private readonly ground: Ground,
    private readonly name: string,
  ) {}

  /** Rejects with Fault ANNOUNCEMENT_NOT_POSSIBLE. */
  async play(program: Program): Promise<Playback> {
    const { kind, formats, sound, gain, repeat } = program;
    if (kind === 'mix' && !this.ground.tonesReplaceSpeech) throw impossible(NO_MIXING);
    if (formats.length === 0) throw impossible('the listener takes no audio');
    const source = await this.ground.sounds.source(sound.pcm, gain);
    if (repeat && !(repeat.everyMs > source.lengthMs)) {
      throw impossible('the sound is longer than its interval');
    }
    const atOnce = this.#queued === 0 && !repeat?.firstAfterMs;
    const id = `${this.name}.p${++this.#number}`;
    return new Promise((resolve, reject) => {
      const performance: Performance = new Performance(id, this.ground.clock, (self) =>
        this.#perform(self, program, source, (fault) =>
          fault ? reject(fault) : resolve(performance),
        ),
      );
      if (!atOnce) resolve(performance);
    });
  }

  close(): void {
    this.#closed = true;
    for (const performance of this.#performances) performance.stop();
  }

  /** `onBegun` is told of the first sound, with the fault if it could not be played. */
  async #perform(
    performance: Performance,
    { formats, repeat }: Program,
    source: Source,
    onBegun: (fault?: Fault) => void,
  ): Promise<Played> {
    const { clock } = this.ground;
    this.#performances.add(performance);
    if (this.#closed) performance.stop();
    const rounds: Round[] = [];
    let due = clock.now() + (repeat?.firstAfterMs ?? 0);
    while (await performance.until(due)) {
      const round = await this.#inTurn(() => this.#round(performance, formats, source, onBegun));
      if (round) rounds.push(round);
      if (!repeat) break;
      while (due <= clock.now()) due += repeat.everyMs;
    }
    this.#performances.delete(performance);
    // What was stopped before it began was played to nobody, and that is no fault.
    onBegun();
    return { rounds };
  }

  async #inTurn<Result>(action: () => Promise<Result>): Promise<Result> {
    this.#queued += 1;
    const result = this.#turn.then(action);
    this.#turn = result;
    try {
      return await result;
    } finally {
      this.#queued -= 1;
      if (this.#queued === 0) this.floor.release();
    }
  }

  async #round(
    performance: Performance,
    formats: readonly StreamFormat[],
    { media, lengthMs }: Source,
    onBegun: (fault?: Fault) => void,
  ): Promise<Round | undefined> {
    if (performance.stopped) return undefined;
    const { clock } = this.ground;
    await this.floor.take(formats);
    const outcome = await this.floor.ask({ command: 'play media', ...media });
    if (outcome.kind !== 'ok') {
      const fault = impossible(`rtpengine: ${outcome.reason}`);
      this.floor.onFailure(fault);
      onBegun(fault);
      return undefined;
    }
    const startedAt = clock.wall().getTime();
    onBegun();
    const complete = await performance.until(clock.now() + lengthMs);
    if (!complete) await this.floor.ask({ command: 'stop media' });
    return { startedAt, endedAt: clock.wall().getTime(), complete };
  }
}

const NO_MIXING =
  'rtpengine cannot mix a tone into speech, and media.rtpengine.tones has it refused';

function impossible(detail: string): Fault {
  return new Fault('ANNOUNCEMENT_NOT_POSSIBLE', detail);
}

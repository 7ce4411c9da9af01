import type { Instant, Machine, Millis } from '../../core';
import type { CallSide } from '../call/signals';
import { Ear } from './ear';
import { type Beat, type Knowledge, type Notice, type NoticeName, TELLS } from './notice';

/** How a recorded user's recordings are told of. */
export interface Manner {
  /** Start and stop are announced. */
  readonly announces: boolean;
  readonly pauseNotice: 'none' | 'beep' | 'announcement';
  /** Interval of the reminder tone; undefined: none. */
  readonly reminderMs: Millis | undefined;
}

interface Recorded {
  readonly manner: () => Manner;
  state: Knowledge;
  tone: boolean;
}

/** A reminder that sounds for one party. */
interface Reminding {
  readonly id: number;
  readonly beat: Beat;
  readonly stream: string;
}

const SIDES: readonly CallSide[] = ['caller', 'callee'];

/**
 * What plays to whom and when in one call, for all recorded users of it together. Parties are told of the call
 * and not of recordings: a call that two users record is announced once, and is over when neither records any more.
 *
 * Each party is an `Ear` that hears notices one by one. Under them lies one reminder tone, at the shortest
 * interval that a user who records now asks for, in the same rhythm for both parties.
 *
 * Invariants. H1: nothing is played to a party without a stream. H2: nothing is played after `ended`. H3: no
 * reminder while nobody records, or all who do have paused. H4: two reminder tones are never further apart than the
 * interval that holds, also where it changes or the stream is negotiated anew.
 */
export class Choreography implements Machine<HearingInput, HearingOutput> {
  readonly #ears: Readonly<Record<CallSide, Ear>> = {
    caller: new Ear('caller'),
    callee: new Ear('callee'),
  };
  readonly #recorded = new Map<CallSide, Recorded>();
  readonly #reminding = new Map<CallSide, Reminding>();
  /** Streams into which the tone cannot be played. */
  readonly #toneless = new Map<CallSide, string>();
  #beat: Beat | undefined;
  /** When a tone is due, and from there on at every interval; undefined until somebody can hear it. */
  #due: Instant | undefined;
  /** The first tone waits for one interval: a notice says the same. */
  #later = false;
  #ended = false;
  #ids = 0;

  /** `manners` of the recorded users, by the side on which they are; asked for each time, for it may change. */
  constructor(manners: Readonly<Partial<Record<CallSide, () => Manner>>>) {
    for (const side of SIDES) {
      const manner = manners[side];
      if (manner) this.#recorded.set(side, { manner, state: 'off', tone: false });
    }
  }

  /** What a party is being told, if anything. */
  hears(side: CallSide): NoticeName | undefined {
    return this.#ears[side].hears?.what;
  }

  /** Interval of the tone that a party is reminded by. */
  reminded(side: CallSide): Millis | undefined {
    return this.#reminding.get(side)?.beat.everyMs;
  }

  nextDeadline(): undefined {
    return undefined;
  }

  tick(): readonly HearingOutput[] {
    return [];
  }

  handle(input: HearingInput, now: Instant): readonly HearingOutput[] {
    if (this.#ended) return [];
    switch (input.kind) {
      case 'foretold':
        this.#foretell(input.by);
        return this.#settled(now);
      case 'recording':
        this.#onRecording(input.by, input.what);
        return this.#settled(now);
      case 'tone':
        this.#onTone(input.by, input.on, now);
        return this.#settled(now);
      case 'lost':
        this.#onLost(input.by);
        return this.#settled(now);
      case 'listens': {
        const cut = this.#ears[input.side].listens(input.stream);
        const stopped: HearingOutput[] = cut === undefined ? [] : [{ kind: 'stop', id: cut }];
        return [...stopped, ...this.#settled(now)];
      }
      case 'over':
        for (const side of SIDES) this.#ears[side].over(input.id);
        return this.#settled(now);
      case 'impossible':
        this.#onImpossible(input.id);
        return this.#settled(now);
      case 'ended':
        return this.#end();
    }
  }

  /** Before the answer, to the caller alone. */
  #foretell(by: CallSide): void {
    if (this.#recorded.get(by)?.manner().announces) {
      this.#ears.caller.tell({ what: 'start', by, how: 'prompt' });
    }
  }

  #onRecording(by: CallSide, what: NoticeName): void {
    const user = this.#recorded.get(by);
    if (!user) return;
    user.state = TELLS[what];
    const { announces, pauseNotice } = user.manner();
    const prompt: Notice = { what, by, how: 'prompt' };
    switch (what) {
      case 'start':
        if (announces) this.#tell(prompt);
        return;
      case 'pause':
      case 'resume':
        // A pause of one is none for the parties while the other one records.
        if (pauseNotice === 'none' || this.#state !== TELLS[what]) return;
        this.#tell(pauseNotice === 'beep' ? { ...prompt, how: 'beep' } : prompt);
        return;
      case 'stop': {
        if (this.#state !== 'off') return;
        const announcer = announces ? by : this.#announcer;
        if (announcer === undefined) this.#forget();
        else this.#tell({ ...prompt, by: announcer });
        return;
      }
    }
  }

  #onTone(by: CallSide, on: boolean, now: Instant): void {
    const user = this.#recorded.get(by);
    if (!user) return;
    user.tone = on;
    const beat = this.#wantedBeat();
    const before = this.#beat;
    if (beat?.by === before?.by && beat?.everyMs === before?.everyMs) return;
    this.#beat = beat;
    if (!beat || !before) {
      this.#due = undefined;
      this.#later = SIDES.some((side) => this.#ears[side].busy);
    } else if (this.#due !== undefined) {
      const last = this.#due + Math.floor((now - this.#due) / before.everyMs) * before.everyMs;
      this.#due = Math.max(now, last + beat.everyMs);
    }
  }

  /** No recorder takes the recording of this user, or it was lost. */
  #onLost(by: CallSide): void {
    const user = this.#recorded.get(by);
    if (!user) return;
    user.state = 'off';
    if (this.#state === 'off') this.#forget();
  }

  #onImpossible(id: number): void {
    for (const side of SIDES) this.#ears[side].over(id);
    for (const [side, { id: reminding, stream }] of this.#reminding) {
      if (reminding !== id) continue;
      this.#reminding.delete(side);
      this.#toneless.set(side, stream);
    }
  }

  /** Whether the call is recorded, by whomever. */
  get #state(): Knowledge {
    const states = [...this.#recorded.values()].map(({ state }) => state);
    return states.includes('on') ? 'on' : states.includes('paused') ? 'paused' : 'off';
  }

  get #announcer(): CallSide | undefined {
    return SIDES.find((side) => this.#recorded.get(side)?.manner().announces);
  }

  #wantedBeat(): Beat | undefined {
    let beat: Beat | undefined;
    for (const [by, { tone, manner }] of this.#recorded) {
      const { reminderMs: everyMs } = manner();
      if (!tone || everyMs === undefined) continue;
      if (!beat || everyMs < beat.everyMs) beat = { by, everyMs };
    }
    return beat;
  }

  #tell(notice: Notice): void {
    for (const side of SIDES) this.#ears[side].tell(notice);
  }

  #forget(): void {
    for (const side of SIDES) this.#ears[side].forget();
  }

  /** What is to be begun and ended so that everybody hears what is due. */
  #settled(now: Instant): readonly HearingOutput[] {
    const outputs: HearingOutput[] = [];
    for (const side of SIDES) {
      outputs.push(...this.#settleNotice(side), ...this.#settleReminder(side, now));
    }
    return outputs;
  }

  #settleNotice(side: CallSide): readonly HearingOutput[] {
    const id = this.#ids + 1;
    const notice = this.#ears[side].next(id);
    if (!notice) return [];
    this.#ids = id;
    const { what, by, how } = notice;
    return [{ kind: 'play', id, side, what, by, how }];
  }

  #settleReminder(side: CallSide, now: Instant): readonly HearingOutput[] {
    const { stream } = this.#ears[side];
    const beat = this.#beat;
    const reminding = this.#reminding.get(side);
    const fits = reminding && reminding.beat === beat && reminding.stream === stream;
    if (fits) return [];
    const stopped: HearingOutput[] = reminding ? [{ kind: 'stop', id: reminding.id }] : [];
    this.#reminding.delete(side);
    if (!beat || stream === undefined || this.#toneless.get(side) === stream) return stopped;
    const id = ++this.#ids;
    this.#reminding.set(side, { id, beat, stream });
    const firstAfterMs = this.#untilDue(beat, now);
    return [...stopped, { kind: 'remind', id, side, ...beat, firstAfterMs }];
  }

  #untilDue({ everyMs }: Beat, now: Instant): Millis {
    this.#due ??= this.#later ? now + everyMs : now;
    const missed = Math.max(0, Math.ceil((now - this.#due) / everyMs));
    return this.#due + missed * everyMs - now;
  }

  #end(): readonly HearingOutput[] {
    this.#ended = true;
    const playing = SIDES.flatMap((side) => this.#ears[side].listens(undefined) ?? []);
    const reminding = [...this.#reminding.values()].map(({ id }) => id);
    this.#reminding.clear();
    return [...playing, ...reminding].map((id) => ({ kind: 'stop', id }));
  }
}

export type HearingInput =
  /** The recording of this user will begin with the answer, and the caller is told before. */
  | { readonly kind: 'foretold'; readonly by: CallSide }
  /** The recording of this user has been started, stopped, paused or resumed. */
  | { readonly kind: 'recording'; readonly by: CallSide; readonly what: NoticeName }
  /** Parties are to be reminded of the recording of this user, or no more. */
  | { readonly kind: 'tone'; readonly by: CallSide; readonly on: boolean }
  /** The recording of this user has failed. */
  | { readonly kind: 'lost'; readonly by: CallSide }
  /** What can be played to a party from now on: another stream, or none. */
  | { readonly kind: 'listens'; readonly side: CallSide; readonly stream: string | undefined }
  /** It was played. */
  | { readonly kind: 'over'; readonly id: number }
  /** It cannot be played into this stream. */
  | { readonly kind: 'impossible'; readonly id: number }
  | { readonly kind: 'ended' };

export type HearingOutput =
  | ({ readonly kind: 'play'; readonly id: number; readonly side: CallSide } & Notice)
  | ({
      readonly kind: 'remind';
      readonly id: number;
      readonly side: CallSide;
      /** When the first tone is due, from now. */
      readonly firstAfterMs: Millis;
    } & Beat)
  | { readonly kind: 'stop'; readonly id: number };

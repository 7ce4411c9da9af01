import { type Instant, type Machine, TimerTable } from '../../core';
import { type Action, allows, type RecordingMode } from './modes';

/**
 * What one recorded user's recording does during one call.
 *
 * ```
 *              answered (always, keep, armed)
 *   ringing ───────────────────────────────▶ recording ◀──resume── paused
 *      │                                      │  ▲  └──────pause──────▲
 *      │ answered (on-demand)            stop │  │ start
 *      └──────────────────────────────▶ idle ◀┘──┘
 *   any ──ended──▶ ended
 * ```
 *
 * Invariants. P1: a pause comes before anything that tells of it. P2: every command gets exactly
 * one reply, and the reply is what is true after it. P3: `indicate` follows each change that a
 * record-aware party must be told of (RFC 7866 §7.1.2).
 */
export class RecordingMachine implements Machine<RecordingInput, RecordingOutput> {
  #state: RecordingState = { kind: 'ringing', armed: false };
  readonly #timers = new TimerTable<'auto-resume'>();

  constructor(
    private readonly mode: RecordingMode,
    /** A pause ends by itself after this many milliseconds; undefined: never. */
    private readonly autoResumeMs: number | undefined = undefined,
  ) {}

  get state(): RecordingState {
    return this.#state;
  }

  /** The answer begins a recording, as things stand. */
  get beginsAtAnswer(): boolean {
    if (this.#state.kind !== 'ringing' || this.mode === 'never') return false;
    return this.mode !== 'on-demand' || this.#state.armed;
  }

  nextDeadline(): Instant | undefined {
    return this.#timers.deadline;
  }

  handle(input: RecordingInput, now: Instant): readonly RecordingOutput[] {
    switch (input.kind) {
      case 'answered':
        return this.#answered();
      case 'command':
        return this.#command(input, now);
      case 'recorder-failed':
        return this.#recorderFailed();
      case 'not-resumed':
        return this.#notResumed(now);
      case 'ended':
        return this.#ended();
    }
  }

  tick(now: Instant): readonly RecordingOutput[] {
    if (this.#timers.takeDue(now).length === 0 || this.#state.kind !== 'paused') return [];
    return this.#resume(this.#state.kept, 'timer');
  }

  #answered(): readonly RecordingOutput[] {
    if (this.#state.kind !== 'ringing') return [];
    const { armed } = this.#state;
    switch (this.mode) {
      case 'never':
        this.#state = { kind: 'idle' };
        return [];
      case 'on-demand':
        if (armed) return this.#begin(true);
        this.#state = { kind: 'idle' };
        return [{ kind: 'indicate', record: 'off' }];
      case 'on-demand-keep':
        return this.#begin(armed);
      case 'always':
      case 'always-pause-resume':
        return this.#begin(true);
    }
  }

  #command(input: Command, now: Instant): readonly RecordingOutput[] {
    const reply = (result: Reply): RecordingOutput => ({ kind: 'reply', id: input.id, result });
    const state = this.#state;
    if (state.kind === 'ended') return [reply('no-call')];
    // RFC 7866 §5.3: a preference `on` while paused means resume, wherever resuming is allowed.
    const action: Action =
      input.action === 'start' && state.kind === 'paused' ? 'resume' : input.action;
    if (!allows(this.mode, action)) return [reply('forbidden')];

    switch (state.kind) {
      case 'ringing':
        // A wish in the first offer is remembered; nothing else can be done before there is audio.
        if (action !== 'start') return [reply('not-now')];
        this.#state = { kind: 'ringing', armed: true };
        return [reply(state.armed ? 'already' : 'done')];
      case 'idle':
        if (action === 'stop') return [reply('already')];
        return action === 'start' ? [...this.#begin(true), reply('done')] : [reply('not-now')];
      case 'recording':
        switch (action) {
          case 'start': {
            if (state.kept) return [reply('already')];
            this.#state = { kind: 'recording', kept: true };
            return [KEEP, reply('done')];
          }
          case 'resume':
            return [reply('already')];
          case 'pause':
            return [...this.#pause(state.kept, input.by, now), reply('done')];
          case 'stop':
            return [...this.#stop(input.by), reply('done')];
        }
        break;
      case 'paused':
        switch (action) {
          case 'start':
          case 'resume':
            return [
              // Asked to record what so far was only kept for the asking.
              ...(input.action === 'start' && !state.kept ? [KEEP] : []),
              ...this.#resume(state.kept || input.action === 'start', input.by),
              reply('done'),
            ];
          case 'pause':
            return [reply('already')];
          case 'stop':
            return [...this.#stop(input.by), reply('done')];
        }
    }
  }

  #begin(kept: boolean): readonly RecordingOutput[] {
    this.#state = { kind: 'recording', kept };
    return [
      { kind: 'begin', kept },
      { kind: 'announce', what: 'start' },
      { kind: 'tone', on: true },
      { kind: 'indicate', record: 'on' },
    ];
  }

  #pause(kept: boolean, by: Actor, now: Instant): readonly RecordingOutput[] {
    return [{ kind: 'pause', by }, ...this.#paused(kept, now)];
  }

  #notResumed(now: Instant): readonly RecordingOutput[] {
    return this.#state.kind === 'recording' ? this.#paused(this.#state.kept, now) : [];
  }

  #paused(kept: boolean, now: Instant): readonly RecordingOutput[] {
    this.#state = { kind: 'paused', kept };
    if (this.autoResumeMs !== undefined) this.#timers.set('auto-resume', now + this.autoResumeMs);
    return [
      { kind: 'tone', on: false },
      { kind: 'announce', what: 'pause' },
      { kind: 'indicate', record: 'paused' },
    ];
  }

  #resume(kept: boolean, by: Actor): readonly RecordingOutput[] {
    this.#timers.stopAll();
    this.#state = { kind: 'recording', kept };
    return [
      { kind: 'resume', by },
      { kind: 'announce', what: 'resume' },
      { kind: 'tone', on: true },
      { kind: 'indicate', record: 'on' },
    ];
  }

  #stop(by: Actor): readonly RecordingOutput[] {
    this.#timers.stopAll();
    this.#state = { kind: 'idle' };
    return [
      { kind: 'finish', keep: true, cause: 'stopped', by },
      { kind: 'tone', on: false },
      { kind: 'announce', what: 'stop' },
      { kind: 'indicate', record: 'off' },
    ];
  }

  #recorderFailed(): readonly RecordingOutput[] {
    if (this.#state.kind !== 'recording' && this.#state.kind !== 'paused') return [];
    this.#timers.stopAll();
    this.#state = { kind: 'idle' };
    return [
      { kind: 'tone', on: false },
      { kind: 'indicate', record: 'off' },
    ];
  }

  #ended(): readonly RecordingOutput[] {
    const before = this.#state;
    this.#timers.stopAll();
    this.#state = { kind: 'ended' };
    if (before.kind !== 'recording' && before.kind !== 'paused') return [];
    return [
      { kind: 'tone', on: false },
      { kind: 'finish', keep: before.kept, cause: 'ended', by: 'call' },
    ];
  }
}

const KEEP: RecordingOutput = { kind: 'keep' };

/** Who or what asked for a change. */
export type Actor = 'info' | 'recordpref' | 'dtmf' | 'api' | 'x-ac-action' | 'timer' | 'call';

export interface Command {
  readonly kind: 'command';
  /** Echoed in the reply. */
  readonly id: number;
  readonly action: Action;
  readonly by: Actor;
}

export type RecordingInput =
  | { readonly kind: 'answered' }
  | Command
  /** No recorder takes this recording, or it was lost in mid-call. */
  | { readonly kind: 'recorder-failed' }
  /** The recorder did not take a resumption: nothing flows. */
  | { readonly kind: 'not-resumed' }
  | { readonly kind: 'ended' };

export type RecordingState =
  /** `armed`: the user asked for the recording before the answer. */
  | { readonly kind: 'ringing'; readonly armed: boolean }
  /** Answered, nothing is recorded. */
  | { readonly kind: 'idle' }
  /** `kept`: what is recorded will be kept at the end. */
  | { readonly kind: 'recording'; readonly kept: boolean }
  | { readonly kind: 'paused'; readonly kept: boolean }
  | { readonly kind: 'ended' };

/**
 * done: carried out. already: it was so before. forbidden: the mode does not allow it. not-now:
 * allowed by the mode, senseless at this point of the call. no-call: the call is over.
 */
export type Reply = 'done' | 'already' | 'forbidden' | 'not-now' | 'no-call';

export type RecordingOutput =
  | { readonly kind: 'begin'; readonly kept: boolean }
  /** The user asked to keep what is recorded since the answer. */
  | { readonly kind: 'keep' }
  /** No audio may reach the recorder, and then it is told so. */
  | { readonly kind: 'pause'; readonly by: Actor }
  /** The recorder is told that the recording goes on, and then gets audio. */
  | { readonly kind: 'resume'; readonly by: Actor }
  | {
      readonly kind: 'finish';
      readonly keep: boolean;
      readonly cause: 'stopped' | 'ended';
      readonly by: Actor;
    }
  | { readonly kind: 'announce'; readonly what: 'start' | 'stop' | 'pause' | 'resume' }
  | { readonly kind: 'tone'; readonly on: boolean }
  | { readonly kind: 'indicate'; readonly record: 'on' | 'off' | 'paused' }
  | { readonly kind: 'reply'; readonly id: number; readonly result: Reply };

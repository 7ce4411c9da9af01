import {
  FAULTS,
  type FaultCode,
  type Instant,
  type Machine,
  type Millis,
  TimerTable,
} from '../../core';
import type {
  CallEnd,
  CallInput,
  CallLimits,
  CallOutput,
  CallState,
  CancelCause,
  DialogEnded,
  Failure,
  Rejection,
  Unusable,
} from './signals';

/**
 * What becomes of a call, from the caller's INVITE to its end. Attempts are numbered in the order in
 * which they are made; messages stay outside, here are only their meanings.
 *
 * ```
 *            next target                      200 relayed
 *          ┌─────────────┐
 *  start ─▶ hunting ─────┴─2xx─▶ answering ─────────────▶ talking
 *             │ CANCEL, last failure  │ CANCEL, refused       │ BYE of either side, of ours
 *             └───────────────────────┴───────────────────────┴──▶ over ──▶ settled
 * ```
 *
 * Invariants. C1: the caller gets exactly one final answer. C2: every 2xx of a callee is answered, or
 * discarded (ACK and BYE); never left. C3: `ended` comes once, and `settled` once after it, when no
 * attempt waits for its final response any more, or `SETTLE_WITHIN_MS` later.
 */
export class CallMachine implements Machine<CallInput, CallOutput> {
  #state: CallState = { kind: 'idle' };
  /** Targets not tried yet, in order. */
  #queue: number[] = [];
  /** Attempts whose final response has not come. */
  readonly #alive = new Set<number>();
  #attempts = 0;
  readonly #timers = new TimerTable<Timer>();

  constructor(private readonly limits: CallLimits) {}

  get state(): CallState {
    return this.#state;
  }

  nextDeadline(): Instant | undefined {
    return this.#timers.deadline;
  }

  handle(input: CallInput, now: Instant): readonly CallOutput[] {
    switch (input.kind) {
      case 'start':
        if (this.#state.kind !== 'idle') return [];
        this.#queue = range(0, input.targets);
        this.#timers.set('setup', now + this.limits.setupMs);
        return this.#next(now, { kind: 'made', fault: 'NO_ROUTE' });
      case 'progress':
        return this.#onProgress(input.attempt);
      case 'accepted':
        return this.#onAccepted(input.attempt);
      case 'rejected':
        return this.#onRejected(input, now);
      case 'unusable':
        return this.#onUnusable(input, now);
      case 'caller-answered':
        return this.#onCallerAnswered();
      case 'caller-cancelled':
      case 'caller-unreachable':
        return this.#onCallerGone(input.kind, now);
      case 'dialog-ended':
        return this.#onDialogEnded(input, now);
      case 'hang-up':
        return this.#onHangUp(input.fault, now);
    }
  }

  tick(now: Instant): readonly CallOutput[] {
    return this.#timers.takeDue(now).flatMap((timer) => this.#fire(timer, now));
  }

  #fire(timer: Timer, now: Instant): readonly CallOutput[] {
    switch (timer) {
      case 'ring': {
        if (this.#state.kind !== 'hunting') return [];
        const timeout = NOBODY_ANSWERED;
        if (this.#queue.length === 0) return this.#failCaller(timeout, now, 'us', 'timeout');
        return [...this.#cancelAlive('timeout'), ...this.#next(now, timeout)];
      }
      case 'setup':
        if (this.#state.kind !== 'hunting') return [];
        return this.#failCaller(NOBODY_ANSWERED, now, 'us', 'timeout');
      case 'settle':
        return this.#settle();
    }
  }

  /** Tries the next target; without one, the caller gets `last`. */
  #next(now: Instant, last: Failure): readonly CallOutput[] {
    const target = this.#queue.shift();
    if (target === undefined) return this.#failCaller(last, now, whoFailed(last));
    const attempt = this.#attempts++;
    this.#alive.add(attempt);
    this.#state = { kind: 'hunting', attempt };
    this.#timers.set('ring', now + this.limits.ringMs);
    return [{ kind: 'try', attempt, target }];
  }

  #onProgress(attempt: number): readonly CallOutput[] {
    if (this.#state.kind !== 'hunting' || this.#state.attempt !== attempt) return [];
    return [{ kind: 'relay-progress', attempt }];
  }

  #onAccepted(attempt: number): readonly CallOutput[] {
    this.#alive.delete(attempt);
    const state = this.#state;
    if (state.kind === 'hunting' && state.attempt === attempt) {
      this.#timers.stopAll();
      this.#state = { kind: 'answering', attempt };
      return [{ kind: 'relay-answer', attempt }];
    }
    // An attempt that was given up answers after all: RFC 3261 §9.1, §15.
    return [{ kind: 'discard', attempt }, ...this.#settleIfDone()];
  }

  #onRejected(input: Rejection, now: Instant): readonly CallOutput[] {
    this.#alive.delete(input.attempt);
    const state = this.#state;
    if (state.kind !== 'hunting' || state.attempt !== input.attempt) {
      return this.#settleIfDone();
    }
    this.#timers.stop('ring');
    if (input.alternatives) {
      const known = input.alternatives;
      this.#queue.unshift(...range(known.from, known.from + known.count));
      return this.#next(now, { kind: 'response', attempt: input.attempt });
    }
    if (isFailover(input.status)) {
      return this.#next(now, { kind: 'response', attempt: input.attempt });
    }
    return this.#failCaller({ kind: 'response', attempt: input.attempt }, now, 'callee');
  }

  /** The callee's message cannot be used: its SDP is broken, or there is no port for it. */
  #onUnusable(input: Unusable, now: Instant): readonly CallOutput[] {
    const state = this.#state;
    const failure: Failure = { kind: 'made', fault: input.fault };
    if (state.kind === 'answering' && state.attempt === input.attempt) {
      return [{ kind: 'discard', attempt: input.attempt }, ...this.#failCaller(failure, now, 'us')];
    }
    if (state.kind === 'hunting' && state.attempt === input.attempt) {
      return this.#failCaller(failure, now, 'us');
    }
    return [];
  }

  #onCallerAnswered(): readonly CallOutput[] {
    const state = this.#state;
    if (state.kind !== 'answering') {
      // The 200 left although the call had ended here: the dialog it made must not stay.
      return [{ kind: 'bye', side: 'caller', cause: 'late' }];
    }
    this.#state = { kind: 'talking', attempt: state.attempt };
    return [{ kind: 'connected', attempt: state.attempt }];
  }

  #onCallerGone(
    how: 'caller-cancelled' | 'caller-unreachable',
    now: Instant,
  ): readonly CallOutput[] {
    const state = this.#state;
    const end: CallEnd =
      how === 'caller-cancelled'
        ? { by: 'caller', code: REQUEST_TERMINATED, fault: undefined }
        : { by: 'us', code: 500, fault: undefined };
    switch (state.kind) {
      case 'idle':
      case 'hunting':
        return [...this.#cancelAlive('caller'), ...this.#end(end, now)];
      case 'answering':
        return [{ kind: 'discard', attempt: state.attempt }, ...this.#end(end, now)];
      case 'talking':
      case 'over':
        return [];
    }
  }

  #onDialogEnded(input: DialogEnded, now: Instant): readonly CallOutput[] {
    const state = this.#state;
    const by = input.by === 'peer' ? input.side : 'us';
    const end: CallEnd = { by, code: 200, fault: input.fault };
    switch (state.kind) {
      case 'answering':
        // The callee hangs up while its 2xx is being passed on.
        if (input.side === 'callee')
          return this.#failCaller({ kind: 'made', status: 480 }, now, by);
        return [{ kind: 'discard', attempt: state.attempt }, ...this.#end(end, now)];
      case 'talking': {
        const other = input.side === 'caller' ? 'callee' : 'caller';
        return [{ kind: 'bye', side: other, cause: input.by }, ...this.#end(end, now)];
      }
      case 'idle':
      case 'hunting':
      case 'over':
        return [];
    }
  }

  #onHangUp(fault: FaultCode, now: Instant): readonly CallOutput[] {
    const state = this.#state;
    switch (state.kind) {
      case 'idle':
      case 'hunting':
        return this.#failCaller({ kind: 'made', fault }, now, 'us');
      case 'answering':
        return [
          { kind: 'discard', attempt: state.attempt },
          ...this.#failCaller({ kind: 'made', fault }, now, 'us'),
        ];
      case 'talking':
        return [
          { kind: 'bye', side: 'caller', cause: fault },
          { kind: 'bye', side: 'callee', cause: fault },
          ...this.#end({ by: 'us', code: 200, fault }, now),
        ];
      case 'over':
        return [];
    }
  }

  #failCaller(
    failure: Failure,
    now: Instant,
    by: CallEnd['by'],
    cancel: CancelCause = 'us',
  ): readonly CallOutput[] {
    const made = failure.kind === 'made';
    const end: CallEnd = {
      by,
      code: made ? (failure.status ?? FAULTS[failure.fault!].sip) : undefined,
      fault: made ? failure.fault : undefined,
    };
    return [...this.#cancelAlive(cancel), { kind: 'fail', failure }, ...this.#end(end, now)];
  }

  #cancelAlive(why: CancelCause): readonly CallOutput[] {
    const state = this.#state;
    if (state.kind !== 'hunting' || !this.#alive.has(state.attempt)) return [];
    return [{ kind: 'cancel', attempt: state.attempt, why }];
  }

  #end(end: CallEnd, now: Instant): readonly CallOutput[] {
    this.#timers.stopAll();
    this.#queue = [];
    this.#state = { kind: 'over', settled: false };
    this.#timers.set('settle', now + SETTLE_WITHIN_MS);
    return [{ kind: 'ended', end }, ...this.#settleIfDone()];
  }

  #settleIfDone(): readonly CallOutput[] {
    return this.#alive.size === 0 ? this.#settle() : [];
  }

  #settle(): readonly CallOutput[] {
    const state = this.#state;
    if (state.kind !== 'over' || state.settled) return [];
    this.#state = { kind: 'over', settled: true };
    this.#timers.stopAll();
    return [{ kind: 'settled' }];
  }
}

const REQUEST_TIMEOUT = 408;
const REQUEST_TERMINATED = 487;

/** The phone rang, or the target did not even say that much: its network is not to be blamed by a 503. */
const NOBODY_ANSWERED: Failure = {
  kind: 'made',
  fault: 'NO_TARGET_ANSWERED',
  status: REQUEST_TIMEOUT,
};

/** How long the record of an ended call waits for the answers to its CANCELs. */
const SETTLE_WITHIN_MS: Millis = 2_000;

/** RFC 3261 §16.7 step 5: a failure of this target, and not of the one who is called. */
function isFailover(status: number): boolean {
  return status === REQUEST_TIMEOUT || (status >= 500 && status < 600);
}

function whoFailed(failure: Failure): CallEnd['by'] {
  return failure.kind === 'made' ? 'us' : 'callee';
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

type Timer = 'ring' | 'setup' | 'settle';

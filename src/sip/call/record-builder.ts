import { type Clock, FAULTS, type Instant } from '../../core';
import { type IncomingInvite, parseNameAddr, splitList } from '../../ua';
import type { LineReport } from '../media/media-lines';
import type {
  AttemptRecord,
  CallParty,
  CallRecord,
  ControlRecord,
  HeardRecord,
  RecordingRecord,
} from '../record';
import type { Peer, Routed } from '../routing';
import type { Attempt } from './attempt';
import type { CallEnd } from './signals';

/** Collects what is known of a call while it goes on, and makes its record at the end. */
export class RecordBuilder {
  readonly caller: CallParty;
  readonly callee: CallParty;
  readonly #setupAt: Date;
  readonly #setup: Instant;
  #ringingAt: Date | undefined;
  #postDialDelayMs: number | undefined;
  #answeredAt: Date | undefined;
  #answered: Instant | undefined;
  #ended: Instant | undefined;
  #endedAt: Date | undefined;
  #end: CallRecord['end'] | undefined;

  constructor(
    private readonly id: string,
    private readonly invite: IncomingInvite,
    peer: Peer,
    private readonly routed: Routed,
    private readonly clock: Clock,
  ) {
    this.#setupAt = clock.wall();
    this.#setup = clock.now();
    this.caller = partyOf(invite.header('from') ?? '', peer.name, invite);
    this.callee = partyOf(invite.header('to') ?? '', undefined, undefined);
  }

  get setupAt(): Date {
    return this.#setupAt;
  }

  get answeredAt(): Date | undefined {
    return this.#answeredAt;
  }

  ringing(): void {
    this.#ringingAt ??= this.clock.wall();
    this.heard();
  }

  /** A callee has said something for the first time. */
  heard(): void {
    this.#postDialDelayMs ??= this.clock.now() - this.#setup;
  }

  answered(): void {
    this.#answeredAt = this.clock.wall();
    this.#answered = this.clock.now();
  }

  /** `cause` is the Reason header of the message that ended the call. */
  ended(end: CallEnd, last: Attempt | undefined, cause: string | undefined): void {
    this.#endedAt = this.clock.wall();
    this.#ended = this.clock.now();
    const response = end.code === undefined ? last?.response : undefined;
    this.#end = {
      by: end.by,
      code: end.code ?? response?.status ?? 500,
      reason: response?.reason ?? (end.fault ? FAULTS[end.fault].says : ''),
      cause: cause ?? response?.header('reason'),
      fault: end.fault,
    };
  }

  record(
    attempts: readonly Attempt[],
    media: readonly LineReport[],
    recordings: readonly RecordingRecord[],
    controls: readonly ControlRecord[],
    heard: readonly HeardRecord[],
  ): CallRecord {
    const answered = this.#answered;
    return {
      id: this.id,
      callId: this.invite.callId,
      caller: this.caller,
      callee: { ...this.callee, peer: attempts.at(-1)?.target.name },
      dialled: this.routed.dialled,
      called: this.routed.called,
      attempts: attempts.map(attemptRecord),
      setupAt: this.#setupAt,
      ringingAt: this.#ringingAt,
      answeredAt: this.#answeredAt,
      endedAt: this.#endedAt ?? this.clock.wall(),
      postDialDelayMs: this.#postDialDelayMs,
      durationMs: answered === undefined ? 0 : (this.#ended ?? this.clock.now()) - answered,
      end: this.#end!,
      media: media.map(({ kind, stats }) => ({ kind, caller: stats.a, callee: stats.b })),
      recordings,
      controls,
      heard,
    };
  }
}

function attemptRecord(attempt: Attempt): AttemptRecord {
  return {
    target: attempt.target.name,
    startedAt: attempt.startedAt,
    endedAt: attempt.endedAt,
    status: attempt.response?.status,
    reason: attempt.response?.reason,
    cancelled: attempt.cancelled,
    callId: attempt.response?.header('call-id'),
  };
}

function partyOf(
  address: string,
  peer: string | undefined,
  invite: IncomingInvite | undefined,
): CallParty {
  const { uri, display } = parseNameAddr(address);
  const asserted = splitList(invite?.header('p-asserted-identity') ?? '');
  return {
    peer,
    uri,
    displayName: display.replace(/^"(.*)"$/s, '$1').replace(/\\(.)/g, '$1') || undefined,
    asserted: asserted.map((one) => parseNameAddr(one).uri),
  };
}

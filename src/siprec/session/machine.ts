import { type FaultCode, type Instant, type Machine, type Millis, TimerTable } from '../../core';
import {
  type Conversation,
  changedBy,
  ended,
  withNotices,
  withoutResumption,
} from './conversation';
import { completeDocument } from './documents';
import { Interruptions } from './interruptions';
import type { RecordedLines, RecorderLine } from './lines';
import { Negotiation, REQUEST_PENDING, retryDelay } from './negotiation';
import type { Ending, Input, SessionInput, SessionOutput } from './protocol';
import type { Label, RecordingChange, RecordingState, StopReason } from './recording';
import { refusalOf } from './refusal';
import type { SessionOptions, State } from './state';

/** The last update may hold back the BYE for so long. */
const LAST_UPDATE: Millis = 500;
/** The outcome waits so long for the answer to the BYE. */
const LAST_ANSWER: Millis = 1000;
const SILENT_AT_THE_END = 'it did not answer when the recording was stopped';
/** RFC 3261 §21.5.4. */
const UNAVAILABLE = 503;

/** A recording session from the recording client's side: RFC 7866 §6.1, §7.1, §9.1. */
export class SessionMachine implements Machine<SessionInput, SessionOutput> {
  readonly #timers = new TimerTable<'answer' | 'retry' | 'last-update' | 'last-answer'>();
  readonly #lines: RecordedLines;
  readonly #interruptions = new Interruptions();
  #state: State = { name: 'idle' };
  #conversation: Conversation;
  /** The first thing that kept the recording from being whole. */
  #loss: Ending['fault'];
  #out: SessionOutput[] = [];

  constructor(private readonly options: SessionOptions) {
    this.#lines = options.lines;
    this.#conversation = options.conversation;
  }

  get state(): RecordingState {
    switch (this.#state.name) {
      case 'active':
        return ({ off: 'active', gating: 'pausing', on: 'paused' } as const)[this.#lines.pausing];
      case 'leaving':
        return 'ending';
      case 'over':
        return this.#state.failed ? 'failed' : 'ended';
      default:
        return this.#state.name;
    }
  }

  /** Labels whose audio was let through to the recorder at some time. */
  get recorded(): readonly Label[] {
    return this.#lines.recorded;
  }

  nextDeadline(): Instant | undefined {
    return this.#timers.deadline;
  }

  tick(now: Instant): readonly SessionOutput[] {
    this.#out = [];
    for (const timer of this.#timers.takeDue(now)) {
      switch (timer) {
        case 'answer':
          this.#out.push({ do: 'cancel' });
          this.#fail('RECORDER_UNREACHABLE', `no answer within ${this.options.answerTimeout} ms`);
          break;
        case 'retry':
          if (this.#state.name === 'active') this.#state.negotiation.retry();
          this.#tell();
          break;
        case 'last-update':
          this.#leave(now, true);
          break;
        case 'last-answer':
          // Neither the last update nor BYE was answered: nothing proves that anything was kept.
          if (this.#state.name === 'leaving' && this.#state.unheard) {
            this.#lose('RECORDER_VANISHED', SILENT_AT_THE_END);
          }
          this.#onLeft();
          break;
      }
    }
    return this.#out;
  }

  handle(input: SessionInput, now: Instant): readonly SessionOutput[] {
    this.#out = [];
    switch (input.kind) {
      case 'start':
        this.#start(now);
        break;
      case 'answered':
        this.#onAnswered(input, now);
        break;
      case 'refused':
        this.#onRefused(input);
        break;
      case 'changed':
        this.#onChanged(input.change, input.at);
        break;
      case 'pause':
      case 'gated':
      case 'resume':
        this.#onPause(input);
        break;
      case 'accepted':
        this.#onAccepted(input.answer, now);
        break;
      case 'declined':
        this.#onDeclined(input, now);
        break;
      case 'recorder-offer':
        this.#onRecorderOffer(input, now);
        break;
      case 'acknowledged':
        this.#onAcknowledged(input.answer, now);
        break;
      case 'snapshot-requested':
        this.#onSnapshotRequested(input.request);
        break;
      case 'dialog-over':
        this.#onDialogOver(input.detail);
        break;
      case 'stop':
        this.#stop(input.reason, input.at, now);
        break;
      case 'left':
        this.#onLeft();
        break;
    }
    return this.#out;
  }

  #start(now: Instant): void {
    if (this.#state.name !== 'idle') return;
    const [missing] = this.options.missing;
    if (missing) this.#lose('NOTHING_RECORDABLE', `stream ${missing} has no payload format`);
    if (this.#lines.count === 0) {
      this.#fail('NOTHING_RECORDABLE', 'no stream has a payload format');
      return;
    }
    this.#timers.set('answer', now + this.options.answerTimeout);
    if (!this.#invite()) this.#fail('RECORDER_UNREACHABLE', 'it has no address');
  }

  /** False when there is no address left to try. */
  #invite(): boolean {
    const uri = this.options.destinations.next();
    if (uri === undefined) return false;
    const said = { conversation: this.#conversation, lines: this.#lines.describe() };
    this.#state = { name: 'inviting', said };
    const metadata = completeDocument(said.conversation);
    this.#out.push({ do: 'invite', uri, lines: said.lines, metadata });
    return true;
  }

  #onAnswered({ answer, updates }: Input<'answered'>, now: Instant): void {
    if (this.#state.name !== 'inviting') {
      // It crossed our CANCEL: RFC 3261 §9.1 wants it acknowledged and ended.
      this.#out.push({ do: 'bye' });
      return;
    }
    const { said } = this.#state;
    this.#timers.stop('answer');
    if (answer) this.#lines.hear(answer);
    if (!answer || this.#lines.allRejected) {
      const why = answer ? 'it took none of the streams' : 'its answer held no usable description';
      this.#out.push({ do: 'bye' });
      this.#fail('RECORDER_REFUSED', why);
      return;
    }
    this.#state = {
      name: 'active',
      negotiation: new Negotiation(said, this.options.updates),
      updates,
    };
    this.#out.push({ do: 'established', accepted: true });
    this.#settle(now);
  }

  #onRefused({ status, reason, contact }: Input<'refused'>): void {
    if (this.#state.name !== 'inviting') return;
    if (status >= 300 && status < 400) this.options.destinations.redirect(contact);
    if (this.#invite()) return;
    this.#fail(refusalOf(status), `${status} ${reason}`.trim());
  }

  #onChanged(change: RecordingChange, at: Date): void {
    if (!this.#isBeforeEnd()) return;
    for (const { label, codecs } of change.streams ?? []) {
      if (codecs) this.#lines.setCodecs(label, codecs);
    }
    this.#conversation = changedBy(change, this.#conversation, at);
    this.#tell();
  }

  #onPause(input: Input<'pause' | 'gated' | 'resume'>): void {
    const notices = this.#interruptions.toldBy(input, this.#lines.pausing);
    this.#lines[input.kind]();
    if (input.kind === 'resume' && this.#state.name === 'active') {
      this.#state.negotiation.reconsider();
    }
    if (this.#isBeforeEnd()) {
      this.#conversation = withNotices(this.#conversation, notices);
      this.#reconcile();
      this.#tell();
    }
    this.#reportResumed();
  }

  #onAccepted(answer: readonly RecorderLine[] | undefined, now: Instant): void {
    const state = this.#state;
    if (state.name === 'ending' && state.told) this.#leave(now);
    else if (state.name === 'active' || state.name === 'ending') {
      if (!state.negotiation.accepted()) return;
      if (answer) this.#lines.hear(answer);
      this.#settle(now);
    }
  }

  #onDeclined({ status, reason, retryAfter }: Input<'declined'>, now: Instant): void {
    const state = this.#state;
    if (state.name !== 'active' && state.name !== 'ending') return;
    const detail = `${status} ${reason}`.trim();
    if (status === 408 || status === 481) {
      // RFC 3261 §12.2.1.2: there is no dialog any more.
      this.#vanish(detail);
    } else if (state.name === 'ending' && state.told) {
      this.#onLastDeclined(status, now);
    } else {
      if (status === 491 || retryAfter !== undefined) {
        this.#timers.set('retry', now + retryDelay(this.options.random(), retryAfter));
        state.negotiation.postponed();
      } else if (state.negotiation.declined()) {
        this.#lose('RECORDER_REFUSED', `${detail} to a new offer`);
        if (this.#lines.pausing === 'off' && !state.negotiation.sending) this.#stayPaused();
      }
      this.#settle(now);
    }
  }

  /** The recorder does not take the resumption: what it knows, and what is so, is the pause. */
  #stayPaused(): void {
    this.#lines.pause();
    this.#lines.gated();
    this.#conversation = withoutResumption(this.#conversation);
    this.#out.push({ do: 'resumed' });
  }

  #onRecorderOffer({ request, method, offer }: Input<'recorder-offer'>, now: Instant): void {
    const { status, lines } =
      this.#state.name === 'active'
        ? this.#state.negotiation.respond(method, offer, this.#lines)
        : REQUEST_PENDING;
    this.#out.push({ do: 'respond', request, status, lines });
    this.#settle(now);
  }

  #onAcknowledged(answer: readonly RecorderLine[] | undefined, now: Instant): void {
    const state = this.#state;
    if (state.name !== 'active' && state.name !== 'ending') return;
    if (state.negotiation.acknowledged(answer !== undefined) && answer) this.#lines.hear(answer);
    this.#settle(now);
  }

  #onSnapshotRequested(request: number): void {
    this.#out.push({ do: 'respond', request, status: 200, lines: undefined });
    if (this.#state.name === 'active') this.#state.negotiation.wantSnapshot();
    this.#tell();
  }

  #onDialogOver(detail: string): void {
    switch (this.#state.name) {
      case 'active':
        this.#fail('RECORDER_VANISHED', detail);
        break;
      case 'ending':
      case 'leaving':
        this.#finish(this.#endingNow());
        break;
    }
  }

  #stop(reason: StopReason, at: Date, now: Instant): void {
    const state = this.#state;
    const { fault = 'RECORDER_UNREACHABLE', text } = reason;
    switch (state.name) {
      case 'idle':
        this.#fail(fault, `stopped before it was invited: ${text}`);
        break;
      case 'inviting':
        this.#out.push({ do: 'cancel' });
        this.#fail(fault, `stopped before it answered: ${text}`);
        break;
      case 'active':
        if (reason.fault) this.#lose(reason.fault, 'what came before is recorded');
        this.#conversation = ended(this.#conversation, at, reason);
        for (const action of this.#lines.closeAll()) this.#out.push(action);
        this.#timers.stop('retry');
        this.#timers.set('last-update', now + LAST_UPDATE);
        this.#state = ending(state, state.updates, false);
        this.#settle(now);
        break;
    }
  }

  /** After each completed exchange: do as agreed, then say what is still to be said. */
  #settle(now: Instant): void {
    if (this.#state.name === 'ending') {
      this.#state.negotiation.retry();
      if (this.#state.negotiation.idle) this.#sayTheLast(now);
    } else if (this.#state.name === 'active') {
      if (this.#lines.allRejected) {
        this.#vanish('it removed every stream');
        return;
      }
      const [refused] = this.#lines.rejected;
      if (refused) this.#lose('RECORDER_REFUSED', `it refused stream ${refused}`);
      this.#reconcile();
      this.#tell();
      this.#reportResumed();
    }
  }

  #reconcile(): void {
    const agreed = this.#state.name === 'active' && this.#state.negotiation.sending;
    this.#out.push(...this.#lines.reconcile(agreed));
  }

  #tell(): void {
    if (this.#state.name !== 'active') return;
    const lines = this.#lines.describe();
    const news = this.#state.negotiation.offer({ conversation: this.#conversation, lines });
    if (news) this.#out.push({ do: 'reinvite', lines, metadata: news.metadata });
  }

  /** Audio flows again once nothing of a resumption is under way any more. */
  #reportResumed(): void {
    if (this.#lines.pausing !== 'off') return;
    if (this.#state.name === 'active' && !this.#state.negotiation.idle) return;
    this.#out.push({ do: 'resumed' });
  }

  /** The last metadata. When it holds no label, UPDATE can carry it without an offer (RFC 7866 §9.1). */
  #sayTheLast(now: Instant): void {
    if (this.#state.name !== 'ending' || this.#state.told) return;
    const { negotiation, updates } = this.#state;
    const metadata = negotiation.newsOf(this.#conversation);
    if (!metadata) {
      this.#leave(now);
      return;
    }
    this.#state = ending(this.#state, updates, true);
    if (updates && metadata.streams.length === 0) this.#out.push({ do: 'update', metadata });
    else this.#out.push({ do: 'reinvite', lines: this.#lines.describe(), metadata });
  }

  /** A recorder that does not know UPDATE after all is told by re-INVITE. */
  #onLastDeclined(status: number, now: Instant): void {
    if (this.#state.name !== 'ending') return;
    const unknown = status === 405 || status === 501;
    if (!unknown || !this.#state.updates) {
      // 503 is also what the engine makes of a recorder that cannot be reached any more.
      if (status === UNAVAILABLE) this.#lose('RECORDER_VANISHED', SILENT_AT_THE_END);
      this.#leave(now);
      return;
    }
    this.#state = ending(this.#state, false, false);
    this.#sayTheLast(now);
  }

  #leave(now: Instant, unheard = false): void {
    if (this.#state.name !== 'ending') return;
    this.#timers.stop('last-update');
    this.#timers.set('last-answer', now + LAST_ANSWER);
    this.#state = { name: 'leaving', unheard };
    this.#out.push({ do: 'bye' });
  }

  #onLeft(): void {
    if (this.#state.name === 'leaving') this.#finish(this.#endingNow());
  }

  #vanish(detail: string): void {
    this.#out.push({ do: 'bye' });
    this.#fail('RECORDER_VANISHED', detail);
  }

  #lose(code: FaultCode, detail: string): void {
    this.#loss ??= { code, detail };
  }

  /** Ends without our wish. */
  #fail(code: FaultCode, detail: string): void {
    const { name } = this.#state;
    if (name === 'idle' || name === 'inviting') {
      this.#out.push({ do: 'established', accepted: false });
    }
    const recorded = this.#lines.recorded.length > 0 ? 'partly' : 'not';
    this.#finish({ recorded, fault: { code, detail }, failed: true });
  }

  #finish(ending: Ending): void {
    this.#timers.stopAll();
    this.#out.push(...this.#lines.closeAll());
    this.#state = { name: 'over', failed: ending.failed };
    this.#out.push({ do: 'resumed' }, { do: 'finish', ending });
  }

  /** How much was recorded until we stopped. */
  #endingNow(): Ending {
    const recorded = this.#lines.recorded.length;
    if (recorded < this.#lines.count) {
      this.#lose('RECORDER_REFUSED', 'it never became ready to receive every stream');
    }
    const extent = recorded === 0 ? 'not' : this.#loss ? 'partly' : 'fully';
    return { recorded: extent, fault: this.#loss, failed: false };
  }

  #isBeforeEnd(): boolean {
    return ['idle', 'inviting', 'active'].includes(this.#state.name);
  }
}

function ending(
  { negotiation }: { readonly negotiation: Negotiation },
  updates: boolean,
  told: boolean,
): State {
  return { name: 'ending', negotiation, updates, told };
}

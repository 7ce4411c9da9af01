import type { Instant, Machine } from '../../core';
import {
  type Conversation,
  changedBy,
  ended,
  recordedFrom,
  withNotices,
  withoutResumption,
} from './conversation';
import { Farewell } from './farewell';
import { Interruptions } from './interruptions';
import { Invitation } from './invitation';
import type { RecordedLines, RecorderLine } from './lines';
import { Losses } from './losses';
import { type Negotiation, REQUEST_PENDING, retryDelay } from './negotiation';
import type { Ending, Input, Loss, SessionInput, SessionOutput } from './protocol';
import type {
  Label,
  RecordingChange,
  RecordingState,
  RecordingTarget,
  StopReason,
} from './recording';
import { refusalOf, UNAVAILABLE } from './refusal';
import { type MachineOptions, type State, stateOf } from './state';
import { Watch } from './watch';

/**
 * A recording from the recording client's side (RFC 7866 §6.1, §7.1, §9.1): a session with one recorder, and when that
 * does not take it, or is found gone, with the next. What is true of the call is here, what a recorder knows of it in the
 * negotiation with it; so a recorder that follows gets what the first one got, as it is then.
 */
export class RecordingMachine implements Machine<SessionInput, SessionOutput> {
  readonly #lines: RecordedLines;
  readonly #interruptions = new Interruptions();
  readonly #losses = new Losses();
  #state: State = { name: 'idle' };
  #conversation: Conversation;
  #established = false;
  #out: SessionOutput[] = [];

  constructor(private readonly options: MachineOptions) {
    this.#lines = options.lines;
    this.#conversation = options.conversation;
  }

  get state(): RecordingState {
    return stateOf(this.#state, this.#lines.pausing, this.#established);
  }

  /** Labels whose audio was let through to a recorder at some time. */
  get recorded(): readonly Label[] {
    return this.#lines.recorded;
  }

  nextDeadline(): Instant | undefined {
    const state = this.#state;
    switch (state.name) {
      case 'inviting':
        return state.invitation.answerBy;
      case 'active':
        return earlier(state.negotiation.retryAt, state.watch.deadline);
      case 'ending':
        return state.farewell.deadline;
      default:
        return undefined;
    }
  }

  tick(now: Instant): readonly SessionOutput[] {
    this.#out = [];
    const state = this.#state;
    switch (state.name) {
      case 'inviting':
        if (state.invitation.answerBy <= now) this.#onNoAnswer(state.invitation, now);
        break;
      case 'active':
        if (state.negotiation.retryDue(now)) this.#tell();
        this.#onWatch(state.watch.tick(now), now);
        break;
      case 'ending':
        this.#leave(state.farewell.tick(now));
        break;
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
        this.#onRefused(input, now);
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
      case 'checked':
        this.#onChecked(input, now);
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
        this.#onDialogOver(input, now);
        break;
      case 'stop':
        this.#stop(input.reason, input.at, now);
        break;
      case 'left':
        if (this.#state.name === 'ending') this.#state.farewell.left();
        this.#leave([]);
        break;
    }
    return this.#out;
  }

  #start(now: Instant): void {
    if (this.#state.name !== 'idle') return;
    const [missing] = this.options.missing;
    if (missing) this.#losses.note('NOTHING_RECORDABLE', `stream ${missing} has no payload format`);
    const first = this.#lines.count > 0 ? this.options.succession.next() : undefined;
    if (first) this.#ask(first, now);
    else if (this.#lines.count > 0) {
      this.#fail({ code: 'RECORDER_NOT_CONFIGURED', detail: 'none may have it' });
    } else {
      this.#fail({ code: 'NOTHING_RECORDABLE', detail: 'no stream has a payload format' });
    }
  }

  #ask(recorder: RecordingTarget, now: Instant): void {
    const invitation = new Invitation(recorder, now);
    this.#state = { name: 'inviting', invitation };
    this.#out.push({ do: 'ask', recorder, from: this.#conversation.recordedFrom });
    this.#invite(invitation);
  }

  /** False when there is no address left to try. */
  #invite(invitation: Invitation): boolean {
    const said = { conversation: this.#conversation, lines: this.#lines.describe() };
    const saying = invitation.say(said);
    this.#out.push(...saying);
    return saying.length > 0;
  }

  #onAnswered({ answer, updates }: Input<'answered'>, now: Instant): void {
    if (this.#state.name !== 'inviting') return;
    const { invitation } = this.#state;
    if (answer) this.#lines.hear(answer);
    if (!answer || this.#lines.allRejected) {
      const detail = answer
        ? 'it took none of the streams'
        : 'its answer held no usable description';
      this.#out.push({ do: 'bye' });
      this.#passOn({ code: 'RECORDER_REFUSED', detail }, now);
      return;
    }
    this.#established = true;
    const watch = new Watch(invitation.recorder);
    this.#state = { name: 'active', negotiation: invitation.accepted(), updates, watch };
    this.#out.push({ do: 'established', accepted: true });
    this.#settle(now);
  }

  #onRefused({ status, reason, contact }: Input<'refused'>, now: Instant): void {
    if (this.#state.name !== 'inviting') return;
    const { invitation } = this.#state;
    if (status >= 300 && status < 400) invitation.redirect(contact);
    if (this.#invite(invitation)) return;
    this.#passOn({ code: refusalOf(status), detail: `${status} ${reason}`.trim() }, now);
  }

  #onNoAnswer({ unanswered }: Invitation, now: Instant): void {
    this.#out.push({ do: 'cancel' });
    this.#passOn(unanswered, now);
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
    if (state.name !== 'active' && state.name !== 'ending') return;
    const last = state.name === 'ending' ? state.farewell.accepted(now) : undefined;
    if (last) this.#leave(last);
    else if (state.negotiation.accepted()) {
      if (answer) this.#lines.hear(answer);
      this.#settle(now);
    }
  }

  #onDeclined({ status, reason, retryAfter }: Input<'declined'>, now: Instant): void {
    const state = this.#state;
    if (state.name !== 'active' && state.name !== 'ending') return;
    const detail = `${status} ${reason}`.trim();
    // RFC 3261 §12.2.1.2: there is no dialog any more.
    if (status === 408 || status === 481) {
      this.#vanish(detail, now);
      return;
    }
    const last = state.name === 'ending' ? state.farewell.declined(status, now) : undefined;
    if (last) {
      this.#leave(last);
      return;
    }
    if (status === 491 || retryAfter !== undefined) {
      state.negotiation.postponed(now + retryDelay(this.options.random(), retryAfter));
    } else {
      // It is also what the engine makes of a recorder that cannot be reached any more: that is to be known first.
      const doubtful = status === UNAVAILABLE && state.name === 'active';
      if (doubtful && state.watch.doubted(now, detail)) return;
      this.#decline(state.negotiation, detail);
    }
    this.#settle(now);
  }

  /** Nothing has shown that the recorder is gone: what it said 503 to it has declined. */
  #believe(negotiation: Negotiation, watch: Watch): void {
    const doubt = watch.takeDoubt();
    if (doubt !== undefined) this.#decline(negotiation, doubt);
  }

  /** The recorder goes on with what was agreed before. */
  #decline(negotiation: Negotiation, detail: string): void {
    if (!negotiation.declined()) return;
    this.#losses.note('RECORDER_REFUSED', `${detail} to a new offer`);
    if (this.#lines.pausing === 'off' && !negotiation.sending) this.#stayPaused();
  }

  /** The recorder does not take the resumption: what it knows, and what is so, is the pause. */
  #stayPaused(): void {
    this.#lines.pause();
    this.#lines.gated();
    this.#conversation = withoutResumption(this.#conversation);
    this.#out.push({ do: 'resumed' });
  }

  #onWatch(due: ReturnType<Watch['tick']>, now: Instant): void {
    if (due === 'ask') this.#out.push({ do: 'check' });
    else if (due === 'silence') this.#vanish('it does not answer any more', now);
  }

  #onChecked({ status, there }: Input<'checked'>, now: Instant): void {
    if (this.#state.name !== 'active') return;
    if (there) this.#settle(now);
    else this.#vanish(`${status} to OPTIONS`, now);
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

  #onDialogOver({ detail, left }: Input<'dialog-over'>, now: Instant): void {
    if (this.#state.name === 'active') {
      this.#passOn({ code: 'RECORDER_VANISHED', detail }, now, left);
    } else if (this.#state.name === 'ending')
      this.#finish(this.#losses.stopped(this.recorded.length, this.#lines.count));
  }

  #stop(reason: StopReason, at: Date, now: Instant): void {
    const state = this.#state;
    const { fault: code = 'RECORDER_UNREACHABLE', text } = reason;
    switch (state.name) {
      case 'idle':
        this.#fail({ code, detail: `stopped before it was invited: ${text}` });
        break;
      case 'inviting':
        this.#out.push({ do: 'cancel' });
        this.#fail({ code, detail: `stopped before it answered: ${text}` });
        break;
      case 'active': {
        if (reason.fault) this.#losses.note(reason.fault, 'what came before is recorded');
        this.#conversation = ended(this.#conversation, at, reason);
        this.#out.push(...this.#lines.closeAll());
        const { negotiation, updates, watch } = state;
        this.#believe(negotiation, watch);
        const farewell = new Farewell(negotiation, updates, this.#conversation, this.#lines, now);
        this.#state = { name: 'ending', negotiation, farewell };
        this.#settle(now);
        break;
      }
    }
  }

  /** After each completed exchange: do as agreed, then say what is still to be said. */
  #settle(now: Instant): void {
    if (this.#state.name === 'ending') this.#leave(this.#state.farewell.settled(now));
    if (this.#state.name !== 'active') return;
    if (this.#lines.allRejected) {
      this.#vanish('it removed every stream', now, true);
      return;
    }
    const [refused] = this.#lines.rejected;
    if (refused) this.#losses.note('RECORDER_REFUSED', `it refused stream ${refused}`);
    const { negotiation, watch } = this.#state;
    watch.heard(now);
    this.#believe(negotiation, watch);
    this.#reconcile();
    this.#tell();
    this.#reportResumed();
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

  /** What the end of the session wants done, and the end of the recording when that is all. */
  #leave(outputs: readonly SessionOutput[]): void {
    this.#out.push(...outputs);
    if (this.#state.name !== 'ending' || !this.#state.farewell.isOver) return;
    const { loss } = this.#state.farewell;
    if (loss) {
      this.#losses.vanished(loss);
      this.#out.push(this.#lost(loss));
    }
    this.#finish(this.#losses.stopped(this.recorded.length, this.#lines.count));
  }

  /** The recorder is gone without a word, or wants nothing more: `left`. */
  #vanish(detail: string, now: Instant, left = false): void {
    const loss: Loss = { code: 'RECORDER_VANISHED', detail };
    if (this.#state.name !== 'active' && this.#state.name !== 'ending') return;
    this.#out.push({ do: 'bye' });
    if (this.#state.name === 'active') this.#passOn(loss, now, left);
    else this.#fail(loss);
  }

  /** The recorder has no session with us, or has it no more: the next one is asked, who gets all that was kept. */
  #passOn(loss: Loss, now: Instant, left = false): void {
    const { succession } = this.options;
    if (this.#state.name === 'active') succession.lost(left);
    if (this.#lines.begun) this.#losses.vanished(loss);
    else this.#losses.refused(loss);
    const next = succession.next();
    if (!next) {
      this.#fail(loss);
      return;
    }
    const lost = this.#lost(loss);
    if (lost.begun) this.#conversation = recordedFrom(this.#conversation, lost.at);
    this.#out.push(...this.#lines.forget(), lost);
    this.#ask(next, now);
    this.#reportResumed();
  }

  #lost(loss: Loss) {
    const { begun } = this.#lines;
    return { do: 'lost', loss, at: this.options.wall(), begun } as const;
  }

  /** Ends without our wish. */
  #fail(loss: Loss): void {
    const { name } = this.#state;
    if (name === 'idle' || name === 'inviting') {
      this.#out.push({ do: 'established', accepted: false });
    }
    this.#out.push(this.#lost(loss));
    this.#finish(this.#losses.failed(this.recorded.length, loss));
  }

  #finish(ending: Ending): void {
    const { begun } = this.#lines;
    this.#out.push(...this.#lines.closeAll());
    this.#state = { name: 'over', failed: ending.failed };
    this.#out.push({ do: 'resumed' }, { do: 'finish', ending, begun });
  }

  #isBeforeEnd(): boolean {
    return ['idle', 'inviting', 'active'].includes(this.#state.name);
  }
}

function earlier(one: Instant | undefined, other: Instant | undefined): Instant | undefined {
  return one !== undefined && other !== undefined ? Math.min(one, other) : (one ?? other);
}

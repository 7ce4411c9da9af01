import { type Clock, Driver, type Ids, type Log } from '../../core';
import { ownOrigin } from '../../media';
import type {
  Accepted,
  Dialog,
  IncomingRequest,
  OutgoingInvite,
  Rejected,
  SipAgent,
} from '../../ua';
import { rfc7865 } from '../metadata/rfc7865';
import type { SentLine } from '../offer/description';
import { callFacts } from './call-facts';
import { conversationOf } from './conversation';
import { DISCARDING } from './discard';
import { Forks } from './forks';
import { type OurLine, RecordedLines } from './lines';
import { SessionMachine } from './machine';
import { logOutcome, outcomeOf } from './outcome';
import type { Ending, SessionInput, SessionOutput } from './protocol';
import { allowsUpdate, answerIn, asksForSnapshot, responseInput, wishIn } from './reading';
import type {
  Recording,
  RecordingChange,
  RecordingOutcome,
  RecordingRequest,
  RecordingState,
  RecordingTarget,
  StopReason,
} from './recording';
import { Destinations, transportOf, withTransport } from './redirects';
import { Wire, type WireMessage } from './wire';

/** What recording sessions are driven with. */
export interface SessionContext {
  readonly agent: SipAgent;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly contactUser: string;
}

const DEFAULT_ANSWER_TIMEOUT = 5000;

/** Carries a recording session's decisions out over SIP and the forks, and its news back. */
export class RecordingSession implements Recording {
  readonly recordingId: string;
  readonly established: Promise<boolean>;
  readonly outcome: Promise<RecordingOutcome>;

  readonly #machine: SessionMachine;
  readonly #driver: Driver<SessionInput, SessionOutput>;
  readonly #lines: RecordedLines;
  readonly #forks: Forks;
  readonly #wire: Wire;
  readonly #log: Log;
  readonly #invitedAt: Date;
  #answeredAt: Date | undefined;
  #status: number | undefined;
  /** Our lines as last described: there is one offer and answer at a time. */
  #offered: readonly OurLine[] = [];
  #invite: OutgoingInvite | undefined;
  #dialog: Dialog | undefined;
  /** Requests of the recorder that wait for the machine's word. */
  readonly #requests = new Map<number, { request: IncomingRequest; offers: boolean }>();
  #requestCount = 0;
  #pauseCount = 0;
  #provisional: boolean;
  readonly #resuming: Array<() => void> = [];
  #onEstablished: (accepted: boolean) => void = () => {};
  #onOutcome: (outcome: RecordingOutcome) => void = () => {};

  constructor(
    private readonly context: SessionContext,
    readonly target: RecordingTarget,
    private readonly request: RecordingRequest,
  ) {
    const { clock, ids, log, contactUser } = context;
    const { dialect = rfc7865 } = target;
    const { recordingId, callId, provisional = false } = request;
    this.#provisional = provisional;
    this.recordingId = recordingId;
    this.established = new Promise((resolve) => {
      this.#onEstablished = resolve;
    });
    this.outcome = new Promise((resolve) => {
      this.#onOutcome = resolve;
    });
    this.#log = log.child({ call: callId, recordingId, recorder: target.name });
    this.#invitedAt = clock.wall();
    this.#forks = new Forks(request.streams, target.srtp ?? false, clock, this.#log);
    // Many recorders take the first m-line for the recorded user's, whatever its label.
    const wanted = [...request.streams].sort((a, b) => a.label.localeCompare(b.label));
    const streams = wanted.filter(({ codecs }) => codecs.length > 0);
    this.#lines = new RecordedLines(streams);
    const { groupId, sessionId, sipSessionId, startedAt, recorded, others } = request;
    const conversation = conversationOf({
      groupId,
      sessionId,
      sipSessionIds: sipSessionId === undefined ? [] : [sipSessionId],
      startedAt,
      recordedFrom: this.#invitedAt,
      recorded,
      others,
      announcements: request.announcements,
      streams: streams.map(({ label, sending, sender }) => {
        return { id: ids.uuid(), label, sending, sender };
      }),
    });
    this.#wire = new Wire({
      dialect,
      facts: callFacts(request, target, ids.uuid()),
      user: contactUser,
      transport: transportOf(target.nextHop ?? target.uri),
      origin: ownOrigin(
        String(Number.parseInt(ids.token(4), 16)),
        streams[0]?.fork.local.address ?? '0.0.0.0',
      ),
      localOf: (label) => this.#forks.localOf(label),
      keyingOf: (label) => this.#forks.keyingOf(label),
      extraHeaders: request.extraHeaders,
    });
    this.#machine = new SessionMachine({
      answerTimeout: target.answerTimeoutMs ?? DEFAULT_ANSWER_TIMEOUT,
      destinations: new Destinations(target.uri),
      lines: this.#lines,
      updates: dialect.updates,
      conversation,
      missing: wanted.filter((one) => !streams.includes(one)).map(({ label }) => label),
      random: () => Number.parseInt(ids.token(2), 16) / 0x10000,
    });
    this.#driver = new Driver(this.#machine, clock, (output) => this.#perform(output));
  }

  get state(): RecordingState {
    return this.#machine.state;
  }

  start(): void {
    this.#driver.input({ kind: 'start' });
  }

  update(change: RecordingChange): void {
    this.#driver.input({ kind: 'changed', change, at: this.context.clock.wall() });
  }

  keep(): void {
    this.#provisional = false;
  }

  async pause(by?: string): Promise<void> {
    const turn = ++this.#pauseCount;
    // What was to be resumed is not going to be: whoever waits for it has waited long enough.
    this.#reportResumed();
    this.#driver.input({ kind: 'pause', by, at: this.context.clock.wall() });
    await this.#forks.gated();
    // A later pause or resumption has made this one stale.
    if (turn === this.#pauseCount) this.#driver.input({ kind: 'gated' });
  }

  resume(by?: string): Promise<void> {
    this.#pauseCount += 1;
    return new Promise((resolve) => {
      this.#resuming.push(resolve);
      this.#driver.input({ kind: 'resume', by, at: this.context.clock.wall() });
    });
  }

  stop(reason: StopReason): Promise<RecordingOutcome> {
    this.#driver.input({ kind: 'stop', reason, at: this.context.clock.wall() });
    return this.outcome;
  }

  /** Resolves after the outcome, when a cancelled INVITE has had its final response too. */
  async settled(): Promise<void> {
    await this.outcome;
    await this.#invite?.final.catch(() => {});
  }

  #perform(output: SessionOutput): void {
    try {
      this.#carryOut(output);
    } catch (error) {
      // A bug, ours or below: it may cost the recording, never the call.
      this.#log.error({ err: error, output: output.do }, 'recording session failed');
      this.#driver.input({ kind: 'dialog-over', detail: String(error) });
    }
  }

  #carryOut(output: SessionOutput): void {
    switch (output.do) {
      case 'invite':
        this.#forks.renewKeys();
        this.#offered = output.lines;
        this.#sendInvite(output.uri, this.#wire.invite(output.lines, output.metadata));
        break;
      case 'cancel':
        this.#invite?.cancel();
        break;
      case 'reinvite':
        this.#offered = output.lines;
        this.#sendReinvite(this.#wire.reinvite(output.lines, output.metadata));
        break;
      case 'update':
        this.#sendUpdate(this.#wire.update(output.metadata));
        break;
      case 'respond':
        if (output.lines) this.#offered = output.lines;
        this.#respond(output.request, output.status, output.lines);
        break;
      case 'bye':
        void this.#dialog
          ?.bye(this.#provisional ? DISCARDING : {})
          .then(() => this.#driver.input({ kind: 'left' }));
        break;
      case 'established':
        this.#reportEstablished(output.accepted);
        break;
      case 'resumed':
        this.#reportResumed();
        break;
      case 'finish':
        void this.#finish(output.ending);
        break;
      default:
        this.#forks.perform(output);
    }
  }

  #sendInvite(uri: string, message: WireMessage): void {
    const { agent } = this.context;
    const { nextHop } = this.target;
    this.#log.debug({ uri }, 'inviting recorder');
    const { headers, body } = message;
    const invite = agent.invite({
      uri,
      nextHop: nextHop && withTransport(nextHop, transportOf(nextHop)),
      headers,
      body,
    });
    this.#invite = invite;
    invite.onProgress = (response) => {
      // We do not ask for reliable provisional responses, and acknowledge them all the same.
      if (response.reliable) response.prack().catch(() => {});
    };
    invite.final.then(
      (final) => this.#onFinal(final),
      (error: unknown) => this.#onNoFinal(error),
    );
  }

  #onFinal(final: Accepted | Rejected): void {
    const { response } = final;
    const { status, reason } = response;
    if (this.#isOpen()) this.#status = status;
    if (final.kind === 'rejected') {
      const contact = response.header('contact');
      this.#driver.input({ kind: 'refused', status, reason, contact });
      return;
    }
    // Handlers first: what the recorder sends next may be in the same read.
    this.#listen(final.dialog);
    if (this.#isOpen()) this.#answeredAt = this.context.clock.wall();
    final.ack();
    const answer = answerIn(response, this.#sent(this.#offered));
    this.#driver.input({ kind: 'answered', answer, updates: allowsUpdate(response) });
  }

  #onNoFinal(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#driver.input({ kind: 'refused', status: 503, reason, contact: undefined });
  }

  #listen(dialog: Dialog): void {
    this.#dialog = dialog;
    dialog.onReinvite = (request) => this.#onRecorderRequest('INVITE', request);
    dialog.onUpdate = (request) => this.#onRecorderRequest('UPDATE', request);
    dialog.onRequest = (request) => this.#onOtherRequest(request);
    dialog.onAck = (ack) => {
      this.#driver.input({
        kind: 'acknowledged',
        answer: answerIn(ack, this.#sent(this.#offered)),
      });
    };
    dialog.onEnd = ({ by, message }) => {
      const why = message?.header('reason');
      const detail = by === 'peer' ? 'it sent BYE' : 'the dialog was lost';
      this.#driver.input({ kind: 'dialog-over', detail: why ? `${detail} (${why})` : detail });
    };
  }

  #sendReinvite({ headers, body }: WireMessage): void {
    this.#dialog?.reinvite({ headers, ...(body !== undefined && { body }) }).then(
      (final) => {
        if (final.kind === 'accepted') final.ack();
        this.#driver.input(responseInput(final.response, this.#sent(this.#offered)));
      },
      (error: unknown) => this.#onDialogGone(error),
    );
  }

  #sendUpdate(message: WireMessage): void {
    this.#dialog?.request('UPDATE', message).then(
      (response) => this.#driver.input(responseInput(response, this.#sent(this.#offered))),
      (error: unknown) => this.#onDialogGone(error),
    );
  }

  #onDialogGone(error: unknown): void {
    const detail = error instanceof Error ? error.message : String(error);
    this.#driver.input({ kind: 'dialog-over', detail });
  }

  #onRecorderRequest(method: 'INVITE' | 'UPDATE', request: IncomingRequest): void {
    const wish = wishIn(method, request, this.#sent(this.#lines.describe()));
    switch (wish.kind) {
      case 'offer': {
        const { offer } = wish;
        const id = this.#keep(request, offer !== 'none');
        this.#driver.input({ kind: 'recorder-offer', request: id, method, offer });
        break;
      }
      case 'snapshot':
        this.#driver.input({ kind: 'snapshot-requested', request: this.#keep(request) });
        break;
      case 'nothing':
        this.#answer(request, 200, this.#wire.response(undefined));
        break;
    }
  }

  #onOtherRequest(request: IncomingRequest): void {
    if (asksForSnapshot(request)) {
      this.#driver.input({ kind: 'snapshot-requested', request: this.#keep(request) });
    } else {
      const understood = ['OPTIONS', 'INFO'].includes(request.method);
      this.#answer(request, understood ? 200 : 405, this.#wire.response(undefined));
    }
  }

  #keep(request: IncomingRequest, offers = false): number {
    const id = ++this.#requestCount;
    this.#requests.set(id, { request, offers });
    return id;
  }

  #respond(id: number, status: number, lines: readonly OurLine[] | undefined): void {
    const asked = this.#requests.get(id);
    this.#requests.delete(id);
    if (!asked) return;
    const { request, offers } = asked;
    const message = this.#wire.response(lines, offers ? 'answer' : 'offer');
    if (offers) this.#forks.answered(status < 300);
    this.#answer(request, status, message);
  }

  #answer(request: IncomingRequest, status: number, message: WireMessage): void {
    request.respond(status, message).catch(() => {
      // What could not be answered will not be acknowledged.
      this.#driver.input({ kind: 'acknowledged', answer: undefined });
    });
  }

  #reportResumed(): void {
    for (const resolve of this.#resuming.splice(0)) resolve();
  }

  #reportEstablished(accepted: boolean): void {
    const { direction } = this.request;
    const recorderCallId = this.#dialog?.callId;
    if (accepted) this.#log.info({ direction, recorderCallId }, 'recording established');
    this.#onEstablished(accepted);
  }

  async #finish(ending: Ending): Promise<void> {
    this.#driver.stop();
    const endedAt = this.context.clock.wall();
    const counters = await this.#forks.close();
    const outcome = outcomeOf({
      target: this.target,
      request: this.request,
      ending,
      recordedLabels: this.#machine.recorded,
      counters,
      status: this.#status,
      recorderCallId: this.#answeredAt && this.#dialog?.callId,
      invitedAt: this.#invitedAt,
      answeredAt: this.#answeredAt,
      endedAt,
    });
    logOutcome(this.#log, outcome);
    this.#onOutcome(outcome);
  }

  /** The recorder's answer is read by what was offered, its own offer by what we have now. */
  #sent(lines: readonly OurLine[]): readonly SentLine[] {
    return lines.flatMap(({ label, codecs }) => {
      const local = this.#forks.localOf(label);
      return local ? [{ local, codecs, keying: this.#forks.keyingOf(label) }] : [];
    });
  }

  #isOpen(): boolean {
    return this.state !== 'ended' && this.state !== 'failed';
  }
}

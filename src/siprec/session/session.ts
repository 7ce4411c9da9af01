import type { Clock, Ids, Log } from '../../core';
import { ownOrigin } from '../../media';
import type {
  Accepted,
  Dialog,
  Headers,
  IncomingRequest,
  IncomingResponse,
  OutgoingInvite,
  Rejected,
  SipAgent,
} from '../../ua';
import { rfc7865 } from '../metadata/rfc7865';
import type { SentLine } from '../offer/description';
import { callFacts } from './call-facts';
import type { Forks } from './forks';
import type { OurLine } from './lines';
import type { SessionInput } from './protocol';
import { allowsUpdate, answerIn, asksForSnapshot, responseInput, wishIn } from './reading';
import type { RecordingPart, RecordingRequest, RecordingTarget } from './recording';
import { transportOf, withTransport } from './redirects';
import { isGone } from './refusal';
import { Wire, type WireMessage } from './wire';

/** What recordings are driven with. */
export interface SessionContext {
  readonly agent: SipAgent;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly contactUser: string;
}

/** What a session with a recorder has of its recording. */
export interface SessionOptions {
  readonly target: RecordingTarget;
  /** As the metadata names it. */
  readonly recordingId: string;
  readonly request: RecordingRequest;
  readonly forks: Forks;
  /** Our lines as they are now. */
  readonly describe: () => readonly OurLine[];
  /** What was said from then on it is to get. */
  readonly from: Date;
  /** What BYE says. */
  readonly lastHeaders: () => Headers;
  /** Hears what the recorder does. */
  readonly onInput: (input: SessionInput) => void;
}

/** A SIP session with one recorder: what is decided goes out, and what comes back is told. */
export class RecordingSession {
  readonly #forks: Forks;
  readonly #wire: Wire;
  readonly #invitedAt: Date;
  #answeredAt: Date | undefined;
  #heardAt: Date | undefined;
  #status: number | undefined;
  /** Nothing that comes is of interest any more. */
  #left = false;
  /** Our lines as last described: there is one offer and answer at a time. */
  #offered: readonly OurLine[] = [];
  /** Until its final response. */
  #invite: OutgoingInvite | undefined;
  #dialog: Dialog | undefined;
  /** Requests of the recorder that wait for the recording's word. */
  readonly #requests = new Map<number, { request: IncomingRequest; offers: boolean }>();
  #requestCount = 0;

  constructor(
    private readonly context: SessionContext,
    private readonly options: SessionOptions,
  ) {
    const { clock, ids, contactUser } = context;
    const { target, request, recordingId, forks } = options;
    this.#invitedAt = clock.wall();
    this.#forks = forks;
    const [first] = options.describe();
    this.#wire = new Wire({
      dialect: target.dialect ?? rfc7865,
      facts: callFacts(request, target, { recordingId, extensionId: ids.uuid() }),
      user: contactUser,
      transport: transportOf(target.nextHop ?? target.uri),
      origin: ownOrigin(
        String(Number.parseInt(ids.token(4), 16)),
        (first && forks.localOf(first.label)?.address) ?? '0.0.0.0',
      ),
      localOf: (label) => forks.localOf(label),
      keyingOf: (label) => forks.keyingOf(label),
      extraHeaders: request.extraHeaders,
    });
  }

  /** Of the session that the recorder has accepted. */
  get recorderCallId(): string | undefined {
    return this.#answeredAt && this.#dialog?.callId;
  }

  /** Name of the recorder. */
  get name(): string {
    return this.options.target.name;
  }

  /** What the recorder had; `begun`: it was sent something. */
  part(begun: boolean): Omit<RecordingPart, 'endedAt' | 'fault' | 'detail'> {
    return {
      recordingId: this.options.recordingId,
      target: this.name,
      status: this.#status,
      recorderCallId: this.recorderCallId,
      invitedAt: this.#invitedAt,
      answeredAt: this.#answeredAt,
      from: begun ? this.options.from : undefined,
      heardAt: this.#heardAt,
    };
  }

  invite(uri: string, lines: readonly OurLine[], message: (wire: Wire) => WireMessage): void {
    const { agent, log } = this.context;
    const { nextHop, srtp = false } = this.options.target;
    log.debug({ uri }, 'inviting recorder');
    this.#forks.renewKeys(srtp);
    this.#offered = lines;
    const { headers, body } = message(this.#wire);
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

  cancel(): void {
    this.#invite?.cancel();
  }

  reinvite(lines: readonly OurLine[], message: (wire: Wire) => WireMessage): void {
    this.#offered = lines;
    const { headers, body } = message(this.#wire);
    this.#dialog?.reinvite({ headers, ...(body !== undefined && { body }) }).then(
      (final) => {
        if (final.kind === 'accepted') final.ack();
        this.#onResponse(final.response);
      },
      (error: unknown) => this.#onDialogGone(error),
    );
  }

  update(message: (wire: Wire) => WireMessage): void {
    this.#dialog?.request('UPDATE', message(this.#wire)).then(
      (response) => this.#onResponse(response),
      (error: unknown) => this.#onDialogGone(error),
    );
  }

  /** Asks whether the recorder is still there: RFC 3261 §11. */
  check(): void {
    this.#dialog?.request('OPTIONS', this.#wire.check()).then(
      (response) => {
        const { status } = response;
        // Only a recorder that is there says when it will have time.
        const there = !isGone(status) || response.header('retry-after') !== undefined;
        if (there) this.#heard();
        this.#tell({ kind: 'checked', status, there });
      },
      (error: unknown) => this.#onDialogGone(error),
    );
  }

  respond(id: number, status: number, lines: readonly OurLine[] | undefined): void {
    if (lines) this.#offered = lines;
    const asked = this.#requests.get(id);
    this.#requests.delete(id);
    if (!asked) return;
    const { request, offers } = asked;
    const message = this.#wire.response(lines, offers ? 'answer' : 'offer');
    if (offers) this.#forks.answered(status < 300);
    this.#answer(request, status, message);
  }

  bye(): void {
    void this.#dialog?.bye(this.options.lastHeaders()).then(() => this.#tell({ kind: 'left' }));
  }

  /** Whatever the recorder still says does not matter to the recording any more. */
  leave(): void {
    this.#left = true;
  }

  /** Resolves when the INVITE has had its final response. */
  async settled(): Promise<void> {
    await this.#invite?.final.catch(() => {});
  }

  #onFinal(final: Accepted | Rejected): void {
    const { response } = final;
    const { status, reason } = response;
    this.#invite = undefined;
    if (!this.#left) this.#status = status;
    if (final.kind === 'rejected') {
      const contact = response.header('contact');
      this.#tell({ kind: 'refused', status, reason, contact });
      return;
    }
    // Handlers first: what the recorder sends next may be in the same read.
    this.#listen(final.dialog);
    if (this.#left) {
      // It crossed our CANCEL: RFC 3261 §9.1 wants it acknowledged and ended.
      final.ack();
      this.bye();
      return;
    }
    this.#answeredAt = this.context.clock.wall();
    this.#heard(status);
    final.ack();
    const answer = answerIn(response, this.#sent(this.#offered));
    this.#tell({ kind: 'answered', answer, updates: allowsUpdate(response) });
  }

  #onNoFinal(error: unknown): void {
    this.#invite = undefined;
    this.#tell({ kind: 'refused', status: 503, reason: reasonOf(error), contact: undefined });
  }

  #listen(dialog: Dialog): void {
    this.#dialog = dialog;
    dialog.onReinvite = (request) => this.#onRecorderRequest('INVITE', request);
    dialog.onUpdate = (request) => this.#onRecorderRequest('UPDATE', request);
    dialog.onRequest = (request) => this.#onOtherRequest(request);
    dialog.onAck = (ack) => {
      this.#heard();
      this.#tell({ kind: 'acknowledged', answer: answerIn(ack, this.#sent(this.#offered)) });
    };
    dialog.onEnd = ({ by, message }) => {
      const left = by === 'peer';
      if (left) this.#heard();
      const why = message?.header('reason');
      const detail = left ? 'it sent BYE' : 'the dialog was lost';
      this.#tell({ kind: 'dialog-over', detail: why ? `${detail} (${why})` : detail, left });
    };
  }

  #onResponse(response: IncomingResponse): void {
    this.#heard(response.status);
    this.#tell(responseInput(response, this.#sent(this.#offered)));
  }

  #onDialogGone(error: unknown): void {
    this.#tell({ kind: 'dialog-over', detail: reasonOf(error), left: false });
  }

  #onRecorderRequest(method: 'INVITE' | 'UPDATE', request: IncomingRequest): void {
    if (this.#refusesLate(request)) return;
    this.#heard();
    const wish = wishIn(method, request, this.#sent(this.options.describe()));
    switch (wish.kind) {
      case 'offer': {
        const { offer } = wish;
        const id = this.#keep(request, offer !== 'none');
        this.#tell({ kind: 'recorder-offer', request: id, method, offer });
        break;
      }
      case 'snapshot':
        this.#tell({ kind: 'snapshot-requested', request: this.#keep(request) });
        break;
      case 'nothing':
        this.#answer(request, 200, this.#wire.response(undefined));
        break;
    }
  }

  #onOtherRequest(request: IncomingRequest): void {
    if (this.#refusesLate(request)) return;
    this.#heard();
    if (asksForSnapshot(request)) {
      this.#tell({ kind: 'snapshot-requested', request: this.#keep(request) });
    } else {
      const understood = ['OPTIONS', 'INFO'].includes(request.method);
      this.#answer(request, understood ? 200 : 405, this.#wire.response(undefined));
    }
  }

  /** It crossed our BYE. */
  #refusesLate(request: IncomingRequest): boolean {
    if (this.#left) this.#answer(request, 481, { headers: {} });
    return this.#left;
  }

  #keep(request: IncomingRequest, offers = false): number {
    const id = ++this.#requestCount;
    this.#requests.set(id, { request, offers });
    return id;
  }

  #answer(request: IncomingRequest, status: number, message: WireMessage): void {
    request.respond(status, message).catch(() => {
      // What could not be answered will not be acknowledged.
      this.#tell({ kind: 'acknowledged', answer: undefined });
    });
  }

  #tell(input: SessionInput): void {
    if (!this.#left) this.options.onInput(input);
  }

  /** Something came from the recorder; with a status that the engine may have made up, perhaps not. */
  #heard(status = 200): void {
    if (!isGone(status)) this.#heardAt = this.context.clock.wall();
  }

  /** The recorder's answer is read by what was offered, its own offer by what we have now. */
  #sent(lines: readonly OurLine[]): readonly SentLine[] {
    const sent: SentLine[] = [];
    for (const { label, codecs } of lines) {
      const local = this.#forks.localOf(label);
      if (local) sent.push({ local, codecs, keying: this.#forks.keyingOf(label) });
    }
    return sent;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

import type { Clock, Log } from '../../core';
import { type OwnOrigin, ownOrigin, parseSdp } from '../../media';
import { asksToDiscard } from '../../siprec';
import type { Dialog, IncomingInvite, IncomingRequest, SipMessage } from '../../ua';
import type { LineOrder, Ports, TakeReport } from '../intake/messages';
import type { IntakeThread } from '../intake/thread';
import type { RecordingEnd, SipFacts } from '../recording';
import { describePlan } from './answer';
import { type Body, bodyOf } from './body';
import { participantFacts, participantsOfHeader, sipFacts } from './facts';
import { Knowledge } from './knowledge';
import { type Plan, planLines, refusalOf, takenLines } from './plan';
import { accepting, CAPABILITIES, contactOf, quotable, snapshotRequest } from './wire';

/** What a session tells the recorder. */
export interface SessionOwner {
  /** More is known of the call. */
  onLearned(): void;
  /** The dialog is over; said once. The take is still to be finished, or deleted where the client wants that. */
  onOver(end: RecordingEnd, discarded: boolean): void;
}

export interface SessionTools {
  /** The thread that lives now. */
  readonly intake: () => IntakeThread;
  readonly clock: Clock;
  readonly log: Log;
}

/** After so long without a packet the client is asked whether it is still there, and again. */
const SILENCE_MS = 60_000;

/** Where Cisco's network-based recording names the parties: it is not SIPREC and has no metadata. */
const PARTICIPANTS_IN_HEADER = 'x-cisco-recording-participant';

/**
 * One recording session (RFC 7866) from the recorder's side: the dialog with a recording client, what it
 * offers and what it says of the call. Requests are dealt with one after another.
 *
 *     opening ──accepted──▶ established ──BYE, either's; silence unanswered──▶ over
 *        └──cancelled, refused──▶ (never was)
 */
export class Session {
  readonly knowledge = new Knowledge();
  readonly facts: SipFacts;
  #dialog: Dialog | undefined;
  #plan: Plan;
  #ports: Ports = [];
  #origin: OwnOrigin;
  #over = false;
  /** A 2xx of ours carried an offer; the ACK brings the answer. */
  #offered = false;
  #snapshotAsked = false;
  #probedAt = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    /** Of the recording. */
    readonly id: string,
    private readonly invite: IncomingInvite,
    plan: Plan,
    address: string,
    private readonly tools: SessionTools,
    private readonly owner: SessionOwner,
  ) {
    this.facts = sipFacts(invite);
    this.#plan = plan;
    this.#origin = ownOrigin(String(tools.clock.wall().getTime()), address);
  }

  get plan(): Plan {
    return this.#plan;
  }

  get orders(): readonly LineOrder[] {
    return takenLines(this.#plan).map(
      ({ line, label, channel, active, understood, remote, srtp }) => ({
        line,
        label,
        channel,
        active,
        payloads: understood,
        remote,
        srtp: srtp?.session,
      }),
    );
  }

  get participants() {
    const { parties } = this.knowledge;
    if (parties.length === 0) {
      return participantsOfHeader(
        this.invite.header(PARTICIPANTS_IN_HEADER),
        (line) => takenLines(this.#plan).find((one) => one.line === line)?.channel,
      );
    }
    const { byKey } = this.#plan.channels;
    return parties.map((party) => participantFacts(party, (label) => byKey.get(label)));
  }

  /** Answers the INVITE with where the lines are received. Rejects when it was cancelled meanwhile. */
  async establish(ports: Ports): Promise<void> {
    this.#ports = ports;
    const dialog = await this.invite.accept(this.#answer());
    this.#dialog = dialog;
    dialog.onReinvite = (request) => this.#queue(() => this.#renegotiate(request));
    dialog.onUpdate = (request) => this.#queue(() => this.#renegotiate(request));
    dialog.onRequest = (request) => this.#queue(() => this.#other(request));
    dialog.onAck = (ack) => this.#queue(() => this.#acknowledged(ack));
    dialog.onEnd = ({ by, message }) => {
      const reason = message?.header('reason');
      const discarded = message !== undefined && asksToDiscard(message);
      this.#end({ by: by === 'peer' ? 'client' : 'lost', ...(reason && { reason }) }, discarded);
    };
  }

  /** Takes what the client says of the call in a request. */
  learn({ metadata, problem }: Body, method: string): void {
    const { log, clock } = this.tools;
    if (problem) log.warn({ recording: this.id, problem }, 'body not understood');
    if (metadata === undefined) return;
    const unread = this.knowledge.learn(metadata, method, clock.wall());
    if (unread) log.warn({ recording: this.id, problem: unread }, 'metadata not understood');
  }

  /** Ends the session with BYE. Resolves when that was answered, or timed out. */
  async bye(reason: string): Promise<void> {
    const dialog = this.#dialog;
    if (!dialog) return;
    this.#end({ by: 'recorder', reason });
    await dialog.bye({ Reason: `SIP;cause=200;text="${reason}"` });
  }

  /** Hears how the intake fares: a client that sends nothing is asked whether it is there. */
  onProgress({ silentMs }: TakeReport): void {
    const now = this.tools.clock.now();
    if (silentMs < SILENCE_MS || now - this.#probedAt < SILENCE_MS) return;
    this.#probedAt = now;
    void this.#probe();
  }

  async #renegotiate(request: IncomingRequest): Promise<void> {
    const body = bodyOf(request);
    this.learn(body, request.method);
    const changed = body.sdp === undefined || (await this.#follow(request, body.sdp));
    if (changed) {
      this.#offered = body.sdp === undefined && request.method === 'INVITE';
      const sdp = body.sdp !== undefined || this.#offered;
      await request.respond(200, sdp ? this.#answer() : accepting(this.#contact, undefined));
    }
    this.owner.onLearned();
    if (this.knowledge.incomplete && body.metadata !== undefined) await this.#askForSnapshot();
  }

  /** Takes an offer; false when it was refused, and answered so. */
  async #follow(request: IncomingRequest, sdp: string): Promise<boolean> {
    const offer = parseSdp(sdp);
    const empty = offer.ok && offer.value.media.every(({ port }) => port === 0);
    const refusal = !offer.ok
      ? `399 recorder "${quotable(offer.fault.message)}"`
      : empty
        ? undefined
        : refusalOf(offer.value);
    if (!offer.ok || refusal) {
      await request.respond(488, { headers: { Warning: refusal ?? '' } });
      return false;
    }
    return this.#replan(planLines(offer.value, this.#plan)).catch(async (error: unknown) => {
      this.tools.log.error({ recording: this.id, error: String(error) }, 'offer not followed');
      await request.respond(500);
      return false;
    });
  }

  async #replan(plan: Plan): Promise<true> {
    const before = this.#plan;
    this.#plan = plan;
    try {
      const { id, orders } = this;
      this.#ports = await this.tools.intake().ask('change', { id, lines: orders });
      return true;
    } catch (error) {
      this.#plan = before;
      throw error;
    }
  }

  /** The answer to our offer changes directions and addresses, and nothing else. */
  async #acknowledged(ack: SipMessage): Promise<void> {
    const { sdp } = bodyOf(ack);
    if (this.#offered && sdp !== undefined) {
      const answer = parseSdp(sdp);
      if (answer.ok) await this.#replan(planLines(answer.value, this.#plan));
    }
    this.#offered = false;
    if (this.knowledge.incomplete) await this.#askForSnapshot();
  }

  async #other(request: IncomingRequest): Promise<void> {
    switch (request.method) {
      case 'OPTIONS':
        await request.respond(200, { headers: CAPABILITIES });
        return;
      // Never metadata by the RFC (§9.1), and in the field now and then.
      case 'INFO':
        this.learn(bodyOf(request), 'INFO');
        this.owner.onLearned();
        await request.respond(200);
        return;
      default:
        await request.respond(501, { headers: CAPABILITIES });
    }
  }

  /** Once: a client that does not answer it will not answer it twice. */
  async #askForSnapshot(): Promise<void> {
    const allowed = this.invite.header('allow')?.toUpperCase();
    if (this.#snapshotAsked || (allowed !== undefined && !allowed.includes('UPDATE'))) return;
    if (this.invite.header(PARTICIPANTS_IN_HEADER) !== undefined) return;
    this.#snapshotAsked = true;
    const request = snapshotRequest(this.#contact, 'Metadata missing');
    // Not awaited: the answer is an UPDATE of the client's, which waits in the queue behind us.
    this.#dialog?.request('UPDATE', request).catch(() => undefined);
  }

  async #probe(): Promise<void> {
    const dialog = this.#dialog;
    if (!dialog || this.#over) return;
    const status = await dialog.request('OPTIONS', { headers: this.#contact }).then(
      (response) => response.status,
      () => 481,
    );
    if (status !== 481 && status !== 408) return;
    this.#end({ by: 'lost', reason: 'no packets, and no answer to OPTIONS' });
    await dialog.bye();
  }

  #answer() {
    const { text, origin } = describePlan(this.#plan, this.#ports, this.#origin);
    this.#origin = origin;
    return accepting(this.#contact, text);
  }

  get #contact() {
    return contactOf(this.invite.source);
  }

  #end(end: RecordingEnd, discarded = false): void {
    if (this.#over) return;
    this.#over = true;
    this.owner.onOver(end, discarded);
  }

  #queue(task: () => Promise<void>): void {
    this.#turn = this.#turn.then(task).catch((error: unknown) => {
      this.tools.log.warn({ recording: this.id, error: String(error) }, 'request not dealt with');
    });
  }
}

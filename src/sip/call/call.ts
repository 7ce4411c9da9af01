import { Driver, FAULTS, Fault, type FaultCode, type Log } from '../../core';
import type { PlaneEvent } from '../../media';
import type { StopReason } from '../../siprec';
import type { Dialog, IncomingInvite, IncomingRequest, Provisional, SipMessage } from '../../ua';
import { isRefused } from '../admission';
import { detached, faultOf } from '../detached';
import { descriptionOf, passBody } from '../media/bodies';
import { SessionMedia } from '../media/session-media';
import { answerCaller, refuseCaller } from '../procedures/answer';
import { byeHeaders } from '../procedures/bye';
import { sipReason } from '../procedures/carry';
import { controlRecording } from '../procedures/control-recording';
import { DialledCodes } from '../procedures/dialled-codes';
import { familyOf } from '../procedures/invite';
import { ProvisionalRelay } from '../procedures/provisional';
import { relayRequest } from '../procedures/relay-request';
import { Reoffers } from '../procedures/reoffer';
import type { CallRecord } from '../record';
import { CallRecordings } from '../recording/call-recordings';
import { callIdentities, recordedCall } from '../recording/identities';
import { RecordingNotices } from '../recording/notices';
import type { Peer, Routed, Target } from '../routing';
import type { Attempt } from './attempt';
import { CallerLeg } from './caller-leg';
import type { CallEnvironment, CallParts } from './environment';
import { type Leg, otherSide } from './leg';
import { CallMachine } from './machine';
import { MediaWatch } from './media-watch';
import { RecordBuilder } from './record-builder';
import type { CallInput, CallOutput, CallSide, CallState } from './signals';
import { CallTargets } from './targets';

const OK = 200;
const REQUEST_TERMINATED = 487;
const DOES_NOT_EXIST = 481;

/** Why recordings end with their call. */
const CALL_OVER: StopReason = { text: 'the call is over' };
const MEDIA_LOST: StopReason = {
  cause: FAULTS.MEDIA_WORKER_LOST.sip,
  protocol: 'SIP',
  text: FAULTS.MEDIA_WORKER_LOST.says,
  fault: 'MEDIA_WORKER_LOST',
};

/**
 * One call: the caller's side, the target that is tried or has answered, what lies between them, and the
 * machine that says what becomes of it. Messages come in here, and each goes to the procedure it belongs to.
 */
export class Call implements CallParts {
  readonly id: string;
  readonly log: Log;
  readonly caller: CallerLeg;
  readonly media: SessionMedia;
  readonly recordings: CallRecordings;
  readonly notices: RecordingNotices;

  readonly #machine: CallMachine;
  readonly #driver: Driver<CallInput, CallOutput>;
  readonly #targets: CallTargets;
  readonly #provisionals: ProvisionalRelay;
  readonly #reoffers: Reoffers;
  readonly #codes: DialledCodes;
  readonly #watch: MediaWatch;
  readonly #builder: RecordBuilder;
  /** What goes to the caller before the final answer goes in the order in which it came. */
  #relayed: Promise<void> = Promise.resolve();
  /** BYEs under way. */
  readonly #farewells: Array<Promise<void>> = [];
  /** The target whose 2xx was passed to the caller, also when the call is over. */
  #answerer: Attempt | undefined;
  #cancelReason: string | undefined;
  /** Nothing that was said until the end is left in the media plane. */
  #mediaLost = false;
  #lastMessage: SipMessage | undefined;
  #record: Promise<CallRecord> | undefined;

  constructor(
    readonly env: CallEnvironment,
    invite: IncomingInvite,
    peer: Peer,
    routed: Routed,
    private readonly onOver: (record: CallRecord) => void,
  ) {
    this.id = env.ids.uuid();
    this.log = env.log.child({ call: this.id });
    this.caller = new CallerLeg(invite);
    this.#builder = new RecordBuilder(this.id, invite, peer, routed, env.clock);
    const { caller } = this.#builder;
    const identities = (redirected?: Target) => callIdentities(invite, caller, routed, redirected);
    this.recordings = new CallRecordings(
      env,
      recordedCall(this.id, invite, this.#builder, env.ids),
      (redirected) => env.policy.decide(identities(redirected)),
      peer.trunk,
      env.references.groupReplacedBy(invite),
      (side, redirected) =>
        env.policy.forbids(identities(redirected), side === 'caller' ? 'caller' : 'called'),
    );
    this.recordings.identified('caller', invite);
    this.notices = new RecordingNotices(this);
    const family = invite.source.address.includes(':') ? 6 : 4;
    this.media = new SessionMedia(
      env.plane,
      this.id,
      env.addresses,
      () => sessionId(env.random),
      { a: family, b: familyOf(routed.targets[0]?.uri ?? '') },
      this.notices,
      () => this.recordings.hearing.narrowing,
      { a: peer.srtp ?? 'mirror', b: 'mirror' },
    );
    this.#machine = new CallMachine({ ringMs: routed.ringMs, setupMs: env.setupMs });
    this.#driver = new Driver(this.#machine, env.clock, (output) => this.#perform(output));
    this.#targets = new CallTargets(this, routed, {
      input: (input) => {
        if (input.kind === 'accepted') this.#builder.heard();
        this.#driver.input(input);
      },
      onUpdate: (update) => this.#reoffers.onUpdate('callee', update),
      onRequest: (request) => this.#onEarlyRequest('callee', request),
      onDialog: (attempt, dialog) => this.#listen('callee', dialog, () => this.callee === attempt),
      wanted: (attempt) => {
        const { state } = this.#machine;
        return state.kind === 'hunting' && state.attempt === attempt;
      },
    });
    this.#provisionals = new ProvisionalRelay(this, () => this.#agreed());
    this.#reoffers = new Reoffers(this, (side) => this.#leg(side), {
      onAgreed: () => this.#agreed(),
      onDead: (side) => this.#onDead(side),
    });
    this.recordings.onChanged = () => {
      if (this.state === 'talking') this.#reoffers.notice();
    };
    this.#codes = new DialledCodes(this, (side) => this.#leg(side));
    this.#watch = new MediaWatch(this, () => this.hangUp('MEDIA_TIMEOUT'));
  }

  get callee(): Attempt | undefined {
    const { state } = this.#machine;
    return 'attempt' in state ? this.#targets.at(state.attempt) : undefined;
  }

  get over(): boolean {
    return this.#machine.state.kind === 'over';
  }

  get state(): CallState['kind'] {
    return this.#machine.state.kind;
  }

  get builder(): RecordBuilder {
    return this.#builder;
  }

  start(): void {
    const { invite } = this.caller;
    invite.onCancel = (reason) => this.#onCancel(reason);
    invite.onPrack = (prack) =>
      this.#detached(this.#provisionals.onPrack(prack), 'prack not answered');
    invite.onUpdate = (update) => this.#reoffers.onUpdate('caller', update);
    invite.onRequest = (request) => this.#onEarlyRequest('caller', request);
    this.#provisionals.start();
    this.#driver.input({ kind: 'start', targets: this.#targets.count });
  }

  /** Ends the call for a reason of ours, whatever it is doing. */
  hangUp(fault: FaultCode): void {
    this.#driver.input({ kind: 'hang-up', fault });
  }

  onMediaEvent(event: Exclude<PlaneEvent, { kind: 'worker-lost' }>): void {
    if (this.state !== 'talking') return;
    if (event.kind === 'rtp-timeout') {
      this.#detached(this.#watch.onSilence(event), 'silence not judged');
    } else if (event.kind === 'code') {
      this.#codes.dialled(event.side === 'a' ? 'caller' : 'callee', event.code);
    }
  }

  /** Resolves when the record is made and every BYE of the call has been answered or timed out. */
  async gone(): Promise<void> {
    await this.#record;
    await Promise.allSettled(this.#farewells);
  }

  #perform(output: CallOutput): void {
    switch (output.kind) {
      case 'try':
        this.#detached(this.#targets.try(output.attempt, output.target), 'target not tried');
        return;
      case 'cancel': {
        const reason = output.why === 'caller' ? this.#cancelReason : cancelReason(output.why);
        this.#targets.at(output.attempt)?.cancel(output.why, reason);
        return;
      }
      case 'relay-progress': {
        const attempt = this.#targets.at(output.attempt)!;
        const response = attempt.progress.shift();
        if (response) this.#inOrder(() => this.#relayProgress(output.attempt, attempt, response));
        return;
      }
      case 'relay-answer':
        this.#inOrder(() => this.#relayAnswer(output.attempt));
        return;
      case 'discard':
        this.#farewell(this.#targets.at(output.attempt)!.bye({}));
        return;
      case 'fail': {
        const { failure } = output;
        const attempt = 'attempt' in failure ? this.#targets.at(failure.attempt) : undefined;
        this.#inOrder(() => refuseCaller(this, failure, attempt?.response));
        return;
      }
      case 'connected':
        this.#onConnected();
        return;
      case 'bye': {
        const headers = byeHeaders(this.env, output.cause, this.#lastMessage);
        const leg = output.side === 'caller' ? this.caller : this.#answerer;
        if (leg) this.#farewell(leg.bye(headers));
        return;
      }
      case 'ended':
        this.#mediaLost = output.end.fault === 'MEDIA_WORKER_LOST';
        this.#builder.ended(
          output.end,
          this.#targets.attempts.at(-1),
          this.#lastMessage?.header('reason') ?? this.#cancelReason,
        );
        this.#provisionals.stop();
        this.#reoffers.stop();
        this.#codes.stop();
        return;
      case 'settled':
        this.#record = this.#finish();
        this.#detached(this.#record, 'call not finished');
        return;
    }
  }

  async #relayProgress(number: number, attempt: Attempt, response: Provisional): Promise<void> {
    if (response.status === 180) this.#builder.ringing();
    this.#builder.heard();
    try {
      await this.#provisionals.relay(attempt, response);
      if (this.callee === attempt) this.recordings.early(this.media.foreseen);
    } catch (error) {
      const fault = faultOf(error, this.log);
      this.#driver.input({ kind: 'unusable', attempt: number, fault });
    }
  }

  async #relayAnswer(number: number): Promise<void> {
    const attempt = this.#targets.at(number)!;
    this.#answerer = attempt;
    this.#reoffers.accepted();
    try {
      const dialog = await answerCaller(this, attempt);
      if (!dialog) return;
      this.#listen('caller', dialog, () => true);
      this.#driver.input({ kind: 'caller-answered' });
    } catch (error) {
      if (error instanceof Fault) {
        this.#driver.input({ kind: 'unusable', attempt: number, fault: error.code });
        return;
      }
      this.log.info({ reason: String(error) }, 'answer not sent to the caller');
      this.#driver.input({ kind: 'caller-unreachable' });
    }
  }

  #onConnected(): void {
    this.#provisionals.stop();
    this.#builder.answered();
    this.env.references.add(this.caller.dialog!, this.callee!.dialog!, this.recordings.groupId);
    this.#agreed();
    this.log.info('call answered');
  }

  /** Hears what comes in a dialog, as long as it is one of the call's. */
  #listen(side: CallSide, dialog: Dialog, current: () => boolean): void {
    dialog.onReinvite = (request) => this.#reoffers.onReinvite(side, request);
    dialog.onUpdate = (request) => this.#reoffers.onUpdate(side, request);
    dialog.onRequest = (request) => this.#relay(side, request);
    dialog.onAck = (ack) => {
      if (side === 'caller' && !this.#answerer?.acknowledged) {
        this.#detached(this.#acknowledge(ack), 'ack not passed');
      } else this.#reoffers.onAck(side, ack);
    };
    dialog.onEnd = ({ by, message }) => {
      if (!current()) return;
      this.#lastMessage ??= message;
      this.#driver.input({ kind: 'dialog-ended', side, by });
    };
  }

  /** The 2xx carried the offer, and the caller's ACK has the answer to it. */
  async #acknowledge(ack: SipMessage): Promise<void> {
    const attempt = this.#answerer;
    if (!attempt) return;
    if (descriptionOf(ack) === undefined) attempt.acknowledge();
    else {
      try {
        attempt.acknowledge((await passBody(this, 'a', ack, 'answer')).body);
        this.#agreed();
      } catch (error) {
        this.hangUp(faultOf(error, this.log));
        return;
      }
    }
    this.#reoffers.onAck('caller', ack);
  }

  #agreed(): void {
    const { agreement } = this.media;
    if (!agreement) return;
    this.#reoffers.settled();
    if (this.state !== 'talking') {
      this.recordings.early(agreement);
      return;
    }
    this.recordings.agreed(agreement);
    this.#codes.agreed(agreement);
    this.#reoffers.notice();
  }

  #relay(from: CallSide, request: IncomingRequest): void {
    if (isRefused(request) || controlRecording(this, from, request)) return;
    if (this.state === 'talking' && this.#codes.take(from, request)) return;
    const side = otherSide(from);
    // A callee that has its ACK may speak before the caller has its answer.
    const ready = this.state === 'answering' ? this.#relayed : Promise.resolve();
    const relayed = ready
      .then(() => relayRequest(this, request, this.#leg(side)))
      .then((status) => {
        if (status === DOES_NOT_EXIST) this.#onDead(side);
      });
    this.#detached(relayed, 'request not relayed');
  }

  #onEarlyRequest(from: CallSide, request: IncomingRequest): void {
    if (request.method !== 'BYE') {
      this.#relay(from, request);
      return;
    }
    // RFC 3261 §15.1.2: the BYE of an early dialog; its INVITE is answered 487.
    void request.respond(OK);
    if (from === 'callee') return;
    this.#detached(this.caller.reject(REQUEST_TERMINATED, {}), 'refusal not sent');
    this.#onCancel(request.header('reason'));
  }

  #onCancel(reason: string | undefined): void {
    this.caller.gone();
    this.#cancelReason = reason;
    this.#driver.input({ kind: 'caller-cancelled' });
  }

  /** A side does not know its dialog any more. The BYE it gets all the same ends it here. */
  #onDead(side: CallSide): void {
    if (this.state !== 'talking') return;
    const leg = this.#leg(side);
    if (leg) this.#farewell(leg.bye({}));
    this.#driver.input({ kind: 'dialog-ended', side, by: 'dead' });
  }

  #leg(side: CallSide): Leg | undefined {
    return side === 'caller' ? this.caller : this.callee;
  }

  #inOrder(action: () => Promise<void>): void {
    this.#relayed = this.#relayed.then(action).catch((error: unknown) => {
      this.hangUp(faultOf(error, this.log));
    });
  }

  #detached(work: Promise<unknown>, what: string): void {
    detached(work, this.log, what);
  }

  #farewell(bye: Promise<void>): void {
    this.#farewells.push(bye);
  }

  async #finish(): Promise<CallRecord> {
    await this.#relayed;
    this.#driver.stop();
    const answerer = this.#answerer?.dialog;
    if (this.caller.dialog && answerer) this.env.references.remove(this.caller.dialog, answerer);
    // First what was heard: the recorders are told of it before they are told of the end.
    const heard = await this.recordings.hearing.end();
    const recordings = await this.recordings.end(this.#mediaLost ? MEDIA_LOST : CALL_OVER);
    const media = await this.media.close();
    const { controls } = this.recordings;
    const { attempts } = this.#targets;
    const record = this.#builder.record(attempts, media, recordings, controls, heard);
    this.onOver(record);
    return record;
  }
}

function cancelReason(why: 'timeout' | 'us'): string {
  return why === 'timeout'
    ? sipReason(408, 'Request Timeout')
    : sipReason(503, FAULTS.SHUTTING_DOWN.says);
}

/** RFC 4566 §5.2: a number that no other session has. */
function sessionId(random: () => number): string {
  return String(Math.floor(random() * 2 ** 48));
}

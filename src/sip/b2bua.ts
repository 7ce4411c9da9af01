import {
  type Clock,
  FAULTS,
  type FaultCode,
  type Ids,
  type Log,
  type Millis,
  redact,
} from '../core';
import type { MediaPlane } from '../media';
import type { RecordingAction, RecordingPolicy } from '../policy';
import type { Headers, IncomingInvite, IncomingRequest, SipAgent } from '../ua';
import { type Refusal, refusalOf } from './admission';
import { Call } from './call/call';
import type { CallEnvironment, MediaTimeoutRule } from './call/environment';
import { detached } from './detached';
import { DialogReferences } from './dialog-references';
import type { HearingSnapshot } from './hearing/call-hearing';
import type { Sounds } from './hearing/sounds';
import { type MediaAddress, MediaAddresses } from './media/addresses';
import { nextMaxForwards } from './procedures/invite';
import { answerOutsideCalls } from './procedures/outside-calls';
import type { CallRecord, ControlAnswer, RecordingStatus } from './record';
import type { Recorders } from './recording/call-recordings';
import { OwnAddresses, type Peer, Router, type Routing } from './routing';

export interface Topology {
  /** Our addresses for media, one a family; at least one. */
  readonly media: {
    readonly ipv4?: MediaAddress | undefined;
    readonly ipv6?: MediaAddress | undefined;
  };
  /** Domains and external addresses by which others mean us, on any port. */
  readonly names?: readonly string[] | undefined;
  /** Local address from which copies go to the recorder; by default the one for IPv4 media. */
  readonly recorderBind?: string | undefined;
}

export interface B2buaLimits {
  /** Calls at a time; further ones are refused with 503. */
  readonly calls: number;
  /** How long a call may stay unanswered in all. */
  readonly setupMs: Millis;
  /** Default `both`: a call ends when neither side has sent anything for the plane's RTP timeout. */
  readonly mediaTimeout?: MediaTimeoutRule | undefined;
  /** Session timer (RFC 4028), in seconds from 90 up, to ask for on both legs. Default: none. */
  readonly sessionExpiresS?: number | undefined;
}

export interface B2buaOptions {
  readonly agent: SipAgent;
  readonly plane: MediaPlane;
  /** Undefined: nobody records, and calls that were to be recorded say so in their record. */
  readonly recordings: Recorders | undefined;
  /** What announcements and tones sound like; undefined: nothing is played to anybody. */
  readonly sounds?: Sounds | undefined;
  readonly policy: RecordingPolicy;
  readonly routing: Routing;
  readonly topology: Topology;
  readonly limits: B2buaLimits;
  /** Lets User-Agent and Server through to the other side. Default false: they tell what is behind us. */
  readonly passProduct?: boolean | undefined;
  readonly log: Log;
  readonly clock: Clock;
  readonly ids: Ids;
  /** A number in [0, 1); default Math.random. */
  readonly random?: (() => number) | undefined;
  /** Called once for each call that got as far as a route, when everything of it is over. */
  onCallEnded(record: CallRecord): void;
}

/** A running call, as it is now. Identities are personal data. */
export interface CallSnapshot {
  readonly id: string;
  readonly callId: string;
  readonly state: 'idle' | 'hunting' | 'answering' | 'talking' | 'over';
  readonly caller: string;
  readonly callee: string;
  readonly setupAt: Date;
  readonly answeredAt: Date | undefined;
  readonly recordings: readonly RecordingStatus[];
  /** What parties hear besides each other; none when nothing plays. */
  readonly hearing: readonly HearingSnapshot[];
}

/** Requests that were turned away before they became calls, by why. */
export type RefusalCounts = Readonly<Partial<Record<FaultCode, number>>>;

export interface B2bua {
  calls(): readonly CallSnapshot[];
  refusals(): RefusalCounts;
  /** Ends a call for a reason of ours; false when there is none of this id. */
  hangUp(id: string, fault: FaultCode): boolean;
  /**
   * A command to the recording of `user` in a call; the user may be left out where one alone is recorded in it.
   * Resolves with what is true then. Never rejects.
   */
  control(id: string, user: string | undefined, action: RecordingAction): Promise<ControlAnswer>;
  /** Takes no new calls; ends what is left after `graceMs`. Resolves when nothing is left. */
  drain(graceMs: Millis): Promise<void>;
  /** `drain` without grace, and deaf from then on. The agent and the plane stay their owner's. */
  close(): Promise<void>;
}

export function createB2bua(options: B2buaOptions): B2bua {
  return new Switchboard(options);
}

const RETRY_AFTER_S = '5';

/** Lets calls in, or turns them away, and keeps those that run. */
class Switchboard implements B2bua {
  readonly #calls = new Map<string, Call>();
  /** Calls whose last BYEs are under way. */
  readonly #leaving = new Set<Promise<void>>();
  readonly #refusals: Partial<Record<FaultCode, number>> = {};
  readonly #env: CallEnvironment;
  readonly #stopListening: () => void;
  #draining = false;
  readonly #whenEmpty: Array<() => void> = [];

  constructor(private readonly options: B2buaOptions) {
    const { agent, plane, policy, log, clock, ids, topology, limits } = options;
    const own = new OwnAddresses(agent.listening, topology.names ?? []);
    const { ipv4, ipv6 } = topology.media;
    this.#env = {
      agent,
      plane,
      recorders: options.recordings,
      sounds: options.sounds,
      policy,
      router: new Router(options.routing, own),
      own,
      references: new DialogReferences(),
      addresses: new MediaAddresses(ipv4, ipv6),
      forkBind: topology.recorderBind ?? (ipv4 ?? ipv6)!.bind,
      headers: { passProduct: options.passProduct ?? false },
      log,
      clock,
      ids,
      random: options.random ?? Math.random,
      setupMs: limits.setupMs,
      mediaTimeout: limits.mediaTimeout ?? 'both',
      sessionExpiresS: limits.sessionExpiresS,
    };
    agent.onInvite = (invite) => this.#onInvite(invite);
    agent.onRequest = (request) => this.#onRequest(request);
    this.#stopListening = plane.onEvent((event) => {
      if (event.kind === 'worker-lost') {
        for (const id of event.callIds) this.#calls.get(id)?.hangUp('MEDIA_WORKER_LOST');
      } else this.#calls.get(event.callId)?.onMediaEvent(event);
    });
  }

  calls(): readonly CallSnapshot[] {
    return [...this.#calls.values()].map((call) => ({
      id: call.id,
      callId: call.caller.invite.callId,
      state: call.state,
      caller: call.builder.caller.uri,
      callee: call.builder.callee.uri,
      setupAt: call.builder.setupAt,
      answeredAt: call.builder.answeredAt,
      recordings: call.recordings.states,
      hearing: call.recordings.hearing.snapshot,
    }));
  }

  refusals(): RefusalCounts {
    return { ...this.#refusals };
  }

  hangUp(id: string, fault: FaultCode): boolean {
    const call = this.#calls.get(id);
    call?.hangUp(fault);
    return call !== undefined;
  }

  async control(
    id: string,
    user: string | undefined,
    action: RecordingAction,
  ): Promise<ControlAnswer> {
    return this.#calls.get(id)?.recordings.control(user, action) ?? 'no-call';
  }

  async drain(graceMs: Millis): Promise<void> {
    this.#draining = true;
    const empty = new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
    this.#noticeEmpty();
    const cancel = this.#env.clock.after(graceMs, () => {
      for (const call of this.#calls.values()) call.hangUp('SHUTTING_DOWN');
    });
    await empty;
    cancel();
    await Promise.all(this.#leaving);
  }

  async close(): Promise<void> {
    await this.drain(0);
    this.#stopListening();
    this.options.agent.onInvite = undefined;
    this.options.agent.onRequest = undefined;
  }

  #onInvite(invite: IncomingInvite): void {
    const peer = this.#admit(invite);
    if (!peer) return;
    if (this.#draining || this.#calls.size >= this.options.limits.calls) {
      this.#turnAway(invite, { fault: this.#draining ? 'SHUTTING_DOWN' : 'TOO_MANY_CALLS' });
      return;
    }
    if (nextMaxForwards(invite.header('max-forwards')) === undefined) {
      this.#turnAway(invite, { fault: 'TOO_MANY_HOPS' });
      return;
    }
    const routed = this.#env.router.route(peer, invite.uri);
    if (!routed) {
      this.#turnAway(invite, { fault: 'NO_ROUTE' });
      return;
    }
    const call = new Call(this.#env, invite, peer, routed, (record) => this.#onOver(call, record));
    this.#calls.set(call.id, call);
    call.start();
  }

  #onRequest(request: IncomingRequest): void {
    const peer = this.#admit(request);
    if (!peer) return;
    detached(
      answerOutsideCalls(this.#env, peer, request),
      this.options.log,
      'request not answered',
    );
  }

  /** Who has sent it; undefined when it was turned away, for its sender or for what it wants. */
  #admit(request: IncomingRequest): Peer | undefined {
    const peer = this.#env.router.peers.at(request.source.address);
    const refusal = peer ? refusalOf(request) : { fault: 'CALLER_NOT_ALLOWED' as const };
    if (!refusal) return peer;
    this.#turnAway(request, refusal);
    return undefined;
  }

  #turnAway(request: IncomingRequest, { fault, headers }: Refusal): void {
    this.#refusals[fault] = (this.#refusals[fault] ?? 0) + 1;
    const { sip, retry } = FAULTS[fault];
    const { method, source } = request;
    this.options.log.debug({ fault, method, source: source.address }, 'request turned away');
    const later: Headers = retry ? { 'Retry-After': RETRY_AFTER_S } : {};
    void request.respond(sip, { headers: { ...later, ...headers } });
  }

  #onOver(call: Call, record: CallRecord): void {
    this.#calls.delete(call.id);
    const leaving = call.gone().finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
    logEnd(call.log, record);
    try {
      this.options.onCallEnded(record);
    } catch (error) {
      this.options.log.error({ err: error, call: call.id }, 'call record not taken');
    }
    this.#noticeEmpty();
  }

  #noticeEmpty(): void {
    if (!this.#draining || this.#calls.size > 0) return;
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }
}

/** The one line every call ends with. Identities are shortened unless debug is on. */
function logEnd(log: Log, record: CallRecord): void {
  const shown = log.isLevelEnabled('debug') ? (identity: string) => identity : redact;
  const { end } = record;
  log.info(
    {
      callId: record.callId,
      from: shown(record.caller.uri),
      to: shown(record.callee.uri),
      called: shown(record.called),
      peer: record.caller.peer,
      targets: record.attempts.map(({ target, status }) => `${target} ${status ?? '-'}`),
      by: end.by,
      code: end.code,
      cause: end.cause,
      fault: end.fault,
      durationMs: Math.round(record.durationMs),
      recordings: record.recordings.map(({ user, recorded, fault, recordingId, parts }) => ({
        user: shown(user),
        recorded,
        fault,
        recordingId,
        recorders: parts.map((part) => `${part.recorder} ${part.fault ?? '-'}`),
      })),
    },
    'call ended',
  );
}

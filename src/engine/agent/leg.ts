import { type Cancel, Driver, type Millis } from '../../core';
import {
  type Dialog,
  OfferGate,
  type Session,
  type SessionInput,
  type SessionOutput,
  SessionTimer,
} from '../dialog';
import {
  EMPTY_BODY,
  type Header,
  headerList,
  type RAck,
  type SipMessage,
  type SipRequest,
} from '../message';
import { compact } from '../transaction';
import type { Inbound } from '../transport';
import type { Application, Reply, Sent } from './application';
import { reasonHeader } from './compose';
import { type Draft, unsent } from './draft';
import { Fork } from './fork';
import type { Ground } from './ground';
import { refreshSession } from './refresh';
import type { AppMessage } from './text';

/** What a leg's INVITEs, under way or just answered, are to it. */
export interface LegInvite {
  /** Gives it up, because its application is gone or the dialog ends: CANCEL, or 487. */
  abandon(status: number): void;
  /** Whether this RAck names a provisional response of it that waits for PRACK. */
  matches?(rack: RAck): boolean;
  onPrack?(rseq: number): void;
  onPrackAnswered?(): void;
}

/** A UAS INVITE whose 2xx waits for ACK. */
export interface AwaitsAck {
  readonly cseq: number;
  onAck(ack: Inbound): void;
  /** The dialog is over: it is waited for no longer. */
  stop(): void;
}

/** An INVITE of ours whose 2xx waits for the application's ACK. */
export interface TakesAck {
  acknowledge(message: AppMessage, reply: Reply): void;
}

export interface LegStart {
  readonly role: 'uac' | 'uas';
  readonly usage: 'INVITE' | 'SUBSCRIBE';
  readonly callId: string;
  /** The tag of the From of the request that makes the dialog. */
  readonly fromTag: string;
  readonly owner: Application;
}

/** A session description this side has sent, kept for refreshes (RFC 4028 §7.4). Never read. */
interface LocalSession {
  readonly body: Buffer;
  readonly type: Header;
}

const MAX_FORKS = 32;

/**
 * What an application knows as one dialog: all that comes of one INVITE (or SUBSCRIBE). On the
 * caller's side that may be several dialogs until one is answered.
 *
 *     Trying ─ tagged 1xx ─▶ Early ─ 2xx ─▶ Confirmed ─ BYE sent ─▶ Leaving ─ answered ─▶ Over
 *        └─────────┴── failure, CANCEL ──────────┴── BYE received, expired ────────────────┘
 */
export class Leg {
  readonly id: string;
  readonly callId: string;
  readonly role: 'uac' | 'uas';
  readonly usage: 'INVITE' | 'SUBSCRIBE';
  readonly owner: Application;
  readonly gate = new OfferGate();
  /** INVITEs without a final response, either way. */
  readonly invites = new Set<LegInvite>();
  /** 2xx of ours by CSeq number, until acknowledged. */
  readonly awaitingAck = new Map<number, AwaitsAck>();
  /** The INVITE of ours that was answered last, until the application acknowledges the 2xx. */
  unacknowledged: TakesAck | undefined;
  /** Contact of ours as last sent: in-dialog requests say the same. */
  contact: string | undefined;
  localSession: LocalSession | undefined;
  /** The SUBSCRIBE of ours that began it: a NOTIFY may make its dialog before the 2xx does. */
  subscribe: SipRequest | undefined;
  readonly #forks = new Map<string, Fork>();
  readonly #session: Driver<SessionInput, SessionOutput>;
  readonly #timer = new SessionTimer();
  readonly #whenAcknowledged: (() => void)[] = [];
  #stopExpiry: Cancel = () => {};
  #stopEnding: Cancel = () => {};
  #localTag: string | undefined;
  #current: Fork | undefined;
  #state: 'trying' | 'early' | 'confirmed' | 'leaving' | 'over' = 'trying';

  constructor(
    private readonly ground: Ground,
    start: LegStart,
  ) {
    this.id = legId(start.callId, start.fromTag);
    this.callId = start.callId;
    this.role = start.role;
    this.usage = start.usage;
    this.owner = start.owner;
    if (start.role === 'uac') this.#localTag = start.fromTag;
    this.#session = new Driver(this.#timer, ground.clock, (output) => this.#onSession(output));
    ground.legs.add(this);
  }

  get state(): string {
    return this.#state;
  }

  get over(): boolean {
    return this.#state === 'over';
  }

  get confirmed(): boolean {
    return this.#state === 'confirmed' || this.#state === 'leaving';
  }

  get localTag(): string | undefined {
    return this.#localTag;
  }

  /** The confirmed dialog, or the early one last heard from. */
  get current(): Fork | undefined {
    return this.#current;
  }

  get forks(): IterableIterator<Fork> {
    return this.#forks.values();
  }

  fork(remoteTag: string): Fork | undefined {
    return this.#forks.get(remoteTag);
  }

  /** Takes in a dialog; undefined when one INVITE has made too many. */
  addFork(dialog: Dialog, inbound: Inbound): Fork | undefined {
    if (this.#forks.size >= MAX_FORKS) return undefined;
    if (this.#localTag === undefined) {
      this.#localTag = dialog.localTag;
      this.ground.legs.named(this);
    }
    const fork = new Fork(dialog, inbound);
    this.#forks.set(dialog.remoteTag, fork);
    this.heard(fork);
    if (this.#state === 'trying') this.#state = 'early';
    return fork;
  }

  /** An early dialog spoke: what the application sends next goes there. */
  heard(fork: Fork): void {
    if (!this.confirmed) this.#current = fork;
  }

  /** The dialog that was answered is the leg's. */
  confirm(fork: Fork): void {
    if (this.#state === 'over' || this.confirmed) return;
    this.ground.counts.dialogsConfirmed += 1;
    this.#current = fork;
    this.#state = 'confirmed';
  }

  /** Early dialogs that were not the one answered are over: RFC 3261 §13.2.2.4. */
  dropOtherForks(): void {
    for (const [tag, fork] of this.#forks) if (fork !== this.#current) this.#forks.delete(tag);
  }

  /** What a message of the peer says about what it can do. */
  learn(fork: Fork, message: SipMessage): void {
    const allow = headerList(message, 'Allow');
    if (allow.length > 0) fork.allowsUpdate = allow.some((method) => method === 'UPDATE');
  }

  get session(): Session | undefined {
    return this.#timer.session;
  }

  /** A 2xx has set the session interval, or ended it. */
  setSession(session: Session | undefined): void {
    if (this.#state === 'over' || this.#state === 'leaving') return;
    this.#session.input({ kind: 'session', session });
  }

  refreshFailed(status: number): void {
    this.#session.input({ kind: 'refresh-failed', status });
  }

  keepLocalSession(body: Buffer, type: Header | undefined): void {
    if (body.length > 0 && type) this.localSession = { body: compact(body), type };
  }

  /** Runs at once, or when the ACK to a 2xx of ours has come (RFC 3261 §15), or the leg ended. */
  onceAcknowledged(action: () => void): void {
    if (this.awaitingAck.size === 0) action();
    else this.#whenAcknowledged.push(action);
  }

  /** A 2xx of ours waits no longer. */
  acknowledged(cseq: number): void {
    this.awaitingAck.delete(cseq);
    if (this.awaitingAck.size > 0) return;
    for (const action of this.#whenAcknowledged.splice(0)) action();
  }

  /** A request of ours inside the dialog. `seq` is given for ACK only. */
  draft(
    method: string,
    own: readonly Header[],
    options: { fork?: Fork | undefined; body?: Buffer; seq?: number } = {},
  ): { readonly draft: Draft; readonly cseq: number } | undefined {
    const fork = options.fork ?? this.#current;
    if (!fork) return undefined;
    const request = fork.dialog.request(method, options.seq);
    const headers: Header[] = [...request.headers, ...own];
    const named = headers.some(({ name }) => name === 'Contact');
    if (this.contact && REFRESHES_TARGET.has(method) && !named) {
      headers.push({ name: 'Contact', value: this.contact });
    }
    if (this.ground.userAgent && !headers.some(({ name }) => name === 'User-Agent')) {
      headers.push({ name: 'User-Agent', value: this.ground.userAgent });
    }
    const draft: Draft = {
      method,
      uri: request.requestUri,
      headers,
      body: options.body ?? EMPTY_BODY,
      nextHop: request.nextHop,
      direct: fork.direct,
      preferred: fork.preferred,
      fallback: fork.fallback,
      needsContact: REFRESHES_TARGET.has(method),
    };
    return { draft, cseq: request.cseq };
  }

  /** The application's BYE is on its way; only its answer is waited for. */
  leave(): void {
    if (this.#state === 'over') return;
    this.#state = 'leaving';
    this.#stopEnding();
    this.#session.input({ kind: 'session', session: undefined });
  }

  /** Ends the dialog with a BYE of the engine's own, and tells the application why. */
  endWithBye(why: string): void {
    const fork = this.#current;
    if (this.#state === 'over' || !fork) {
      this.end();
      return;
    }
    this.sendBye(fork, why, (sent) => {
      if (this.owner.connected) this.owner.unsolicited(sent, this.id);
    });
    this.end();
  }

  /**
   * The same, unless the application ends it itself within T1: it has been told why as well, and is
   * to see its own BYE or ours, not both.
   */
  endSoon(why: string): void {
    if (this.#state !== 'confirmed') return;
    this.#stopEnding();
    this.#stopEnding = this.ground.clock.after(this.ground.timers.t1, () => {
      this.onceAcknowledged(() => {
        if (this.#state === 'confirmed') this.endWithBye(why);
      });
    });
  }

  /** A BYE nobody waits for the answer of. `sent` is told of it, too, when it could not leave. */
  sendBye(fork: Fork, why: string, sent: (sent: Sent) => void = () => {}): void {
    const made = this.draft('BYE', [reasonHeader(why)], { fork });
    fork.dialog.terminate();
    if (!made) return;
    this.ground.sender.send(made.draft, SILENT, (departure) => {
      sent(departure.ok ? departure.sent : unsent(made.draft));
    });
  }

  /** Ends it when nothing renews it until then. */
  expireAfter(delay: Millis): void {
    this.#stopExpiry();
    this.#stopExpiry = this.ground.clock.after(delay, () => this.end());
  }

  /** The leg is no more. INVITEs still open in it are given up (RFC 3261 §15.1.2). */
  end(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.ground.legs.remove(this);
    this.localSession = undefined;
    this.#session.stop();
    this.#stopExpiry();
    this.#stopEnding();
    for (const fork of this.#forks.values()) fork.dialog.terminate();
    for (const invite of [...this.invites]) invite.abandon(487);
    for (const accepted of this.awaitingAck.values()) accepted.stop();
    for (const action of this.#whenAcknowledged.splice(0)) action();
  }

  /** The application that owns it is gone: nothing may be left hanging. */
  applicationLost(): void {
    for (const invite of [...this.invites]) invite.abandon(503);
    if (this.#state === 'confirmed' && this.usage === 'INVITE') {
      this.onceAcknowledged(() => this.endWithBye('Application lost'));
    } else if (this.#state !== 'leaving' && this.invites.size === 0) {
      this.end();
    }
  }

  describe(): unknown {
    return {
      kind: 'dialog',
      id: this.id,
      role: this.role,
      usage: this.usage,
      state: this.#state,
      forks: this.#forks.size,
      session: this.#timer.session,
      deadline: this.#timer.nextDeadline(),
      reason: this.#timer.session && 'session timer',
      awaitingAck: this.awaitingAck.size,
    };
  }

  #onSession(output: SessionOutput): void {
    switch (output.kind) {
      case 'refresh':
        refreshSession(this.ground, this);
        break;
      case 'expired':
        this.ground.counts.sessionsExpired += 1;
        this.endWithBye('Session timer expired');
        break;
    }
  }
}

/** What applications call a leg, by the tag of the From of the request that makes it. */
export function legId(callId: string, fromTag: string): string {
  return `${callId};from-tag=${fromTag}`;
}

/** Requests that carry Contact: RFC 3261 §12.2, RFC 3311 §5.1, RFC 6665 §4.1.2. */
const REFRESHES_TARGET: ReadonlySet<string> = new Set([
  'INVITE',
  'UPDATE',
  'SUBSCRIBE',
  'NOTIFY',
  'REFER',
]);

const SILENT = { onResponse: () => {}, onFailure: () => {} };

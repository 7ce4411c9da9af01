import { timingSafeEqual } from 'node:crypto';
import type { Agent, Application, CdrEvent, Ids, Outcome, Sent, WrittenMessage } from '../agent';
import type { SipRequest, SipResponse } from '../message';
import type { Inbound } from '../transport';
import { type AppFrame, readFrame, readMessageFrame } from './command';
import type { Control } from './control';
import type { Payload } from './frame';
import {
  answerFrame,
  cdrFrame,
  outcomeFrame,
  requestFrame,
  responseFrame,
  unsolicitedFrame,
} from './report';

/** The stream under a session. */
export interface Link {
  /** Where the application is, for the log. */
  readonly peer: string;
  /** Takes every method without asking for it: drachtio-srf that listens does not ask. */
  readonly takesAll: boolean;
  write(payload: Payload): void;
  /** Ends it, after what was written. */
  close(): void;
}

/** An application may ask for so many verbs. */
const MAX_ROUTES = 64;

/**
 * One connection of one application.
 *
 *    Unknown ─ authenticate: OK ─▶ Known ─ link closed ─▶ Gone: its calls are ended
 *       └─ anything else, a wrong secret: NO ─▶ Gone
 */
export class Session implements Application {
  readonly name: string;
  readonly #agent: Agent;
  readonly #routes = new Set<string>();
  #state: 'unknown' | 'known' | 'gone' = 'unknown';
  #dismissed = false;

  constructor(
    private readonly link: Link,
    private readonly control: Control,
  ) {
    this.name = control.ids.uuid();
    this.#agent = control.agent;
  }

  get connected(): boolean {
    return this.#state === 'known';
  }

  /** One frame's payload came. */
  receive(payload: string | Buffer): void {
    this.control.contain(() => this.#receive(readFrame(payload)));
  }

  /** The same of a frame whose message is taken apart already. */
  receiveMessage(fields: readonly string[], message: WrittenMessage): void {
    this.control.contain(() => this.#receive(readMessageFrame(fields, message)));
  }

  /** What came is no frame; nothing after it can be understood. */
  broken(reason: string): void {
    if (this.#state !== 'gone') this.#close('', reason);
  }

  /** The link is gone. */
  closed(): void {
    const was = this.#state;
    this.#state = 'gone';
    this.control.forget(this);
    if (was !== 'known') return;
    this.control.contain(() => this.#sayGone(this.#agent.detach(this)));
  }

  /** Without calls left behind it was no accident, and harmed nobody; nor was it when we ended it. */
  #sayGone(left: number): void {
    const { log } = this.control;
    const about = { application: this.name, peer: this.link.peer };
    if (left > 0 && !this.#dismissed) log.warn({ ...about, left }, 'application lost');
    else log.info(about, 'application gone');
  }

  /** Ends the link because the engine stops, or its port is closed: nothing has gone wrong. */
  dismiss(): void {
    this.#dismissed = true;
    this.link.close();
  }

  request(request: SipRequest, inbound: Inbound, ids: Ids): void {
    const { control } = this;
    // Section 4.3: a CANCEL does not say where it arrived, whatever it belongs to.
    const outside = ids.dialogId === '' && request.method !== 'CANCEL';
    const receivedOn = outside ? inbound.local : undefined;
    this.link.write(
      requestFrame(control.ids.uuid(), request, inbound, ids, receivedOn, control.time()),
    );
  }

  response(response: SipResponse, inbound: Inbound | undefined, ids: Ids): void {
    const { control } = this;
    this.link.write(responseFrame(control.ids.uuid(), response, inbound, ids, control.time()));
  }

  unsolicited(sent: Sent, dialogId: string): void {
    const { control } = this;
    this.link.write(unsolicitedFrame(control.ids.uuid(), sent, dialogId, control.time()));
  }

  cdr(event: CdrEvent): void {
    const { control } = this;
    this.link.write(cdrFrame(control.ids.uuid(), event, control.time()));
  }

  #receive(asked: AppFrame): void {
    if (this.#state === 'gone') return;
    if (asked.kind === 'authenticate') this.#authenticate(asked.id, asked.secret);
    else if (this.#state === 'unknown') this.#close(asked.id, 'not authenticated');
    else this.#obey(asked);
  }

  #authenticate(id: string, secret: string): void {
    const { control, link } = this;
    if (!isSame(secret, control.secret)) {
      control.log.warn({ peer: link.peer }, 'application refused');
      this.#close(id, 'incorrect secret');
      return;
    }
    if (this.#state === 'unknown') {
      this.#state = 'known';
      this.#agent.attach(this);
      if (link.takesAll) this.#agent.router.addForAll(this);
      control.log.info({ application: this.name, peer: link.peer }, 'application connected');
    }
    const { advertised, bound } = control.hostports();
    this.#answer(id, 'OK', advertised, control.version, bound);
  }

  #obey(asked: Exclude<AppFrame, { kind: 'authenticate' }>): void {
    const { id } = asked;
    switch (asked.kind) {
      case 'ping':
        this.#answer(id, 'OK', 'pong');
        return;
      case 'route':
        this.#route(id, asked.verb);
        return;
      case 'remove_route':
        this.#routes.delete(asked.verb.toLowerCase());
        this.#agent.router.remove(this, asked.verb);
        this.#answer(id, 'OK');
        return;
      case 'command':
        this.#agent.perform(this, asked.command, (outcome) => this.#report(id, outcome));
        return;
      case 'malformed':
        if (asked.fatal) this.#close(id, asked.text);
        else this.#answer(id, 'NO', asked.text);
    }
  }

  #route(id: string, verb: string): void {
    this.#routes.add(verb.toLowerCase());
    if (this.#routes.size > MAX_ROUTES) {
      this.#answer(id, 'NO', 'too many routes');
      return;
    }
    this.#agent.router.add(this, verb);
    this.#answer(id, 'OK');
  }

  #report(id: string, outcome: Outcome): void {
    if (this.#state !== 'known') return;
    const { control } = this;
    this.link.write(outcomeFrame(control.ids.uuid(), id, outcome, control.time()));
  }

  #answer(id: string, ...fields: readonly string[]): void {
    this.link.write(answerFrame(this.control.ids.uuid(), id, ...fields));
  }

  #close(id: string, text: string): void {
    this.#answer(id, 'NO', text);
    this.link.close();
    this.closed();
  }
}

function isSame(given: string, secret: string): boolean {
  const a = Buffer.from(given, 'utf8');
  const b = Buffer.from(secret, 'utf8');
  return a.length === b.length && timingSafeEqual(a, b);
}

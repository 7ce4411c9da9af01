import {
  type Agent,
  type Application,
  type CdrEvent,
  type Command,
  type Ids,
  type Outcome,
  readAppMessage,
  type Sent,
} from '../../../src/engine/agent';
import {
  parse,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from '../../../src/engine/message';
import type { Inbound } from '../../../src/engine/transport';

export interface Delivered<Message> {
  readonly message: Message;
  readonly ids: Ids;
  readonly inbound: Inbound | undefined;
}

/** An application that keeps what it gets and sends what a test says. */
export class FakeApplication implements Application {
  connected = true;
  readonly requests: Delivered<SipRequest>[] = [];
  readonly responses: Delivered<SipResponse>[] = [];
  readonly unsolicitedByes: { message: SipRequest; dialogId: string }[] = [];
  readonly cdrs: CdrEvent[] = [];

  constructor(
    private readonly agent: Agent,
    readonly name = 'app',
  ) {
    agent.attach(this);
  }

  request(message: SipRequest, inbound: Inbound, ids: Ids): void {
    this.requests.push({ message, inbound, ids });
  }

  response(message: SipResponse, inbound: Inbound | undefined, ids: Ids): void {
    this.responses.push({ message, inbound, ids });
  }

  unsolicited(sent: Sent, dialogId: string): void {
    this.unsolicitedByes.push({ message: sentMessage(sent) as SipRequest, dialogId });
  }

  cdr(event: CdrEvent): void {
    this.cdrs.push(event);
  }

  /** The last request it got. */
  get last(): Delivered<SipRequest> {
    const last = this.requests.at(-1);
    if (!last) throw new Error('the application got no request');
    return last;
  }

  /** The last response it got. */
  get answer(): Delivered<SipResponse> {
    const last = this.responses.at(-1);
    if (!last) throw new Error('the application got no response');
    return last;
  }

  lose(): void {
    this.connected = false;
    this.agent.detach(this);
  }

  perform(command: Command): Outcome[] {
    const outcomes: Outcome[] = [];
    this.agent.perform(this, command, (outcome) => outcomes.push(outcome));
    return outcomes;
  }

  /** Answers the last request, or the one with that transaction. */
  respond(status: number, options: AppOptions & { transactionId?: string } = {}): Outcome[] {
    const transactionId = options.transactionId ?? this.last.ids.transactionId;
    const message = text(`SIP/2.0 ${status} Said`, options);
    return this.perform({ kind: 'respond', transactionId, message: readAppMessage(message) });
  }

  /** Sends a request outside of dialogs. */
  send(method: string, uri: string, options: AppOptions & { nextHop?: string } = {}): Outcome[] {
    const message = readAppMessage(text(`${method} ${uri} SIP/2.0`, options));
    return this.perform({ kind: 'new', message, nextHop: options.nextHop });
  }

  inDialog(method: string, dialogId: string, options: AppOptions = {}): Outcome[] {
    const message = readAppMessage(text(`${method} sip:placeholder SIP/2.0`, options));
    return this.perform({ kind: 'in-dialog', dialogId, message });
  }

  cancel(transactionId: string, options: AppOptions = {}): Outcome[] {
    const message = readAppMessage(text('CANCEL sip:x@192.0.2.20 SIP/2.0', options));
    return this.perform({ kind: 'cancel', transactionId, message });
  }
}

export interface AppOptions {
  readonly headers?: readonly string[];
  readonly body?: string;
}

function text(startLine: string, { headers = [], body = '' }: AppOptions): string {
  return [startLine, ...headers, '', body].join('\r\n');
}

/** What an outcome says was sent. */
function sentMessage(sent: Sent): SipMessage {
  const result = parse(sent.bytes);
  if (!result.ok) throw new Error(result.error.reason);
  return result.message;
}

/** The transaction id of a request that was sent. */
export function transactionOf(outcomes: readonly Outcome[]): string {
  const [first] = outcomes;
  if (first?.kind !== 'request-sent') throw new Error(`not sent: ${JSON.stringify(first)}`);
  return first.transactionId;
}

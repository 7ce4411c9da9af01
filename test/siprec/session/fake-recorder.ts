import type {
  Accepted,
  Answer,
  Dialog,
  Headers,
  IncomingReinvite,
  IncomingRequest,
  IncomingResponse,
  InviteOptions,
  OutgoingInvite,
  Provisional,
  Rejected,
  SipAgent,
  SipMessage,
} from '../../../src/ua';
import { canonicalName, DialogGone } from '../../../src/ua';

/** A SIP agent without a network: what is sent is kept, and the test answers in the recorder's name. */
export class FakeAgent implements SipAgent {
  readonly listening = [];
  onInvite: SipAgent['onInvite'];
  onRequest: SipAgent['onRequest'];
  onLinkLost: SipAgent['onLinkLost'];
  readonly invites: FakeInvite[] = [];

  invite(options: InviteOptions): FakeInvite {
    const invite = new FakeInvite(options, this.invites.length + 1);
    this.invites.push(invite);
    return invite;
  }

  /** The last INVITE. */
  get last(): FakeInvite {
    const invite = this.invites.at(-1);
    if (!invite) throw new Error('no INVITE was sent');
    return invite;
  }

  request(): Promise<IncomingResponse> {
    throw new Error('not expected');
  }

  async close(): Promise<void> {}
}

class FakeInvite implements OutgoingInvite {
  onProgress: OutgoingInvite['onProgress'];
  onUpdate: OutgoingInvite['onUpdate'];
  onRequest: OutgoingInvite['onRequest'];
  readonly final: Promise<Accepted | Rejected>;
  cancelled = 0;
  acked = 0;
  pracked = 0;
  #resolve: (final: Accepted | Rejected) => void = () => {};
  #reject: (error: Error) => void = () => {};

  constructor(
    readonly options: InviteOptions,
    private readonly number: number,
  ) {
    this.final = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  header(name: string): string | undefined {
    return headerOf(this.options.headers, name);
  }

  get body(): string {
    return this.options.body ?? '';
  }

  cancel(): void {
    this.cancelled += 1;
  }

  ring(status: number, headers: Headers = {}): void {
    const response = message(headers, '');
    const provisional: Provisional = Object.assign(response, {
      status,
      reason: '',
      reliable: response.header('rseq') !== undefined,
      prack: async () => {
        this.pracked += 1;
        return undefined;
      },
    });
    this.onProgress?.(provisional);
  }

  accept(body: string, headers: Headers = {}): FakeDialog {
    const dialog = new FakeDialog(`rs-${this.number}@recorder.example.net`);
    this.#resolve({
      kind: 'accepted',
      response: response(200, 'OK', { 'Content-Type': 'application/sdp', ...headers }, body),
      dialog,
      ack: () => {
        this.acked += 1;
      },
    });
    return dialog;
  }

  reject(status: number, reason = '', headers: Headers = {}): void {
    this.#resolve({ kind: 'rejected', response: response(status, reason, headers, '') });
  }

  break(error: Error): void {
    this.#reject(error);
  }

  update(): Promise<IncomingResponse> {
    throw new Error('not expected');
  }

  request(): Promise<IncomingResponse> {
    throw new Error('not expected');
  }
}

/** A request of ours inside the dialog, waiting for the recorder's answer. */
class SentRequest {
  acked = 0;
  constructor(
    readonly method: string,
    readonly headers: Headers,
    readonly body: string,
    private readonly settle: {
      resolve(response: IncomingResponse): void;
      reject(error: Error): void;
    },
  ) {}

  header(name: string): string | undefined {
    return headerOf(this.headers, name);
  }

  answer(status: number, body = '', headers: Headers = {}): void {
    const type: Headers = body === '' ? {} : { 'Content-Type': 'application/sdp' };
    this.settle.resolve(response(status, `Reason ${status}`, { ...type, ...headers }, body));
  }

  gone(): void {
    this.settle.reject(new DialogGone('the dialog is over'));
  }
}

export class FakeDialog implements Dialog {
  readonly localTag = 'ours';
  readonly remoteTag = 'theirs';
  readonly remoteUri = '<sip:recorder.example.net>;tag=theirs';
  onReinvite: Dialog['onReinvite'];
  onUpdate: Dialog['onUpdate'];
  onRequest: Dialog['onRequest'];
  onAck: Dialog['onAck'];
  onEnd: Dialog['onEnd'];
  readonly sent: SentRequest[] = [];
  byes = 0;
  byeHeaders: Headers | undefined;
  #answerBye: () => void = () => {};

  constructor(readonly callId: string) {}

  /** The last request of ours. */
  get last(): SentRequest {
    const request = this.sent.at(-1);
    if (!request) throw new Error('nothing was sent in the dialog');
    return request;
  }

  async reinvite(options: { body?: string; headers?: Headers }) {
    const { answered, request } = this.#send('INVITE', options);
    const final = await answered;
    if (final.status >= 300) return { kind: 'rejected' as const, response: final };
    const ack = () => {
      request.acked += 1;
    };
    return { kind: 'accepted' as const, response: final, ack };
  }

  request(method: string, options: { body?: string; headers?: Headers } = {}) {
    return this.#send(method, options).answered;
  }

  bye(headers?: Headers): Promise<void> {
    this.byes += 1;
    this.byeHeaders = headers;
    return new Promise((resolve) => {
      this.#answerBye = resolve;
    });
  }

  answerBye(): void {
    this.#answerBye();
  }

  /** A request of the recorder; what we respond. */
  receive(
    method: string,
    body = '',
    headers: Headers = {},
  ): Array<{ status: number; answer: Answer | undefined }> {
    const responses: Array<{ status: number; answer: Answer | undefined }> = [];
    const type: Headers = body === '' ? {} : { 'Content-Type': 'application/sdp' };
    const request: IncomingRequest & IncomingReinvite = Object.assign(
      message({ ...type, ...headers }, body),
      {
        method,
        uri: 'sip:twintrack@127.0.0.1',
        source: { protocol: 'tcp' as const, address: '192.0.2.9', port: 5060 },
        receivedOn: '127.0.0.1:5060',
        callId: this.callId,
        onCancel: undefined,
        respond: async (status: number, answer?: Answer) => {
          responses.push({ status, answer });
        },
      },
    );
    if (method === 'INVITE') this.onReinvite?.(request);
    else if (method === 'UPDATE') this.onUpdate?.(request);
    else this.onRequest?.(request);
    return responses;
  }

  ack(body = ''): void {
    this.onAck?.(message(body === '' ? {} : { 'Content-Type': 'application/sdp' }, body));
  }

  end(by: 'peer' | 'engine' = 'peer', headers: Headers = {}): void {
    this.onEnd?.({ by, message: message(headers, '') });
  }

  #send(method: string, { body = '', headers = {} }: { body?: string; headers?: Headers }) {
    let request!: SentRequest;
    const answered = new Promise<IncomingResponse>((resolve, reject) => {
      request = new SentRequest(method, headers, body, { resolve, reject });
    });
    this.sent.push(request);
    return { request, answered };
  }
}

function response(
  status: number,
  reason: string,
  headers: Headers,
  body: string,
): IncomingResponse {
  return Object.assign(message(headers, body), { status, reason });
}

function message(headers: Headers, body: string): SipMessage {
  return {
    header: (name) => headerOf(headers, name),
    headers: Object.entries(headers).map(([name, value]) => {
      return { key: canonicalName(name), name, value: String(value) };
    }),
    body,
  };
}

function headerOf(headers: Headers | undefined, name: string): string | undefined {
  const found = Object.entries(headers ?? {}).find(
    ([known]) => known.toLowerCase() === name.toLowerCase(),
  );
  return found && String(found[1]);
}

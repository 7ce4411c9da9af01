import { randomUUID } from 'node:crypto';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** One frame from the application: `id|type|field...`, then the SIP text if there is one. */
export interface Frame {
  readonly id: string;
  readonly type: string;
  readonly fields: readonly string[];
  readonly sip: string;
}

/**
 * Stands where the engine stands and says what a test tells it to: drachtio's control protocol over
 * TCP, without any SIP behind it. Frames sent in one `say` arrive in one read.
 */
export class FakeDrachtio {
  readonly frames: Frame[] = [];
  secret = 'cymru';
  #socket: Socket | undefined;
  #buffer = Buffer.alloc(0);
  #waiting: Array<{ matches: (frame: Frame) => boolean; resolve: (frame: Frame) => void }> = [];

  private constructor(private readonly server: Server) {
    server.on('connection', (socket) => {
      this.#socket = socket;
      socket.setNoDelay(true);
      this.#buffer = Buffer.alloc(0);
      socket.on('data', (chunk: Buffer) => this.#read(chunk));
      socket.on('error', () => {});
    });
  }

  static async start(): Promise<FakeDrachtio> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new FakeDrachtio(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Writes frames in one go. */
  say(...payloads: readonly string[]): void {
    const frames = payloads.map((payload) => `${Buffer.byteLength(payload)}#${payload}`);
    this.#socket?.write(frames.join(''));
  }

  raw(text: string): void {
    this.#socket?.write(text);
  }

  /** The next frame, seen or to come, that matches; each is given once. */
  async next(matches: (frame: Frame) => boolean): Promise<Frame> {
    const index = this.frames.findIndex(matches);
    if (index >= 0) return this.frames.splice(index, 1)[0]!;
    return new Promise((resolve) => this.#waiting.push({ matches, resolve }));
  }

  nextSip(startsWith: string): Promise<Frame> {
    return this.next((frame) => frame.type === 'sip' && frame.sip.startsWith(startsWith));
  }

  cut(): void {
    this.#socket?.destroy();
  }

  async stop(): Promise<void> {
    this.#socket?.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #read(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    for (;;) {
      const hash = this.#buffer.indexOf('#');
      if (hash < 0) return;
      const length = Number(this.#buffer.toString('utf8', 0, hash));
      if (this.#buffer.length < hash + 1 + length) return;
      const payload = this.#buffer.toString('utf8', hash + 1, hash + 1 + length);
      this.#buffer = this.#buffer.subarray(hash + 1 + length);
      this.#take(payload);
    }
  }

  #take(payload: string): void {
    const end = payload.indexOf('\r\n');
    const [id = '', type = '', ...fields] = (end < 0 ? payload : payload.slice(0, end)).split('|');
    const frame = { id, type, fields, sip: end < 0 ? '' : payload.slice(end + 2) };
    if (type === 'authenticate') {
      if (fields[0] === this.secret) {
        this.say(
          `${randomUUID()}|response|${id}|OK|udp/127.0.0.1:5060,tcp/127.0.0.1:5060|v0.9.10|x`,
        );
      } else {
        this.say(`${randomUUID()}|response|${id}|NO|incorrect secret`);
      }
      return;
    }
    if (type === 'route') {
      this.say(`${randomUUID()}|response|${id}|OK`);
      return;
    }
    const waiting = this.#waiting.findIndex(({ matches }) => matches(frame));
    if (waiting >= 0) this.#waiting.splice(waiting, 1)[0]!.resolve(frame);
    else this.frames.push(frame);
  }
}

export function sip(startLine: string, headers: readonly string[], body = ''): string {
  return [startLine, ...headers, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join(
    '\r\n',
  );
}

/** A request from the network; `dialogId` is empty outside of dialogs. */
export function fromNetwork(transaction: string, dialogId: string, message: string): string {
  const where = `udp|127.0.0.1|5081|10:00:00.000000|${transaction}|${dialogId}|127.0.0.1|5060|`;
  return `${randomUUID()}|sip|network|${message.length}|${where}\r\n${message}`;
}

/** A request that the engine made up. */
export function madeUp(dialogId: string, message: string): string {
  const where = `udp|127.0.0.1|5060|10:00:00.000000|unsolicited|${dialogId}|`;
  return `${randomUUID()}|sip|application|${message.length}|${where}\r\n${message}`;
}

/** The echo of a request that the application sent. */
export function sentRequest(frame: Frame, transaction: string, message: string): string {
  const where = `application|${message.length}|udp|127.0.0.1|5060|10:00:00.000000|${transaction}`;
  return `${randomUUID()}|response|${frame.id}|OK|${where}|Msg sent:|\r\n${message}`;
}

/** The echo of a response that the application sent. */
export function sentResponse(frame: Frame, dialogId: string, message: string): string {
  const where = `application|${message.length}|udp|127.0.0.1|5081|10:00:00.000000`;
  const ids = `${frame.fields[0]}|${dialogId}||Msg sent:|`;
  return `${randomUUID()}|response|${frame.id}|OK|${where}|${ids}\r\n${message}`;
}

export function refused(frame: Frame, why: string): string {
  return `${randomUUID()}|response|${frame.id}|NOK|${why}`;
}

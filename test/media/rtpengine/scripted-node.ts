import type { NgSocket } from '../../../src/media';
import { decode, encode, type Writable } from '../../../src/media/rtpengine/ng/bencode';

export type Heard = Readonly<Record<string, unknown>> & { readonly command: string };

/** An rtpengine at the level of its protocol, that stalls, drops, doubles and refuses as it is told. */
export class ScriptedNode implements NgSocket {
  /** Every command, repetitions left out. */
  readonly heard: Heard[] = [];
  /** What it does with datagrams. */
  mood: 'well' | 'silent' | 'refused' | 'doubles' = 'well';
  /** Instead of an answer of its own. */
  reply: (command: Heard) => Record<string, Writable> | undefined = () => undefined;
  onMessage: (bytes: Buffer) => void = () => {};
  onRefused: (why: string) => void = () => {};
  readonly #answers = new Map<string, Buffer>();
  readonly #ports = new Map<string, number>();

  constructor(readonly name: string) {}

  send(bytes: Buffer): void {
    if (this.mood === 'silent') return;
    if (this.mood === 'refused') {
      queueMicrotask(() => this.onRefused('ECONNREFUSED'));
      return;
    }
    const space = bytes.indexOf(' ');
    const cookie = bytes.toString('utf8', 0, space);
    const answer = this.#answers.get(cookie) ?? this.#do(cookie, bytes.subarray(space + 1));
    this.#answers.set(cookie, answer);
    queueMicrotask(() => {
      this.onMessage(answer);
      if (this.mood === 'doubles') this.onMessage(answer);
    });
  }

  close(): void {}

  /** It is started anew and knows no call. */
  forget(): void {
    this.#ports.clear();
  }

  commands(name: string): Heard[] {
    return this.heard.filter(({ command }) => command === name);
  }

  #do(cookie: string, bytes: Buffer): Buffer {
    const command = decode(bytes) as unknown as Heard;
    this.heard.push(command);
    const body = this.reply(command) ?? this.#answer(command);
    return Buffer.concat([Buffer.from(`${cookie} `), encode(body)]);
  }

  #answer({ command, ...rest }: Heard): Record<string, Writable> {
    const call = String(rest['call-id']);
    switch (command) {
      case 'ping':
        return { result: 'pong' };
      case 'offer':
      case 'answer': {
        const key = `${call} ${command}`;
        const port = this.#ports.get(key) ?? 30_000 + 2 * this.#ports.size;
        this.#ports.set(key, port);
        const address = '192.0.2.9';
        const sdp = `v=0\r\no=- 1 1 IN IP4 ${address}\r\ns=-\r\nc=IN IP4 ${address}\r\nt=0 0\r\nm=audio ${port} RTP/AVP 0\r\n`;
        return { result: 'ok', sdp };
      }
      case 'query':
        if (this.#ports.has(`${call} offer`)) return { result: 'ok', tags: {} };
        return { result: 'error', 'error-reason': 'Unknown call-id' };
      case 'delete':
        this.#ports.delete(`${call} offer`);
        this.#ports.delete(`${call} answer`);
        return { result: 'ok' };
      default:
        return { result: 'ok' };
    }
  }
}

import type { Cancel, Clock, Millis } from '../../../core';
import { decode, encode, type Readable, type Writable } from './bencode';
import type { NgSocket } from './socket';

/** A command with its arguments: https://github.com/sipwise/rtpengine, "The ng Control Protocol". */
export interface NgCommand {
  readonly command: NgName;
  readonly [key: string]: Writable | undefined;
}

export type NgName =
  | 'answer'
  | 'delete'
  | 'offer'
  | 'ping'
  | 'play media'
  | 'query'
  | 'stop media'
  | 'subscribe answer'
  | 'subscribe request'
  | 'unsubscribe';

/** A command that did not succeed. */
export type NgFailure = Exclude<NgOutcome, { kind: 'ok' }>;

export type NgBody = Readonly<Record<string, Readable>>;

/** What became of a command. */
export type NgOutcome =
  | { readonly kind: 'ok'; readonly body: NgBody }
  /** It will not or cannot, and says why. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** It takes no more calls (`load limit`). */
  | { readonly kind: 'busy'; readonly reason: string }
  /** No answer in time, or nobody there. */
  | { readonly kind: 'silent'; readonly reason: string };

export interface NgClientOptions {
  readonly socket: NgSocket;
  readonly clock: Clock;
  /** Begins every cookie: no two clients of a node may have the same. */
  readonly cookies: string;
  /** How long an answer is waited for, over all repetitions. */
  readonly timeoutMs: Millis;
}

/** The first repetition; each further one waits twice as long. */
const FIRST_REPETITION: Millis = 200;

interface Waiting {
  settle(outcome: NgOutcome): void;
}

/**
 * Asks one rtpengine, over UDP. Commands are repeated with their cookie until they are answered:
 * rtpengine does them once, and answers repetitions as it answered before. Answers that come late or
 * twice find nobody waiting.
 */
export class NgClient {
  readonly #waiting = new Map<string, Waiting>();
  #number = 0;
  #strays = 0;

  constructor(private readonly options: NgClientOptions) {
    const { socket } = options;
    socket.onMessage = (bytes) => this.#hear(bytes);
    socket.onRefused = (why) => this.#abandon(why);
  }

  /** Datagrams that answered nothing that was being waited for. */
  get strays(): number {
    return this.#strays;
  }

  /** Never rejects. */
  ask(command: NgCommand): Promise<NgOutcome> {
    const { clock, cookies, socket, timeoutMs } = this.options;
    const cookie = `${cookies}-${++this.#number}`;
    const datagram = Buffer.concat([Buffer.from(`${cookie} `), encode(command)]);
    return new Promise((resolve) => {
      let repetition: Cancel = () => {};
      const settle = (outcome: NgOutcome): void => {
        if (!this.#waiting.delete(cookie)) return;
        repetition();
        deadline();
        resolve(outcome);
      };
      const deadline = clock.after(timeoutMs, () =>
        settle({ kind: 'silent', reason: `no answer within ${timeoutMs} ms` }),
      );
      this.#waiting.set(cookie, { settle });
      const send = (next: Millis): void => {
        socket.send(datagram);
        repetition = clock.after(next, () => send(2 * next));
      };
      send(FIRST_REPETITION);
    });
  }

  /** What is being waited for is given up. */
  close(): void {
    this.#abandon('closed');
    this.options.socket.close();
  }

  #hear(bytes: Buffer): void {
    const space = bytes.indexOf(' ');
    const waiting = this.#waiting.get(bytes.toString('latin1', 0, Math.max(space, 0)));
    const body = waiting && bodyOf(decode(bytes.subarray(space + 1)));
    if (body) waiting.settle(outcomeOf(body));
    else this.#strays += 1;
  }

  #abandon(reason: string): void {
    for (const { settle } of [...this.#waiting.values()]) settle({ kind: 'silent', reason });
  }
}

function bodyOf(value: Readable | undefined): NgBody | undefined {
  return typeof value === 'object' && !Array.isArray(value) ? value : undefined;
}

function outcomeOf(body: NgBody): NgOutcome {
  switch (body.result) {
    case 'ok':
    case 'pong':
      return { kind: 'ok', body };
    case 'load limit':
      return { kind: 'busy', reason: textOf(body.message ?? 'load limit') };
    default:
      return { kind: 'refused', reason: textOf(body['error-reason'] ?? body.result) };
  }
}

/** A list or a dictionary is no reason: a key of it may be `toString`. */
function textOf(value: Readable | undefined): string {
  return typeof value === 'object' ? 'garbled answer' : String(value);
}

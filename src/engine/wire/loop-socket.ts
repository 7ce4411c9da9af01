import { Socket } from 'node:net';
import { soon } from '../../core';
import type { WrittenMessage } from '../agent';
import { bytesOf, FrameReader, messageOf, type Payload, soleFrame, textOf } from './frame';
import { MAX_FRAME_BYTES } from './limits';
import type { Session } from './session';

type Done = (error?: Error) => void;

/**
 * The application's end of a link that never leaves the process: a `net.Socket` to drachtio-srf,
 * which asks for no more than that what it writes arrives and what arrives is emitted as 'data'. Who
 * listens to 'payload' gets payloads as `(fields, message, text)` instead: the message taken apart, where that is how
 * the engine has it, and its text, written when it is asked for. Who gives its own to `takeMessage` spares the engine
 * the reading as well.
 *
 * What the application writes is taken at once, as the string it is. What it is to read waits until what runs now
 * has come to its end, because drachtio-srf notes what it expects an answer to only after writing.
 */
export class LoopSocket extends Socket {
  readonly #reader = new FrameReader(
    {
      receive: (payload) => this.#session?.receive(payload),
      broken: (reason) => this.#session?.broken(reason),
    },
    MAX_FRAME_BYTES,
  );
  #queue: Payload[] = [];
  #session: Session | undefined;

  constructor() {
    super();
    // drachtio-srf names its sockets by these.
    Object.defineProperties(this, {
      remoteAddress: { value: '127.0.0.1' },
      remotePort: { value: 0 },
      localPort: { value: 0 },
    });
    this.once('close', () => this.#session?.closed());
  }

  /** Joins it to its session; before this, nothing may be written. */
  join(session: Session): void {
    this.#session = session;
  }

  /** Hands a payload to the application. */
  deliver(payload: Payload): void {
    if (this.#queue.push(payload) === 1) soon(this.#flush);
  }

  /** A payload of the application that holds a message. */
  takeMessage(fields: readonly string[], message: WrittenMessage): void {
    if (!this.destroyed) this.#session?.receiveMessage(fields, message);
  }

  override write(chunk: Uint8Array | string, encoding?: unknown, done?: unknown): boolean {
    const callback = (typeof encoding === 'function' ? encoding : done) as Done | undefined;
    if (callback) queueMicrotask(() => callback());
    if (this.destroyed) return false;
    const whole =
      typeof chunk === 'string' && this.#reader.idle
        ? soleFrame(chunk, MAX_FRAME_BYTES)
        : undefined;
    if (whole !== undefined) this.#session?.receive(whole);
    else this.#reader.push(Buffer.from(chunk as Uint8Array));
    return true;
  }

  override end(): this {
    this.#flush();
    this.destroy();
    return this;
  }

  override setKeepAlive(): this {
    return this;
  }

  override setNoDelay(): this {
    return this;
  }

  readonly #flush = (): void => {
    const queue = this.#queue;
    this.#queue = [];
    const isHeard = this.listenerCount('payload') > 0;
    for (const payload of queue) {
      if (this.destroyed) return;
      if (isHeard) this.emit('payload', payload.fields, messageOf(payload), () => textOf(payload));
      else this.emit('data', bytesOf(payload));
    }
  };
}

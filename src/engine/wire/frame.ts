import { asWritten, type SipMessage, serialize, serializeText } from '../message';

/**
 * Frames of the control protocol: `LEN#PAYLOAD`, LEN the payload's length in bytes as decimal digits.
 * A payload is `META` or `META CRLF MESSAGE`.
 */

/** Who takes what comes out of a stream. */
export interface FrameSink {
  receive(payload: Buffer): void;
  /** The stream cannot be followed any further. */
  broken(reason: string): void;
}

const HASH = 0x23;
const ZERO = 0x30;
const NINE = 0x39;
const CR = 0x0d;
const LF = 0x0a;
/** More digits than any length that is taken. */
const MAX_DIGITS = 8;

/** Cuts a stream into frames, however it is split or run together. */
export class FrameReader {
  /** The length read so far; undefined between frames. */
  #length: number | undefined;
  #digits = 0;
  /** A frame of which a part is still to come. */
  #partial: { readonly bytes: Buffer; filled: number } | undefined;
  #broken = false;

  /** `limit` is the largest payload taken, in bytes; the sink may raise it between two frames. */
  constructor(
    private readonly sink: FrameSink,
    public limit: number,
  ) {}

  /** Whether it stands between two frames. */
  get idle(): boolean {
    return this.#length === undefined && !this.#partial && !this.#broken;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.#broken) {
      at = this.#partial ? this.#fill(this.#partial, chunk, at) : this.#read(chunk, at);
    }
  }

  #read(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (byte === HASH && this.#length !== undefined) return this.#begin(chunk, at + 1);
      if (byte < ZERO || byte > NINE || this.#digits === MAX_DIGITS) {
        this.#break('frame length is not a number');
        return chunk.length;
      }
      this.#length = (this.#length ?? 0) * 10 + byte - ZERO;
      this.#digits += 1;
    }
    return chunk.length;
  }

  #begin(chunk: Buffer, from: number): number {
    const length = this.#length ?? 0;
    this.#length = undefined;
    this.#digits = 0;
    if (length === 0 || length > this.limit) {
      this.#break(length === 0 ? 'empty frame' : `frame of more than ${this.limit} bytes`);
      return chunk.length;
    }
    if (from + length <= chunk.length) {
      this.sink.receive(chunk.subarray(from, from + length));
      return from + length;
    }
    const partial = { bytes: Buffer.allocUnsafe(length), filled: 0 };
    this.#partial = partial;
    return this.#fill(partial, chunk, from);
  }

  #fill(partial: { readonly bytes: Buffer; filled: number }, chunk: Buffer, from: number): number {
    const taken = chunk.copy(partial.bytes, partial.filled, from);
    partial.filled += taken;
    if (partial.filled === partial.bytes.length) {
      this.#partial = undefined;
      this.sink.receive(partial.bytes);
    }
    return from + taken;
  }

  #break(reason: string): void {
    this.#broken = true;
    this.sink.broken(reason);
  }
}

/** What a frame holds: fields, and the message they announce, as bytes or still to be written. */
export interface Payload {
  readonly fields: readonly string[];
  readonly message?: Buffer | SipMessage;
  /** What `message` is the bytes of, where that is known. */
  readonly parsed?: SipMessage | undefined;
}

/** The bytes of a frame. */
export function bytesOf({ fields, message }: Payload): Buffer {
  return frame(
    fields.join('|'),
    message && (Buffer.isBuffer(message) ? message : serialize(message)),
  );
}

/** The text of a payload's message, '' without one. */
export function textOf({ message }: Payload): string {
  if (!message) return '';
  return Buffer.isBuffer(message) ? message.toString('utf8') : serializeText(message);
}

/** A payload's message taken apart, where it need not be read for that. */
export function messageOf({ message, parsed }: Payload): SipMessage | undefined {
  const known = parsed ?? (Buffer.isBuffer(message) ? undefined : message);
  return known && asWritten(known);
}

/** One frame, in one piece of memory. */
export function frame(meta: string, message?: Buffer): Buffer {
  const metaLength = Buffer.byteLength(meta, 'utf8');
  const length = message ? metaLength + 2 + message.length : metaLength;
  const prefix = `${length}#`;
  const bytes = Buffer.allocUnsafe(prefix.length + length);
  let at = bytes.write(prefix, 0, 'latin1');
  at += bytes.write(meta, at, 'utf8');
  if (message) {
    bytes[at] = CR;
    bytes[at + 1] = LF;
    message.copy(bytes, at + 2);
  }
  return bytes;
}

/**
 * The payload of a string that is exactly one frame, as drachtio-srf writes it; undefined when it is
 * anything else.
 */
export function soleFrame(text: string, limit: number): string | undefined {
  const hash = text.indexOf('#');
  if (hash <= 0 || hash > MAX_DIGITS) return undefined;
  const digits = text.slice(0, hash);
  if (!/^\d+$/.test(digits)) return undefined;
  const payload = text.slice(hash + 1);
  const length = Number(digits);
  return length <= limit && Buffer.byteLength(payload, 'utf8') === length ? payload : undefined;
}

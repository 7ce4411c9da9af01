/**
 * Bencode (BEP 3), the form that every version of rtpengine speaks on its ng port. Unlike its JSON it
 * carries sound as it is. Small enough to own: what is read here comes from a socket, so it is bounded
 * and never throws.
 */

/** A value to be written. Numbers are integers; bytes and text are both strings of octets. */
export type Writable =
  | number
  | string
  | Uint8Array
  | readonly Writable[]
  | { readonly [key: string]: Writable | undefined };

/** A value as read: strings of octets are taken for UTF-8. */
export type Readable = number | string | Readable[] | { [key: string]: Readable };

/** Deeper than any answer of rtpengine. */
const MOST_LEVELS = 32;

/** Keys whose value is undefined are left out; the others stand in the order of their octets. */
export function encode(value: Writable): Buffer {
  const parts: Buffer[] = [];
  write(value, parts);
  return Buffer.concat(parts);
}

/** Undefined for what is not one whole value. */
export function decode(bytes: Buffer): Readable | undefined {
  const reader = new Reader(bytes);
  const value = reader.value(0);
  return reader.done ? value : undefined;
}

function write(value: Writable, parts: Buffer[]): void {
  if (typeof value === 'number') parts.push(Buffer.from(`i${Math.trunc(value)}e`));
  else if (typeof value === 'string') writeOctets(Buffer.from(value), parts);
  else if (value instanceof Uint8Array) writeOctets(value, parts);
  else if (isList(value)) {
    parts.push(LIST);
    for (const item of value) write(item, parts);
    parts.push(END);
  } else {
    parts.push(DICTIONARY);
    const keys = Object.keys(value).map((key) => Buffer.from(key));
    for (const key of keys.sort(Buffer.compare)) {
      const item = value[key.toString()];
      if (item === undefined) continue;
      writeOctets(key, parts);
      write(item, parts);
    }
    parts.push(END);
  }
}

function writeOctets(octets: Uint8Array, parts: Buffer[]): void {
  parts.push(Buffer.from(`${octets.length}:`), Buffer.from(octets));
}

function isList(value: object): value is readonly Writable[] {
  return Array.isArray(value);
}

const LIST = Buffer.from('l');
const DICTIONARY = Buffer.from('d');
const END = Buffer.from('e');

class Reader {
  #at = 0;
  #broken = false;

  constructor(private readonly bytes: Buffer) {}

  /** All was read, and all of it was well-formed. */
  get done(): boolean {
    return !this.#broken && this.#at === this.bytes.length;
  }

  value(level: number): Readable {
    if (level > MOST_LEVELS) return this.#fail();
    switch (String.fromCharCode(this.bytes[this.#at] ?? 0)) {
      case 'i':
        this.#at += 1;
        return this.#number('e', /^-?\d{1,16}$/);
      case 'l':
        this.#at += 1;
        return this.#list(level);
      case 'd':
        this.#at += 1;
        return this.#dictionary(level);
      default:
        return this.#text();
    }
  }

  #list(level: number): Readable[] {
    const items: Readable[] = [];
    while (!this.#ends()) items.push(this.value(level + 1));
    return items;
  }

  #dictionary(level: number): { [key: string]: Readable } {
    const entries: [string, Readable][] = [];
    while (!this.#ends()) entries.push([this.#text(), this.value(level + 1)]);
    // Never by assignment: a key may be `__proto__`.
    return Object.fromEntries(entries);
  }

  #ends(): boolean {
    if (this.#broken) return true;
    if (this.#at >= this.bytes.length) {
      this.#fail();
      return true;
    }
    if (this.bytes[this.#at] !== END[0]) return false;
    this.#at += 1;
    return true;
  }

  #text(): string {
    const length = this.#number(':', /^\d{1,6}$/);
    const end = this.#at + length;
    if (this.#broken || end > this.bytes.length) return String(this.#fail());
    const text = this.bytes.toString('utf8', this.#at, end);
    this.#at = end;
    return text;
  }

  #number(end: string, form: RegExp): number {
    const stop = this.bytes.indexOf(end, this.#at);
    const digits = stop < 0 ? '' : this.bytes.toString('latin1', this.#at, stop);
    if (!form.test(digits)) return this.#fail();
    this.#at = stop + 1;
    return Number(digits);
  }

  #fail(): number {
    this.#broken = true;
    return 0;
  }
}

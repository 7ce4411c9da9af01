import { endianness } from 'node:os';
import { steady, steadyMemory } from '../octets';
import {
  type CounterMode,
  type CryptoKit,
  type Gcm,
  type HmacSha1,
  KIT_SIZE,
  MAC_AT,
  OWN_AT,
  SEALED_AT,
  STREAM_AT,
  TAG_AT,
} from './kit';
import { hmacStates } from './sha1-states';

type Koffi = typeof import('koffi', { with: { 'resolution-mode': 'import' }});

/** The part of OpenSSL's libcrypto that is used: it is in the executable of Node, or linked to it. */
interface Libcrypto {
  EVP_CIPHER_CTX_new(): number;
  EVP_CIPHER_CTX_free(context: number): void;
  EVP_aes_128_ecb(): number;
  EVP_aes_256_ecb(): number;
  EVP_aes_128_gcm(): number;
  EVP_aes_256_gcm(): number;
  EVP_CipherInit_ex(
    context: number,
    cipher: number,
    engine: number,
    key: number,
    iv: number,
    encrypts: number,
  ): number;
  EVP_CipherUpdate(
    context: number,
    out: number,
    outLength: number,
    bytes: number,
    length: number,
  ): number;
  EVP_CipherFinal_ex(context: number, out: number, outLength: number): number;
  EVP_CIPHER_CTX_ctrl(context: number, what: number, length: number, at: number): number;
  EVP_CIPHER_CTX_set_padding(context: number, pads: number): number;
  SHA1_Update(context: number, bytes: number, length: number): number;
}

const GCM_GET_TAG = 0x10;
const GCM_SET_TAG = 0x11;
const TAG = 16;
const BLOCK = 16;
/** More than there are lengths of headers. */
const MOST_POINTERS = 64;

/** Parts of the kit's own memory. */
const OUT_LENGTH_AT = OWN_AT;
const KEY_AT = OWN_AT + 64;
const NONCE_AT = OWN_AT + 128;
/** The second message of an HMAC: a digest, and padding that stays. */
const OUTER_AT = OWN_AT + 192;
/** A SHA_CTX: five words of state, two of length, a block of 64 octets, and how much of it is filled. */
const SHA_AT = OWN_AT + 256;
const SHA_SIZE = 96;
const KEY_BLOCK_AT = OWN_AT + 512;
const DIGEST = 20;

/**
 * The libcrypto that Node brings, called with numbers for pointers: a packet of 20 ms costs about a
 * microsecond, a seventh of what `node:crypto` makes of it, and nothing for the collector.
 * Throws, with the reason, where it cannot be had.
 */
export class NativeKit implements CryptoKit {
  readonly name = 'native';
  readonly bytes = steadyMemory(KIT_SIZE);
  readonly sealedBytes = steady(this.bytes.subarray(SEALED_AT));
  readonly words = new Int32Array(this.bytes.buffer);
  readonly lib: Libcrypto;

  readonly base: number;
  readonly #pointers = new Map<number, Pointer>();
  // See `Pointer`.
  readonly stream: number;
  readonly outLength: number;
  readonly nonce: number;
  readonly outer: number;
  readonly sha: number;
  readonly mac: number;
  readonly tag: number;

  constructor() {
    if (endianness() !== 'LE') throw new Error(`memory layouts of ${process.arch} are not known`);
    const koffi: Koffi = require('koffi');
    const library = koffi.load(null);
    const call = (prototype: string) => library.func(prototype) as never;
    const pointer = 'uintptr_t';
    this.lib = {
      EVP_CIPHER_CTX_new: call(`${pointer} EVP_CIPHER_CTX_new()`),
      EVP_CIPHER_CTX_free: call(`void EVP_CIPHER_CTX_free(${pointer})`),
      EVP_aes_128_ecb: call(`${pointer} EVP_aes_128_ecb()`),
      EVP_aes_256_ecb: call(`${pointer} EVP_aes_256_ecb()`),
      EVP_aes_128_gcm: call(`${pointer} EVP_aes_128_gcm()`),
      EVP_aes_256_gcm: call(`${pointer} EVP_aes_256_gcm()`),
      EVP_CipherInit_ex: call(
        `int EVP_CipherInit_ex(${pointer}, ${pointer}, ${pointer}, ${pointer}, ${pointer}, int)`,
      ),
      EVP_CipherUpdate: call(
        `int EVP_CipherUpdate(${pointer}, ${pointer}, ${pointer}, ${pointer}, int)`,
      ),
      EVP_CipherFinal_ex: call(`int EVP_CipherFinal_ex(${pointer}, ${pointer}, ${pointer})`),
      EVP_CIPHER_CTX_ctrl: call(`int EVP_CIPHER_CTX_ctrl(${pointer}, int, int, ${pointer})`),
      EVP_CIPHER_CTX_set_padding: call(`int EVP_CIPHER_CTX_set_padding(${pointer}, int)`),
      SHA1_Update: call(`int SHA1_Update(${pointer}, ${pointer}, size_t)`),
    };
    this.base = Number(koffi.address(this.bytes));
    this.stream = this.base + STREAM_AT;
    this.outLength = this.base + OUT_LENGTH_AT;
    this.nonce = this.base + NONCE_AT;
    this.outer = this.base + OUTER_AT;
    this.sha = this.base + SHA_AT;
    this.mac = this.base + MAC_AT;
    this.tag = this.base + TAG_AT;
    pad(this.bytes, OUTER_AT, DIGEST);
  }

  counterMode(key: Uint8Array): CounterMode {
    return new NativeCounterMode(this, key);
  }

  hmacSha1(key: Uint8Array): HmacSha1 {
    return new NativeHmac(this, key);
  }

  gcm(key: Uint8Array): Gcm {
    return new NativeGcm(this, key);
  }

  /** The address of what begins at `at`: packets, and what they carry behind their headers. */
  addressOf(at: number): number {
    let pointer = this.#pointers.get(at);
    if (pointer === undefined) {
      pointer = new Pointer(this.base + at);
      if (this.#pointers.size < MOST_POINTERS) this.#pointers.set(at, pointer);
    }
    return pointer.address;
  }

  /** A cipher's context with its key set. */
  context(cipher: number, key: Uint8Array): number {
    const { lib, base, bytes } = this;
    const context = lib.EVP_CIPHER_CTX_new();
    bytes.set(key, KEY_AT);
    const set = context !== 0 && lib.EVP_CipherInit_ex(context, cipher, 0, base + KEY_AT, 0, 1);
    bytes.fill(0, KEY_AT, KEY_AT + key.length);
    if (set !== 1) throw new Error('libcrypto gives no cipher');
    return context;
  }
}

/**
 * Numbers as large as an address are objects. This field is undefined before it is a number, so that V8 keeps the
 * object and passes it on; of a sum it would make a new one at every call.
 */
class Pointer {
  readonly address: number;

  constructor(address: number) {
    this.address = address;
  }
}

class NativeCounterMode implements CounterMode {
  readonly #context: number;

  constructor(
    private readonly kit: NativeKit,
    key: Uint8Array,
  ) {
    const { lib } = kit;
    const cipher = key.length === 16 ? lib.EVP_aes_128_ecb() : lib.EVP_aes_256_ecb();
    this.#context = kit.context(cipher, key);
    lib.EVP_CIPHER_CTX_set_padding(this.#context, 0);
  }

  /** The counter blocks are laid down and encrypted by one call: to set a counter would cost another. */
  apply(at: number, length: number, w0: number, w1: number, w2: number, w3: number): void {
    if (length === 0) return;
    const { words, stream, outLength, lib } = this.kit;
    const blocks = (length + BLOCK - 1) >> 4;
    const b0 = swapped(w0);
    const b1 = swapped(w1);
    const b2 = swapped(w2);
    const first = STREAM_AT >> 2;
    for (let i = 0, word = first; i < blocks; i++, word += 4) {
      words[word] = b0;
      words[word + 1] = b1;
      words[word + 2] = b2;
      words[word + 3] = swapped(w3 | i);
    }
    lib.EVP_CipherUpdate(this.#context, stream, outLength, stream, blocks * BLOCK);
    const count = (length + 3) >> 2;
    const start = at >> 2;
    for (let i = 0; i < count; i++) words[start + i]! ^= words[first + i]!;
  }

  close(): void {
    this.kit.lib.EVP_CIPHER_CTX_free(this.#context);
  }
}

/**
 * The two blocks that a key begins with are digested once. A message is padded here to whole blocks, so that
 * its state can be read from the context without a call that finishes it.
 */
class NativeHmac implements HmacSha1 {
  readonly #inner: Int32Array;
  readonly #outer: Int32Array;

  constructor(
    private readonly kit: NativeKit,
    key: Uint8Array,
  ) {
    const states = hmacStates(key, (state, block) => {
      this.#state(state);
      kit.bytes.set(block, KEY_BLOCK_AT);
      this.#digest(kit.addressOf(KEY_BLOCK_AT), block.length);
      return kit.words.slice(SHA_AT >> 2, (SHA_AT >> 2) + 5);
    });
    this.#inner = states.inner;
    this.#outer = states.outer;
  }

  digest(at: number, length: number): void {
    const { words, bytes, outer: outerAddress } = this.kit;
    this.#state(this.#inner);
    this.#digest(this.kit.addressOf(at), pad(bytes, at, length));
    const state = SHA_AT >> 2;
    const outer = OUTER_AT >> 2;
    for (let i = 0; i < 5; i++) words[outer + i] = swapped(words[state + i]!);
    this.#state(this.#outer);
    this.#digest(outerAddress, 64);
    const mac = MAC_AT >> 2;
    for (let i = 0; i < 5; i++) words[mac + i] = swapped(words[state + i]!);
  }

  #state(from: Int32Array): void {
    const { words } = this.kit;
    const state = SHA_AT >> 2;
    for (let i = 0; i < 5; i++) words[state + i] = from[i]!;
    // The length is counted here, and no block is ever left unfinished.
    words[state + SHA_SIZE / 4 - 1] = 0;
  }

  #digest(address: number, length: number): void {
    const { sha, lib } = this.kit;
    lib.SHA1_Update(sha, address, length);
  }
}

class NativeGcm implements Gcm {
  readonly #context: number;

  constructor(
    private readonly kit: NativeKit,
    key: Uint8Array,
  ) {
    const { lib } = kit;
    const cipher = key.length === 16 ? lib.EVP_aes_128_gcm() : lib.EVP_aes_256_gcm();
    this.#context = kit.context(cipher, key);
  }

  seal(
    aadAt: number,
    aadLength: number,
    at: number,
    length: number,
    w0: number,
    w1: number,
    w2: number,
  ): void {
    const { outLength, stream, mac, lib } = this.kit;
    const body = this.kit.addressOf(at);
    this.#begin(1, aadAt, aadLength, w0, w1, w2);
    lib.EVP_CipherUpdate(this.#context, body, outLength, body, length);
    // Writes nothing.
    lib.EVP_CipherFinal_ex(this.#context, stream, outLength);
    lib.EVP_CIPHER_CTX_ctrl(this.#context, GCM_GET_TAG, TAG, mac);
  }

  open(
    aadAt: number,
    aadLength: number,
    at: number,
    length: number,
    w0: number,
    w1: number,
    w2: number,
  ): boolean {
    const { outLength, stream, tag, lib } = this.kit;
    const body = this.kit.addressOf(at);
    this.#begin(0, aadAt, aadLength, w0, w1, w2);
    lib.EVP_CipherUpdate(this.#context, body, outLength, body, length);
    lib.EVP_CIPHER_CTX_ctrl(this.#context, GCM_SET_TAG, TAG, tag);
    return lib.EVP_CipherFinal_ex(this.#context, stream, outLength) === 1;
  }

  close(): void {
    this.kit.lib.EVP_CIPHER_CTX_free(this.#context);
  }

  #begin(
    encrypts: number,
    aadAt: number,
    aadLength: number,
    w0: number,
    w1: number,
    w2: number,
  ): void {
    const { lib, words, nonce, outLength } = this.kit;
    const first = NONCE_AT >> 2;
    words[first] = swapped(w0);
    words[first + 1] = swapped(w1);
    words[first + 2] = swapped(w2);
    lib.EVP_CipherInit_ex(this.#context, 0, 0, 0, nonce, encrypts);
    lib.EVP_CipherUpdate(this.#context, 0, outLength, this.kit.addressOf(aadAt), aadLength);
  }
}

/** Between the order of the wire and that of the machine. */
function swapped(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}

/** RFC 3174 §4 for a message that follows one block of key; gives the length in whole blocks. */
function pad(bytes: Buffer, at: number, length: number): number {
  let end = at + length;
  bytes[end++] = 0x80;
  const padded = (length + 9 + 63) & ~63;
  const lengthAt = at + padded - 4;
  while (end < lengthAt) bytes[end++] = 0;
  const bits = 8 * (64 + length);
  bytes[lengthAt] = bits >>> 24;
  bytes[lengthAt + 1] = bits >>> 16;
  bytes[lengthAt + 2] = bits >>> 8;
  bytes[lengthAt + 3] = bits;
  return padded;
}

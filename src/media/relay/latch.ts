import type { Instant, Millis } from '../../core';
import {
  type AddressWords,
  isFrom,
  isUnspecified,
  readAddress,
  type SocketAddress,
  sameAddress,
  sameHost,
} from './address';

/**
 * After signalling has moved a party, what is still under way from its old place must not latch
 * there again; after this time without a word from elsewhere, it never moved (a NAT in between).
 */
export const STRAGGLER_GRACE: Millis = 1_000;

/** `latched`: the party's, and from now on only this source is heard. */
export type Verdict = 'party' | 'latched' | 'stranger';

/**
 * Where one party's stream really comes from (symmetric RTP, RFC 4961), and so where to send:
 *
 *                 expect(E)                   first packet from S
 *     (nobody) ──────────────▶ expecting E ──────────────────────▶ latched to S, sends to S
 *                              sends to E ◀──────────────────────
 *                                            expect(other than E)
 *
 * - latched: only S is heard; others are strangers, but for E itself, which signalling has named:
 *   its first packet takes the latch over.
 * - expect(undefined) after E: nothing is sent; the latch stays for when the same E comes back.
 * - nothing expected ever (described by a host name, or not at all yet): sends where it is latched.
 */
export class Latch {
  /** Where packets go now; undefined: nowhere. */
  target: SocketAddress | undefined;
  /** Packets refused. */
  strangers = 0;

  #expected: SocketAddress | undefined;
  /** What was last expected when something was, so that hold and resume do not latch anew. */
  #lastExpected: SocketAddress | undefined;
  #latched: SocketAddress | undefined;
  #left: SocketAddress | undefined;
  #leftUntil: Instant = 0;

  /** Signalling's word on where the party is. */
  expect(remote: SocketAddress | undefined, now: Instant): void {
    const expected = remote && !isUnspecified(remote.words) ? remote : undefined;
    const moved =
      expected !== undefined &&
      this.#lastExpected !== undefined &&
      !sameAddress(expected.words, this.#lastExpected.words);
    if (moved && this.#latched && !sameAddress(this.#latched.words, expected.words)) {
      this.#left = this.#latched;
      this.#leftUntil = now + STRAGGLER_GRACE;
      this.#latched = undefined;
    }
    this.#expected = expected;
    if (expected) this.#lastExpected = expected;
    this.#aim();
  }

  /** Whose a packet from `source` is. Only `latched` makes anything. */
  judge(source: AddressWords, now: Instant): Verdict {
    if (this.#latched !== undefined) {
      if (isFrom(this.#latched, source)) return 'party';
      if (!this.expects(source)) {
        this.strangers += 1;
        return 'stranger';
      }
    } else if (this.#left !== undefined && now < this.#leftUntil) {
      // Heard, but not yet followed.
      if (sameAddress(this.#left.words, source)) return 'party';
    }
    this.#latched = readAddress(source);
    this.#left = undefined;
    this.#aim();
    return 'latched';
  }

  /** Whether signalling has named this source. */
  expects(source: AddressWords): boolean {
    return this.#lastExpected !== undefined && sameAddress(this.#lastExpected.words, source);
  }

  /** Whether the party was found, and on another host than this source. */
  isElsewhere(source: AddressWords): boolean {
    return this.#latched !== undefined && !sameHost(this.#latched.words, source);
  }

  /** Whoever was found was not the party. */
  unlatch(): void {
    this.#latched = undefined;
    this.#aim();
  }

  /** Where the party was found, undefined before its first packet. */
  get from(): SocketAddress | undefined {
    return this.#latched;
  }

  #aim(): void {
    const held = this.#expected === undefined && this.#lastExpected !== undefined;
    this.target = held ? undefined : (this.#latched ?? this.#expected);
  }
}

import { Fault } from '../../core';
import type { WireSecurity } from '../plane';
import {
  type CryptoAttribute,
  newKeys,
  type SrtpSession,
  type SrtpSuite,
  SUITES,
  sameKeys,
  suiteNamed,
} from '../srtp';
import type { MediaDescription } from './description';

/** Whether a party's media is by SRTP. */
export type SrtpRule =
  /** As the other party offers it. */
  | 'mirror'
  /** Always; without it there is no call. */
  | 'required'
  /** If the party can: offered in a way that one which cannot reads over (RFC 8643). */
  | 'optional'
  /** Never. */
  | 'never';

/** How an m-line to one party is to be written; undefined where it passes as it came. */
export interface Keying {
  /** The transport of the m-line, if it is not that of the other side: `RTP/SAVP`. */
  readonly protocol: string;
  /** Offered, in order, or the one that is answered; empty in the clear. */
  readonly crypto: readonly CryptoAttribute[];
}

/** How the party sees its m-line: its transport says SRTP, or one in the clear does with keys beside. */
interface Terms {
  readonly secure: boolean;
  readonly crypto: readonly CryptoAttribute[];
  /** Undefined in the clear. */
  readonly session: SrtpSession | undefined;
  /** The m-line is off, and nothing was agreed but that; `session` is what it had before. */
  readonly off?: true;
}

const CLEAR: Terms = { secure: false, crypto: [], session: undefined };

/**
 * SRTP with one party on one m-line: RFC 4568 for keys of ours, which nobody else is ever given. Either the party
 * offers (`hearOffer`, then `answer`) or we do (`offer`, then `hearAnswer`); once that is agreed, `settle`. What was
 * agreed stays, with its keys, until the party wants it otherwise.
 */
export class LegKeying {
  #agreed: Terms | undefined;
  #pending: Terms | undefined;
  /** What we have offered last, by tag. */
  #offered: readonly CryptoAttribute[] = [];
  /** The m-line passes end to end: its keys are the parties' own, or it is no RTP. */
  #passes = false;

  constructor(private readonly rule: SrtpRule) {}

  /** How its packets are on the wire by what is known now. */
  get wire(): WireSecurity {
    const terms = this.#agreed ?? this.#pending;
    if (this.#passes || !terms) return 'clear';
    if (terms.session) return terms.session;
    return terms.secure || terms.crypto.length > 0 ? 'keys-awaited' : 'clear';
  }

  /** @throws Fault SRTP_REQUIRED, SRTP_NOT_ALLOWED, SRTP_KEYS_UNUSABLE */
  hearOffer(media: MediaDescription): void {
    const before = (this.#agreed ?? this.#pending)?.session;
    this.#passes = passes(media);
    this.#pending = undefined;
    const secure = media.carriage === 'srtp';
    if (media.port === 0) {
      this.#pending = this.#off(secure);
      this.#offered = [];
      return;
    }
    if (this.rule === 'never' && (secure || media.carriage === 'sealed')) {
      throw new Fault('SRTP_NOT_ALLOWED');
    }
    if (this.#passes) return;
    const [chosen] = media.cryptos;
    if (secure && !chosen) throw new Fault('SRTP_KEYS_UNUSABLE');
    if (!secure && !chosen && this.rule === 'required') throw new Fault('SRTP_REQUIRED');
    this.#pending = chosen && this.rule !== 'never' ? answering(chosen, secure, before) : CLEAR;
  }

  /** What the party's offer is answered with. `protocol` is that of the other party's answer. */
  answer(protocol: string): Keying | undefined {
    return this.#written(protocol, this.#pending ?? this.#agreed ?? CLEAR);
  }

  /**
   * What the party is offered, when the other one has offered `theirs`.
   * @throws Fault SRTP_NOT_ALLOWED
   */
  offer(theirs: MediaDescription): Keying | undefined {
    this.#passes = passes(theirs);
    if (theirs.port !== 0 && this.rule === 'never' && theirs.carriage === 'sealed') {
      throw new Fault('SRTP_NOT_ALLOWED');
    }
    const terms = this.#standing ?? this.#firstOffer(theirs);
    return this.#offering(theirs.protocol, terms);
  }

  /** What the party is offered when there is no other one that has offered. */
  propose(protocol: string): Keying | undefined {
    return this.#offering(
      protocol,
      this.#standing ?? this.#proposal(this.rule === 'required', SUITES),
    );
  }

  /** What the party has of us, to be offered anew or to answer an offer that changes nothing. */
  repeat(protocol: string): Keying | undefined {
    return this.#offering(protocol, this.#agreed ?? CLEAR);
  }

  /** @throws Fault SRTP_KEYS_UNUSABLE */
  hearAnswer(media: MediaDescription): void {
    const { secure } = this.#pending ?? CLEAR;
    if (media.port === 0 || this.#passes || this.#offered.length === 0) return;
    // Some number their answer as they like: of each suite there is one in our offer.
    const pairs = media.cryptos.flatMap((theirs) => {
      const ours = this.#offered.find(({ keys }) => keys.suite === theirs.keys.suite);
      return ours ? [{ ours, theirs }] : [];
    });
    const [pair] = pairs;
    if (!pair && secure) throw new Fault('SRTP_KEYS_UNUSABLE');
    this.#pending = pair
      ? {
          secure,
          crypto: [pair.ours],
          session: { send: pair.ours.keys, receive: pair.theirs.keys },
        }
      : CLEAR;
  }

  /** Offer and answer are complete; another answer may follow (a fork's). */
  settle(): void {
    this.#agreed = this.#pending ?? this.#agreed;
  }

  /** The offer was refused: what was agreed before stays. */
  withdraw(): void {
    this.#pending = undefined;
  }

  #offering(protocol: string, terms: Terms): Keying | undefined {
    this.#offered = terms.crypto;
    this.#pending = terms;
    return this.#written(protocol, terms);
  }

  /** What was agreed for packets. */
  get #standing(): Terms | undefined {
    return this.#agreed?.off ? undefined : this.#agreed;
  }

  /** The line keeps its contexts, so that what was heard before it was off is known when it is back with the same keys. */
  #off(secure: boolean): Terms {
    return { ...CLEAR, secure, session: this.#agreed?.session, off: true };
  }

  #firstOffer({ carriage, port, cryptos }: MediaDescription): Terms {
    if (port === 0) return this.#off(carriage === 'srtp');
    switch (this.rule) {
      case 'never':
        return CLEAR;
      case 'required':
        return this.#proposal(true, SUITES);
      case 'optional':
        return this.#proposal(false, SUITES);
      case 'mirror': {
        const theirs = new Set(cryptos.map(({ keys }) => keys.suite));
        return this.#proposal(
          carriage === 'srtp',
          [...theirs].flatMap((name) => suiteNamed(name) ?? []),
        );
      }
    }
  }

  /** The same keys for the same offer, so that a description that says nothing new is not new. */
  #proposal(secure: boolean, suites: readonly SrtpSuite[]): Terms {
    const crypto = suites.map((suite, i) => ({
      tag: String(i + 1),
      keys: this.#offered.find(({ keys }) => keys.suite === suite.name)?.keys ?? newKeys(suite),
    }));
    return { secure, crypto, session: undefined };
  }

  #written(protocol: string, { secure, crypto }: Terms): Keying | undefined {
    if (this.#passes) return undefined;
    const feedback = protocol.toUpperCase().endsWith('F') ? 'F' : '';
    return { protocol: `RTP/${secure ? 'SAVP' : 'AVP'}${feedback}`, crypto };
  }
}

/** Our key stays while the party's does: a new one of its own may be a new party's. */
function answering(
  chosen: CryptoAttribute,
  secure: boolean,
  before: SrtpSession | undefined,
): Terms {
  const kept = before && sameKeys(before.receive, chosen.keys) ? before : undefined;
  const { attribute, session } = answeringKeys(chosen, kept);
  return { secure, crypto: [attribute], session };
}

/** An offered key, and the answer to it. */
export interface AnsweredKeys {
  /** As the answer has it. */
  readonly attribute: CryptoAttribute;
  readonly session: SrtpSession;
}

/** Takes an offered key and gives one of ours of the same suite: that of `before`, where it fits, or a new one. */
export function answeringKeys(
  { tag, keys }: CryptoAttribute,
  before: SrtpSession | undefined,
): AnsweredKeys {
  const fits = before?.send.suite === keys.suite;
  const send = fits ? before.send : newKeys(suiteNamed(keys.suite)!);
  return { attribute: { tag, keys: send }, session: { send, receive: keys } };
}

function passes({ carriage }: MediaDescription): boolean {
  return carriage !== 'rtp' && carriage !== 'srtp';
}

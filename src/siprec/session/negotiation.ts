import type { Instant, Millis } from '../../core';
import type { MetadataDialect } from '../metadata/dialect';
import type { RecordingMetadata } from '../metadata/model';
import type { Conversation } from './conversation';
import { completeDocument, updateDocument } from './documents';
import type { OurLine, RecordedLines, RecorderLine } from './lines';
import { isSame } from './same';

/** What an offer of ours says; once accepted, the recorder knows it. */
export interface Said {
  readonly conversation: Conversation;
  readonly lines: readonly OurLine[];
}

/** `none`: an INVITE without an offer; `unusable`: none that could be answered. */
export type RecorderOffer = readonly RecorderLine[] | 'none' | 'unusable';

/** The response to an offer that crosses an exchange under way: RFC 3261 §14.2. */
export const REQUEST_PENDING = { status: 491, lines: undefined } as const;

type Exchange =
  | { readonly name: 'none' }
  | { readonly name: 'offered'; readonly said: Said; readonly snapshot: boolean }
  | { readonly name: 'backing-off'; readonly until: Instant }
  /** `said` when our 2xx was the offer, so that the ACK brings the answer. */
  | { readonly name: 'answering'; readonly said: Said | undefined };

const NONE: Exchange = { name: 'none' };

/**
 * What the recorder knows of us, and who owes whom a message of the one offer/answer exchange that a dialog
 * can have at a time (RFC 3261 §14.1):
 *
 * ```
 *            re-INVITE                accepted, declined
 *   none ──────────────▶ offered ───────────────────────▶ none
 *    │ ▲                    │ 491              timer
 *    │ │                    └─────▶ backing-off ─────────▶ none
 *    │ └──── ACK ────┐
 *    └──────────▶ answering
 *     2xx to the recorder's INVITE
 * ```
 */
export class Negotiation {
  #exchange: Exchange = NONE;
  #accepted: Said;
  /** Declined, and not to be said again until it is different. */
  #declined: Said | undefined;
  #snapshotDue = false;

  /** Begins with the INVITE that the recorder accepted. */
  constructor(
    accepted: Said,
    private readonly updates: MetadataDialect['updates'],
  ) {
    this.#accepted = accepted;
  }

  /** What the recorder does not know of the conversation yet, or everything once there is something. */
  newsOf(now: Conversation): RecordingMetadata | undefined {
    return updateDocument(this.#accepted.conversation, now, this.updates);
  }

  /** Both sides agreed that we send, and no offer that takes it back is on its way. */
  get sending(): boolean {
    const pending = 'said' in this.#exchange ? this.#exchange.said : undefined;
    return sends(this.#accepted) && (!pending || sends(pending));
  }

  get idle(): boolean {
    return this.#exchange.name === 'none';
  }

  /** The recorder wants everything anew: RFC 7866 §9.2. */
  wantSnapshot(): void {
    this.#snapshotDue = true;
  }

  /**
   * The re-INVITE that tells everything new at once, if there is something new and nothing under way:
   * updates may wait for a pending exchange (RFC 7866 §9.1).
   */
  offer(now: Said): { readonly metadata: RecordingMetadata | undefined } | undefined {
    if (!this.idle) return undefined;
    const snapshot = this.#snapshotDue;
    const news = snapshot ? { metadata: completeDocument(now.conversation) } : this.#news(now);
    if (!news) return undefined;
    this.#snapshotDue = false;
    this.#exchange = { name: 'offered', said: now, snapshot };
    return news;
  }

  /** 2xx to our offer. False when none was under way. */
  accepted(): boolean {
    if (this.#exchange.name !== 'offered') return false;
    this.#know(this.#exchange.said);
    this.#exchange = NONE;
    return true;
  }

  /**
   * The recorder declined our offer: the session goes on as it was (RFC 3261 §14.1). True when the streams
   * would have become different by it.
   */
  declined(): boolean {
    if (this.#exchange.name !== 'offered') return false;
    const { said } = this.#exchange;
    this.#declined = said;
    this.#exchange = NONE;
    return !sameLines(said.lines, this.#accepted.lines);
  }

  /** What was declined may be said again. */
  reconsider(): void {
    this.#declined = undefined;
  }

  /** The recorder wants our offer later. */
  postponed(until: Instant): void {
    if (this.#exchange.name === 'offered') this.#snapshotDue ||= this.#exchange.snapshot;
    this.#exchange = { name: 'backing-off', until };
  }

  /** When the time to back off is over. */
  get retryAt(): Instant | undefined {
    return this.#exchange.name === 'backing-off' ? this.#exchange.until : undefined;
  }

  /** Whether it is over now. */
  retryDue(now: Instant): boolean {
    const due = this.#exchange.name === 'backing-off' && this.#exchange.until <= now;
    if (due) this.retry();
    return due;
  }

  /** The time to back off is over, or does not matter any more. */
  retry(): void {
    if (this.#exchange.name === 'backing-off') this.#exchange = NONE;
  }

  /** What to respond to an offer of the recorder, or to its INVITE without one: RFC 3261 §14.2. */
  respond(
    method: 'INVITE' | 'UPDATE',
    offer: RecorderOffer,
    lines: RecordedLines,
  ): { readonly status: number; readonly lines: readonly OurLine[] | undefined } {
    const { name } = this.#exchange;
    if (name === 'offered' || name === 'answering') return REQUEST_PENDING;
    if (offer === 'unusable') return { status: 488, lines: undefined };
    if (offer === 'none') {
      const ours = lines.describe();
      this.#exchange = { name: 'answering', said: { ...this.#accepted, lines: ours } };
      return { status: 200, lines: ours };
    }
    lines.hear(offer);
    this.#know({ ...this.#accepted, lines: lines.describe() });
    // RFC 3261 §14.1: no INVITE of ours before the ACK to theirs.
    if (method === 'INVITE') this.#exchange = { name: 'answering', said: undefined };
    return { status: 200, lines: lines.describeAnswer(offer) };
  }

  /** The ACK came. True when the answer in it, if any, is one to our offer. */
  acknowledged(answered: boolean): boolean {
    if (this.#exchange.name !== 'answering') return false;
    const { said } = this.#exchange;
    this.#exchange = NONE;
    if (!said || !answered) return false;
    this.#know(said);
    return true;
  }

  #know(said: Said): void {
    this.#accepted = said;
    this.#declined = undefined;
  }

  #news(now: Said): { readonly metadata: RecordingMetadata | undefined } | undefined {
    if (this.#declined && same(now, this.#declined)) return undefined;
    if (same(now, this.#accepted)) return undefined;
    const metadata = this.newsOf(now.conversation);
    if (!metadata && sameLines(now.lines, this.#accepted.lines)) return undefined;
    return { metadata };
  }
}

/** RFC 3261 §14.1: who made the Call-ID tries again between 2.1 and 4 s after a 491, in steps of 10 ms. */
const GLARE_MIN: Millis = 2100;
const GLARE_STEPS = 190;
/** A Retry-After is believed up to here. */
const LONGEST_RETRY: Millis = 30_000;

/** How long to back off; `random` is 0 ≤ x < 1. */
export function retryDelay(random: number, retryAfter: Millis | undefined): Millis {
  const glare = GLARE_MIN + Math.floor(random * (GLARE_STEPS + 1)) * 10;
  return Math.min(Math.max(glare, retryAfter ?? 0), LONGEST_RETRY);
}

function sends({ lines }: Said): boolean {
  return lines.some(({ direction }) => direction === 'sendonly');
}

function same(now: Said, known: Said): boolean {
  return now.conversation === known.conversation && sameLines(now.lines, known.lines);
}

/** It is the recorder who rejects lines: that is no news to it. */
function sameLines(now: readonly OurLine[], known: readonly OurLine[]): boolean {
  return now.every((line, index) => line.direction === 'rejected' || isSame(line, known[index]));
}

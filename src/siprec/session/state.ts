import type { Millis } from '../../core';
import type { MetadataDialect } from '../metadata/dialect';
import type { Conversation } from './conversation';
import type { RecordedLines } from './lines';
import type { Negotiation, Said } from './negotiation';
import type { Label } from './recording';
import type { Destinations } from './redirects';

/**
 * ```
 *              start           2xx             stop              answer to the last update, or its time
 *   idle ──────────▶ inviting ────▶ active ────────▶ ending ───────────────▶ leaving ────▶ over
 *     │ nothing to      │ refused,      │ BYE, 408, 481, every stream removed    BYE answered ▲
 *     │ record          │ no answer,    └─────────────────────────────────────────────────────┤
 *     └─────────────────┴ stop: CANCEL ───────────────────────────────────────────────────────┘
 * ```
 *
 * `over` still hears one thing: a 2xx that crosses our CANCEL gets a BYE.
 */
export type State =
  | { readonly name: 'idle' }
  | { readonly name: 'inviting'; readonly said: Said }
  | { readonly name: 'active'; readonly negotiation: Negotiation; readonly updates: boolean }
  | {
      readonly name: 'ending';
      readonly negotiation: Negotiation;
      readonly updates: boolean;
      /** The last update is out. */
      readonly told: boolean;
    }
  | {
      readonly name: 'leaving';
      /** The last update was not answered in time. */
      readonly unheard: boolean;
    }
  | { readonly name: 'over'; readonly failed: boolean };

export interface SessionOptions {
  readonly answerTimeout: Millis;
  readonly destinations: Destinations;
  readonly lines: RecordedLines;
  readonly conversation: Conversation;
  readonly updates: MetadataDialect['updates'];
  /** Wanted streams that `lines` does not have, for they have no payload format. */
  readonly missing: readonly Label[];
  /** 0 ≤ x < 1. */
  readonly random: () => number;
}

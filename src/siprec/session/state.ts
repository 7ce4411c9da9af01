import type { Conversation } from './conversation';
import type { Farewell } from './farewell';
import type { RecordedLines } from './lines';
import type { Negotiation, Said } from './negotiation';
import type { Label, RecordingTarget } from './recording';
import type { Destinations } from './redirects';
import type { Succession } from './succession';
import type { Watch } from './watch';

/**
 * ```
 *              start           2xx             stop           the last is said, BYE answered
 *   idle ──────────▶ inviting ────▶ active ────────▶ ending ─────────────────────────────▶ over
 *     │              │  ▲  │        │ BYE, 408, 481, silence,                              ▲
 *     │              │  │  └──◀─────┘ every stream removed: the next recorder              │
 *     │              └──┘ refused, no answer: the next recorder                            │
 *     └─ nothing to record ──── none is left, stop: CANCEL ────────────────────────────────┘
 * ```
 */
export type State =
  | { readonly name: 'idle' }
  | {
      readonly name: 'inviting';
      readonly recorder: RecordingTarget;
      readonly destinations: Destinations;
      readonly said: Said;
    }
  | {
      readonly name: 'active';
      readonly negotiation: Negotiation;
      /** The recorder allows UPDATE. */
      readonly updates: boolean;
      readonly watch: Watch;
    }
  | { readonly name: 'ending'; readonly negotiation: Negotiation; readonly farewell: Farewell }
  | { readonly name: 'over'; readonly failed: boolean };

export interface MachineOptions {
  readonly succession: Succession;
  readonly lines: RecordedLines;
  readonly conversation: Conversation;
  /** Wanted streams that `lines` does not have, for they have no payload format. */
  readonly missing: readonly Label[];
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  /** The time of day, for the metadata. */
  readonly wall: () => Date;
}

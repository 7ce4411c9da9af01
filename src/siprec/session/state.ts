import type { Conversation } from './conversation';
import type { Farewell } from './farewell';
import type { Invitation } from './invitation';
import type { RecordedLines } from './lines';
import type { Negotiation } from './negotiation';
import type { Label, RecordingState } from './recording';
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
  | { readonly name: 'inviting'; readonly invitation: Invitation }
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

const ACTIVE = { off: 'active', gating: 'pausing', on: 'paused' } as const;

/** The same as others see it; `begun`: some recorder has taken the recording. */
export function stateOf(
  state: State,
  pausing: RecordedLines['pausing'],
  begun: boolean,
): RecordingState {
  switch (state.name) {
    case 'inviting':
      if (!begun) return 'inviting';
      return pausing === 'off' ? 'changing' : ACTIVE[pausing];
    case 'active':
      return ACTIVE[pausing];
    case 'over':
      return state.failed ? 'failed' : 'ended';
    default:
      return state.name;
  }
}

export { Accepted, type AcceptedInput, type AcceptedOutput } from './accepted';
export { Dialog, type DialogState, type InDialogRequest } from './dialog';
export { isBehindNat } from './nat';
export { OfferGate, type Refusal } from './offer-gate';
export {
  type ReliableInput,
  type ReliableOutput,
  ReliableProvisionals,
  ReliableSequence,
} from './reliable';
export { type Routing, routeTo } from './route';
export {
  MIN_SE,
  type Negotiation,
  negotiate,
  raised,
  refreshHeaders,
  sessionOf,
  sessionSent,
} from './session-expires';
export {
  type Session,
  type SessionInput,
  type SessionOutput,
  SessionTimer,
} from './session-timer';

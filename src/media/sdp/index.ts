export { type Anchored, type Anchoring, anchor, type RecordingWords } from './anchor';
export type {
  Attribute,
  Carriage,
  Connection,
  Direction,
  MediaDescription,
  Origin,
  PayloadDescription,
  SessionDescription,
} from './description';
export {
  type AnsweredKeys,
  answeringKeys,
  type Keying,
  LegKeying,
  type SrtpRule,
} from './keying';
export type { SdpResult } from './lines';
export { type Narrowed, narrow } from './narrow';
export { isRecordable, type Negotiated, negotiated } from './negotiated';
export { type OwnOrigin, ownOrigin } from './origin';
export { parseSdp } from './parse';
export { clockRates, sameCodec, staticPayload, staticPayloadType } from './payloads';
export {
  type RecordMark,
  type RecordPreference,
  recordMarks,
  recordPreferences,
  strongestMark,
} from './recording-attributes';
export { type RecordingStream, recordingOffer } from './recording-offer';
export { isHold, type RemoteEndpoint, receives, remoteEndpoint, sends } from './remote';
export { type OwnMedia, type OwnSession, type Written, writeSdp } from './write';

export {
  type B2bua,
  type B2buaLimits,
  type B2buaOptions,
  type CallSnapshot,
  createB2bua,
  type RefusalCounts,
  type Topology,
} from './b2bua';
export type { MediaTimeoutRule } from './call/environment';
export type { CallSide } from './call/signals';
export type { HearingSnapshot } from './hearing/call-hearing';
export type { Sounds } from './hearing/sounds';
export type { MediaAddress } from './media/addresses';
export type {
  AttemptRecord,
  CallParty,
  CallRecord,
  ControlAnswer,
  ControlRecord,
  ControlResult,
  HeardRecord,
  MediaRecord,
  RecordingPartRecord,
  RecordingRecord,
} from './record';
export type { Recorders } from './recording/call-recordings';
export type {
  AddressBlock,
  Peer,
  Route,
  RouteTarget,
  Routing,
  StaticContact,
} from './routing';

export { type ConfiguredUser, ConfiguredUsers } from './configured-users';
export {
  type DialPlan,
  type Identity,
  identityOf,
  normaliseNumber,
  sameIdentity,
} from './identity';
export {
  type Actor as RecordingActor,
  RecordingMachine,
  type RecordingOutput,
  type Reply as RecordingReply,
} from './recording/machine';
export { type Action as RecordingAction, allowsAny, type RecordingMode } from './recording/modes';
export type {
  CallIdentities,
  Provenance,
  RecordedUser,
  RecordingPolicy,
} from './recording-policy';
export * from './settings';

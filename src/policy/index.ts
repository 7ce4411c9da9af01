export { type ConfiguredUser, ConfiguredUsers } from './configured-users';
export { type DialPlan, type Identity, identityOf, normaliseNumber } from './identity';
export type { RecordingMode } from './recording/modes';
export type {
  CallIdentities,
  Provenance,
  RecordedUser,
  RecordingPolicy,
} from './recording-policy';
export * from './settings';

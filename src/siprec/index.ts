export {
  createRecordingClient,
  type RecordingClient,
  type RecordingClientOptions,
} from './client';
export { broadworks } from './metadata/broadworks';
export type { AccountIdentity, CallFacts, Redirection } from './metadata/call-facts';
export type { DialectName, MetadataDialect } from './metadata/dialect';
export { DIALECTS } from './metadata/dialects';
export { extensionsOf, extensionValues } from './metadata/extension-values';
export { uuidOf } from './metadata/ids';
export { mergeMetadata } from './metadata/merge';
export type * from './metadata/model';
export { type ParsedMetadata, parseMetadata } from './metadata/parse';
export { type Party, partiesOf } from './metadata/parties';
export { rfc7865 } from './metadata/rfc7865';
export type { XmlElement } from './metadata/xml';
export { type BodyDescription, type BodyPart, type BodyParts, parseBody } from './multipart/parse';
export { METADATA_TYPE, metadataOf, SDP_TYPE, sdpOf } from './multipart/rs-body';
export { type OutgoingBody, type OutgoingPart, writeBody } from './multipart/write';
export { asksToDiscard } from './session/discard';
export type {
  Label,
  RecordedParty,
  RecordedStream,
  Recording,
  RecordingChange,
  RecordingOutcome,
  RecordingPart,
  RecordingRequest,
  RecordingState,
  RecordingTarget,
  StopReason,
  StreamOutcome,
} from './session/recording';

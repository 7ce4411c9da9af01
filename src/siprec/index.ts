export { type BodyDescription, type BodyPart, type BodyParts, parseBody } from './multipart/parse';
export { METADATA_TYPE, metadataOf, SDP_TYPE, sdpOf } from './multipart/rs-body';
export { type OutgoingBody, type OutgoingPart, writeBody } from './multipart/write';

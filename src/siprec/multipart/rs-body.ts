import type { BodyPart } from './parse';

/** RFC 9806 §2: the registered type of RFC 7865 metadata; RFC 7866 printed it without the suffix. */
export const METADATA_TYPE = 'application/rs-metadata+xml';
export const SDP_TYPE = 'application/sdp';

/** Types under which metadata and snapshot requests travel in the field. */
const METADATA_TYPES = new Set([
  METADATA_TYPE,
  'application/rs-metadata',
  'application/rs-metadata-request',
  'application/rs-metadata-request+xml',
]);

/** The session description among the parts, wherever it stands. */
export function sdpOf(parts: readonly BodyPart[]): string | undefined {
  const found =
    parts.find(({ type }) => type === SDP_TYPE) ??
    parts.find(({ type, content }) => type === '' && content.startsWith('v='));
  return found?.content;
}

/** The metadata (or the request for it) among the parts, wherever it stands. */
export function metadataOf(parts: readonly BodyPart[]): string | undefined {
  const found =
    parts.find(({ type }) => METADATA_TYPES.has(type)) ??
    parts.find(
      ({ type, disposition, content }) =>
        (disposition === 'recording-session' && type !== SDP_TYPE) ||
        ((type === '' || /[/+]xml$/.test(type)) && content.trimStart().startsWith('<')),
    );
  return found?.content;
}

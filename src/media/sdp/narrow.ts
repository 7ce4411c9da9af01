import type { MediaDescription, PayloadDescription } from './description';
import { attribute, readSections, type SdpLine, type SdpResult } from './lines';
import { isRecordable } from './negotiated';
import { parseSdp } from './parse';

/** Formats that carry no speech, and so fit any codec that does. */
const SPEECHLESS = new Set(['telephone-event', 'cn']);
/** Attributes that begin with the format they are about. */
const OF_FORMAT = new Set(['rtpmap', 'fmtp', 'rtcp-fb']);

export interface Narrowed {
  readonly text: string;
  /** False when it is as it was. */
  readonly narrowed: boolean;
}

/**
 * Takes the codecs that are not `wanted` from the audio that would be recorded, as long as one is left. Every
 * answer to what is left is an answer to the whole (RFC 3264 §6.1): formats keep their numbers.
 */
export function narrow(
  text: string,
  wanted: (format: PayloadDescription) => boolean,
): SdpResult<Narrowed> {
  const parsed = parseSdp(text);
  const sections = readSections(text);
  if (!parsed.ok) return parsed;
  if (!sections.ok) return sections;
  const index = parsed.value.media.findIndex(isRecordable);
  const kept = keptFormats(parsed.value.media[index], wanted);
  const section = sections.value.media[index];
  if (!kept || !section || kept.length === section.fields.formats.length) {
    return { ok: true, value: { text, narrowed: false } };
  }
  const { kind, port, protocol } = section.fields;
  const media = sections.value.media.map(({ fields, lines }, at): readonly SdpLine[] => {
    if (at !== index) {
      const value = [fields.kind, fields.port, fields.protocol, ...fields.formats].join(' ');
      return [{ type: 'm', value }, ...lines];
    }
    const value = [kind, port, protocol, ...kept].join(' ');
    return [{ type: 'm', value }, ...lines.filter((line) => stays(line, kept))];
  });
  const lines = [...sections.value.session, ...media.flat()];
  const written = lines.map(({ type, value }) => `${type}=${value}\r\n`).join('');
  return { ok: true, value: { text: written, narrowed: true } };
}

/** Undefined when no speech would be left. */
function keptFormats(
  media: MediaDescription | undefined,
  wanted: (format: PayloadDescription) => boolean,
): readonly string[] | undefined {
  const isSpeech = ({ codec }: PayloadDescription) => !SPEECHLESS.has(codec.toLowerCase());
  const kept = media?.payloads.filter((format) => !isSpeech(format) || wanted(format));
  return kept?.some(isSpeech) ? kept.map(({ payloadType }) => String(payloadType)) : undefined;
}

function stays(line: SdpLine, kept: readonly string[]): boolean {
  if (line.type !== 'a') return true;
  const { name, value } = attribute(line);
  const [format = ''] = value.split(' ', 1);
  return !OF_FORMAT.has(name) || format === '*' || kept.includes(format);
}

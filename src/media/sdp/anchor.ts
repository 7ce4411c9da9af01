import type { Endpoint } from '../plane';
import { withKeying } from './keyed-sections';
import type { Keying } from './keying';
import {
  attribute,
  attributeName,
  type MediaSection,
  readSections,
  type SdpLine,
  type SdpResult,
  type Sections,
} from './lines';
import { describedBy, networkAddress, type OwnOrigin, originValue } from './origin';
import type { RecordMark } from './recording-attributes';

/** Where the media of a description is to come to: us. */
export interface Anchoring {
  readonly origin: OwnOrigin;
  /** For each m-line in order: our endpoint towards the reader. Missing ones are rejected. */
  readonly media: ReadonlyArray<Endpoint | 'reject'>;
  /** For each m-line in order: its transport and our keys towards the reader; undefined: as they came. */
  readonly keying?: ReadonlyArray<Keying | undefined>;
  /** What the reader is told of recording, in place of what the description says. Absent: as it says. */
  readonly recording?: RecordingWords;
}

/** RFC 7866 §7.1.2, §7.1.3. */
export interface RecordingWords {
  /** `a=record` for each m-line in order; undefined says nothing. */
  readonly marks: ReadonlyArray<RecordMark | undefined>;
  /** Whether `a=recordpref` is for the reader, too. */
  readonly passesPreference: boolean;
}

export interface Anchored {
  readonly text: string;
  /** For the next description to the same reader. */
  readonly origin: OwnOrigin;
}

/**
 * Rewrites a description so that media comes to us and nothing tells where it came from before:
 * o=, c=, ports and a=rtcp are ours, ICE goes, everything else stays as it is and where it is. A
 * line on hold by `0.0.0.0` stays on hold, a disabled one stays disabled.
 */
export function anchor(
  text: string,
  { origin, media, keying, recording }: Anchoring,
): SdpResult<Anchored> {
  const read = readSections(text);
  if (!read.ok) return read;
  const keyed = keying ? withKeying(read.value, keying) : read.value;
  const sections = recording ? withWords(keyed, recording) : keyed;
  const session = sections.session.filter((line) => line.type !== 'o' && stays(line));
  const inherited = session.find(isConnection);
  const [version, ...own] = session.map((line) =>
    isConnection(line) ? moved(line, origin.address) : line,
  );
  let body = textOf(own);
  sections.media.forEach((section, i) => {
    body += textOf(anchorMedia(section, media[i] ?? 'reject', inherited, origin.address));
  });
  const next = describedBy(origin, body);
  const first = version ? textOf([version]) : '';
  const anchored = `${first}o=${originValue(next)}\r\n${next.body}`;
  return { ok: true, value: { text: anchored, origin: next } };
}

/**
 * At media level, where it belongs; and where all media say the same also at session level, which is where
 * some look alone.
 */
function withWords(
  { session, media }: Sections,
  { marks, passesPreference }: RecordingWords,
): Sections {
  const kept = (line: SdpLine): boolean => {
    if (line.type !== 'a') return true;
    const name = attributeName(line.value);
    return name !== 'record' && (passesPreference || name !== 'recordpref');
  };
  const said = (mark: RecordMark | undefined): SdpLine[] =>
    mark === undefined ? [] : [{ type: 'a', value: `record:${mark}` }];
  const live = media.flatMap(({ fields }, i) => (fields.port === 0 ? [] : [marks[i]]));
  const common = live.every((mark) => mark === live[0]) ? live[0] : undefined;
  return {
    session: [...session.filter(kept), ...said(common)],
    media: media.map(({ fields, lines }, i) => ({
      fields,
      lines: [...lines.filter(kept), ...(fields.port === 0 ? [] : said(marks[i]))],
    })),
  };
}

function anchorMedia(
  { fields, lines }: MediaSection,
  local: Endpoint | 'reject',
  inherited: SdpLine | undefined,
  sessionAddress: string,
): SdpLine[] {
  const { kind, protocol, formats } = fields;
  const mLine = (port: number): SdpLine => ({
    type: 'm',
    value: [kind, port, protocol, ...formats].join(' '),
  });
  if (local === 'reject' || fields.port === 0) {
    const kept = lines.filter(stays).filter((line) => !isConnection(line) && !isRtcp(line));
    return [mLine(0), ...kept];
  }
  const rewritten = lines.filter(stays).map((line) => {
    if (isConnection(line)) return moved(line, local.address);
    return isRtcp(line) ? rtcpLine(line, local) : line;
  });
  return [
    mLine(local.rtpPort),
    ...withConnection(rewritten, local, inherited, sessionAddress),
    ...missingRtcp(rewritten, local),
  ];
}

/** Gives the section a c= line of its own where the session's would lead elsewhere. */
function withConnection(
  lines: readonly SdpLine[],
  local: Endpoint,
  inherited: SdpLine | undefined,
  sessionAddress: string,
): readonly SdpLine[] {
  const fits = inherited && (isHeld(inherited) || local.address === sessionAddress);
  if (fits || lines.some(isConnection)) return lines;
  const title = lines.findIndex(({ type }) => type !== 'i');
  const at = title < 0 ? lines.length : title;
  const own: SdpLine = { type: 'c', value: networkAddress(local.address) };
  return [...lines.slice(0, at), own, ...lines.slice(at)];
}

function textOf(lines: readonly SdpLine[]): string {
  let text = '';
  for (const { type, value } of lines) text += `${type}=${value}\r\n`;
  return text;
}

function isConnection({ type }: SdpLine): boolean {
  return type === 'c';
}

/** RFC 2543's way to say hold, understood by RFC 3264 §8.4: it must reach the other side as it is. */
function isHeld({ value }: SdpLine): boolean {
  return value.endsWith(' 0.0.0.0') || value.endsWith(' ::');
}

function moved(line: SdpLine, address: string): SdpLine {
  return isHeld(line) ? line : { type: 'c', value: networkAddress(address) };
}

function isRtcp(line: SdpLine): boolean {
  return line.type === 'a' && attributeName(line.value) === 'rtcp';
}

/** RFC 3605: RTCP elsewhere than on the next port must be said. */
function missingRtcp(lines: readonly SdpLine[], { rtpPort, rtcpPort }: Endpoint): SdpLine[] {
  if (rtcpPort === rtpPort + 1 || rtcpPort === rtpPort || lines.some(isRtcp)) return [];
  return [{ type: 'a', value: `rtcp:${rtcpPort}` }];
}

function rtcpLine(line: SdpLine, { address, rtcpPort }: Endpoint): SdpLine {
  const withAddress = attribute(line).value.includes(' ');
  return {
    type: 'a',
    value: `rtcp:${rtcpPort}${withAddress ? ` ${networkAddress(address)}` : ''}`,
  };
}

/** Attributes that lead media past us, or tell of the network behind us. */
const HOPS = new Set([
  // ICE (RFC 8839) and what came before it.
  'candidate',
  'remote-candidates',
  'end-of-candidates',
  'ice-ufrag',
  'ice-pwd',
  'ice-options',
  'ice-lite',
  'ice-mismatch',
  'ice-pacing',
  'x-candidate-info',
  'x-candidate-ipv6',
  'alt',
  // One transport for several m-lines (RFC 9143): each has its own here.
  'bundle-only',
  // Addresses of senders (RFC 4570).
  'source-filter',
  // Notes of relays on the way to each other.
  'nortpproxy',
]);

function stays(line: SdpLine): boolean {
  if (line.type !== 'a') return true;
  const name = attributeName(line.value);
  return !HOPS.has(name) && !(name === 'group' && /^BUNDLE\b/.test(attribute(line).value));
}

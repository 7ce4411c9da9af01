import * as transform from 'sdp-transform';
import { type CryptoAttribute, readCryptoAttribute } from '../srtp';
import type {
  Attribute,
  Carriage,
  Connection,
  Direction,
  MediaDescription,
  Origin,
  PayloadDescription,
  SessionDescription,
} from './description';
import {
  attribute,
  attributeName,
  type MediaSection,
  readSections,
  refuse,
  type SdpLine,
  type SdpResult,
  type Sections,
} from './lines';
import { staticPayload } from './payloads';

/** What sdp-transform is asked to take apart; other attributes are none of its business. */
const TAKEN_APART = new Set(['rtpmap', 'fmtp', 'rtcp', 'ptime', 'maxptime']);
/** Of the other lines: origin, name, connection. */
const READ_TYPES = new Set(['o', 's', 'c']);
const DIRECTIONS: readonly string[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];
/** SRTP without keys in the description: DTLS (RFC 5763), ZRTP (RFC 6189), MIKEY (RFC 4567). */
const KEYED_ELSEWHERE = new Set(['fingerprint', 'zrtp-hash', 'key-mgmt']);
const ICE: readonly string[] = ['ice-ufrag', 'candidate'];

/** Reads a session description. Never throws; OFFER_NOT_UNDERSTOOD says what is wrong with it. */
export function parseSdp(text: string): SdpResult<SessionDescription> {
  const sections = readSections(text);
  if (!sections.ok) return sections;
  try {
    return { ok: true, value: describe(sections.value) };
  } catch (error) {
    return refuse(String(error));
  }
}

function describe(sections: Sections): SessionDescription {
  const parsed = transform.parse(normalized(sections));
  const session = attributesOf(sections.session);
  return {
    origin: originOf(parsed.origin),
    name: String(parsed.name ?? ''),
    connection: connectionOf(parsed.connection),
    media: sections.media.map((section, i) =>
      describeMedia(section, parsed.media[i]!, parsed, session),
    ),
    attributes: session,
  };
}

function describeMedia(
  { fields, lines }: MediaSection,
  parsed: transform.Media,
  session: transform.Session,
  sessionAttributes: readonly Attribute[],
): MediaDescription {
  const attributes = attributesOf(lines);
  const { kind, port, protocol, formats } = fields;
  const all = sessionAttributes.length === 0 ? attributes : attributes.concat(sessionAttributes);
  const carriage = carriageOf(protocol, all);
  // Spelt out: V8 makes an object that begins with another's properties one property at a time.
  return {
    kind,
    port,
    protocol,
    formats,
    carriage,
    payloads: carriage === 'stream' || carriage === 'datagrams' ? [] : payloads(fields, parsed),
    connection: connectionOf(parsed.connection) ?? connectionOf(session.connection),
    direction: directionOf(attributes) ?? directionOf(sessionAttributes) ?? 'sendrecv',
    rtcpPort: portOrNone(parsed.rtcp?.port),
    rtcpMux: attributes.some(({ name }) => name === 'rtcp-mux'),
    ptime: positive(parsed.ptime),
    maxptime: positive(parsed.maxptime),
    label: attributes.find(({ name }) => name === 'label')?.value,
    ice: all.some(({ name }) => ICE.includes(name)),
    cryptos: cryptosOf(attributes),
    attributes,
  };
}

/** The lines that matter again, one m= line for each read here. */
function normalized({ session, media }: Sections): string {
  let text = matter(session);
  for (const { lines } of media) text += `m=\r\n${matter(lines)}`;
  return text;
}

function matter(lines: readonly SdpLine[]): string {
  let text = '';
  for (const line of lines) {
    const { type, value } = line;
    if (type === 'a' ? !TAKEN_APART.has(attributeName(value)) : !READ_TYPES.has(type)) continue;
    text += `${type}=${value}\r\n`;
  }
  return text;
}

function attributesOf(lines: readonly SdpLine[]): Attribute[] {
  const attributes: Attribute[] = [];
  for (const line of lines) if (line.type === 'a') attributes.push(attribute(line));
  return attributes;
}

function payloads(
  { formats }: { readonly formats: readonly string[] },
  { rtp, fmtp }: transform.Media,
): PayloadDescription[] {
  const found: PayloadDescription[] = [];
  for (const format of formats) {
    if (!/^\d{1,3}$/.test(format) || Number(format) > 127) continue;
    const payloadType = Number(format);
    const parameters = fmtp.find(({ payload }) => payload === payloadType)?.config;
    const text = parameters === undefined ? undefined : String(parameters);
    const payload = payloadOf(
      payloadType,
      rtp.find(({ payload }) => payload === payloadType),
      text,
    );
    if (payload) found.push(payload);
  }
  return found;
}

function payloadOf(
  payloadType: number,
  map: transform.Media['rtp'][number] | undefined,
  fmtp: string | undefined,
): PayloadDescription | undefined {
  if (!map?.codec || !map.rate) return staticPayload(payloadType, fmtp);
  return {
    payloadType,
    codec: String(map.codec),
    clockRate: map.rate,
    channels: positive(map.encoding) ?? 1,
    fmtp,
  };
}

function carriageOf(protocol: string, attributes: readonly Attribute[]): Carriage {
  const name = protocol.toUpperCase();
  if (name === 'RTP/AVP' || name === 'RTP/AVPF') return 'rtp';
  if (name === 'RTP/SAVP' || name === 'RTP/SAVPF') {
    const elsewhere = attributes.some(({ name }) => KEYED_ELSEWHERE.has(name));
    return elsewhere && !attributes.some((one) => one.name === 'crypto') ? 'sealed' : 'srtp';
  }
  if (name.startsWith('UDP/TLS/RTP/')) return 'sealed';
  if (name === 'UDPTL' || name === 'UDP' || name.startsWith('UDP/')) return 'datagrams';
  return 'stream';
}

function cryptosOf(attributes: readonly Attribute[]): CryptoAttribute[] {
  const found: CryptoAttribute[] = [];
  for (const { name, value } of attributes) {
    const crypto = name === 'crypto' ? readCryptoAttribute(value) : undefined;
    if (crypto) found.push(crypto);
  }
  return found;
}

function directionOf(attributes: readonly Attribute[]): Direction | undefined {
  return attributes.find(({ name }) => DIRECTIONS.includes(name))?.name as Direction | undefined;
}

function connectionOf(parsed: transform.Connection | undefined): Connection | undefined {
  if (!parsed?.ip) return undefined;
  // A multicast time to live or count (`/127`) follows the address.
  const [address = ''] = String(parsed.ip).split('/');
  return { address, family: parsed.version === 6 ? 6 : 4 };
}

function originOf(parsed: transform.Session['origin']): Origin | undefined {
  return (
    parsed && {
      username: String(parsed.username),
      sessionId: String(parsed.sessionId),
      sessionVersion: String(parsed.sessionVersion),
      address: String(parsed.address),
    }
  );
}

function portOrNone(port: number | undefined): number | undefined {
  return port !== undefined && port >= 1 && port <= 0xffff ? port : undefined;
}

function positive(value: number | string | undefined): number | undefined {
  const number = Number(value);
  return number > 0 ? number : undefined;
}

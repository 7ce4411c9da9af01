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
  attributesOf,
  type MediaSection,
  readSections,
  type SdpLine,
  type SdpResult,
  type Sections,
} from './lines';
import { staticPayload } from './payloads';

const DIRECTIONS: readonly string[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];
/** SRTP without keys in the description: DTLS (RFC 5763), ZRTP (RFC 6189), MIKEY (RFC 4567). */
const KEYED_ELSEWHERE = new Set(['fingerprint', 'zrtp-hash', 'key-mgmt']);
const ICE: readonly string[] = ['ice-ufrag', 'candidate'];

/** Reads a session description. Never throws; OFFER_NOT_UNDERSTOOD says what is wrong with it. */
export function parseSdp(text: string): SdpResult<SessionDescription> {
  const sections = readSections(text);
  return sections.ok ? { ok: true, value: describe(sections.value) } : sections;
}

function describe({ session, media }: Sections): SessionDescription {
  const attributes = attributesOf(session);
  const connection = connectionOf(session);
  return {
    origin: originOf(firstOf(session, 'o')),
    name: firstOf(session, 's'),
    connection,
    media: media.map((section) => describeMedia(section, connection, attributes)),
    attributes,
  };
}

function describeMedia(
  { fields, lines }: MediaSection,
  sessionConnection: Connection | undefined,
  sessionAttributes: readonly Attribute[],
): MediaDescription {
  const { kind, port, protocol, formats } = fields;
  const attributes = attributesOf(lines);
  const said = (name: string) => attributes.find((one) => one.name === name)?.value;
  const names = [...attributes, ...sessionAttributes].map(({ name }) => name);
  const carriage = carriageOf(protocol, names);
  return {
    kind,
    port,
    protocol,
    formats,
    carriage,
    payloads:
      carriage === 'stream' || carriage === 'datagrams' ? [] : payloads(formats, attributes),
    connection: connectionOf(lines) ?? sessionConnection,
    direction: directionOf(attributes) ?? directionOf(sessionAttributes) ?? 'sendrecv',
    rtcpPort: portOrNone(said('rtcp')),
    rtcpMux: said('rtcp-mux') !== undefined,
    ptime: positive(said('ptime')),
    maxptime: positive(said('maxptime')),
    label: said('label'),
    ice: names.some((name) => ICE.includes(name)),
    cryptos: cryptosOf(attributes),
    attributes,
  };
}

function firstOf(lines: readonly SdpLine[], type: string): string {
  return lines.find((line) => line.type === type)?.value ?? '';
}

/** `<encoding name>/<clock rate>[/<channels>]` behind the payload type: RFC 4566 §6. */
const RTPMAP = /^(\d+) +([\w.-]+) *\/ *(\d+)(?: *\/ *(\d+))?/;
const FMTP = /^(\d+) (.+)/;

function payloads(
  formats: readonly string[],
  attributes: readonly Attribute[],
): PayloadDescription[] {
  const maps = byPayloadType(attributes, 'rtpmap', RTPMAP);
  const parameters = byPayloadType(attributes, 'fmtp', FMTP);
  return formats.flatMap((format) => {
    if (!/^\d{1,3}$/.test(format) || Number(format) > 127) return [];
    const payloadType = Number(format);
    const fmtp = parameters.get(payloadType)?.[2];
    const [, , codec, rate, channels] = maps.get(payloadType) ?? [];
    const clockRate = Number(rate);
    if (codec === undefined || !(clockRate > 0)) return staticPayload(payloadType, fmtp) ?? [];
    return { payloadType, codec, clockRate, channels: positive(channels) ?? 1, fmtp };
  });
}

/** The first attribute of that name and form for each payload type, with which it begins. */
function byPayloadType(
  attributes: readonly Attribute[],
  name: string,
  form: RegExp,
): ReadonlyMap<number, RegExpExecArray> {
  const found = new Map<number, RegExpExecArray>();
  for (const one of attributes) {
    const read = one.name === name ? form.exec(one.value) : null;
    if (read && !found.has(Number(read[1]))) found.set(Number(read[1]), read);
  }
  return found;
}

function carriageOf(protocol: string, attributes: readonly string[]): Carriage {
  const name = protocol.toUpperCase();
  if (name === 'RTP/AVP' || name === 'RTP/AVPF') return 'rtp';
  if (name === 'RTP/SAVP' || name === 'RTP/SAVPF') {
    const elsewhere = attributes.some((one) => KEYED_ELSEWHERE.has(one));
    return elsewhere && !attributes.includes('crypto') ? 'sealed' : 'srtp';
  }
  if (name.startsWith('UDP/TLS/RTP/')) return 'sealed';
  if (name === 'UDPTL' || name === 'UDP' || name.startsWith('UDP/')) return 'datagrams';
  return 'stream';
}

function cryptosOf(attributes: readonly Attribute[]): CryptoAttribute[] {
  return attributes.flatMap(({ name, value }) =>
    name === 'crypto' ? (readCryptoAttribute(value) ?? []) : [],
  );
}

function directionOf(attributes: readonly Attribute[]): Direction | undefined {
  return attributes.find(({ name }) => DIRECTIONS.includes(name))?.name as Direction | undefined;
}

/** The c= line of these: RFC 4566 §5.7. */
function connectionOf(lines: readonly SdpLine[]): Connection | undefined {
  const [, family, address] = /^IN IP(\d) ([^\s/]+)/.exec(firstOf(lines, 'c')) ?? [];
  // A multicast time to live or count (`/127`) may follow the address.
  return address === undefined ? undefined : { address, family: family === '6' ? 6 : 4 };
}

/** RFC 4566 §5.2. */
function originOf(value: string): Origin | undefined {
  const [, username, sessionId, sessionVersion, address] =
    /^(\S*) (\d*) (\d*) \S* IP\d (\S*)/.exec(value) ?? [];
  if (username === undefined) return undefined;
  return { username, sessionId: sessionId!, sessionVersion: sessionVersion!, address: address! };
}

/** The port that an a=rtcp begins with: RFC 3605. */
function portOrNone(rtcp: string | undefined): number | undefined {
  const port = Number.parseInt(rtcp ?? '', 10);
  return port >= 1 && port <= 0xffff ? port : undefined;
}

function positive(value: string | undefined): number | undefined {
  const number = Number.parseFloat(value ?? '');
  return number > 0 ? number : undefined;
}

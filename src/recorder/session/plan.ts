import {
  type AnsweredKeys,
  answeringKeys,
  type Endpoint,
  isRecordable,
  type MediaDescription,
  type PayloadDescription,
  remoteEndpoint,
  type SessionDescription,
  sends,
} from '../../media';
import { formatOf } from '../timeline/format';

/** An m-line that is recorded. */
export interface TakenLine {
  readonly kind: 'taken';
  /** Position in the session description. */
  readonly line: number;
  readonly protocol: string;
  readonly label: string | undefined;
  /** From 0. */
  readonly channel: number;
  /** The client says that it sends. */
  readonly active: boolean;
  /** Everything offered: some clients send what was not agreed on. */
  readonly understood: readonly PayloadDescription[];
  /** What the answer names. */
  readonly accepted: readonly PayloadDescription[];
  readonly remote: Endpoint | undefined;
  readonly mux: boolean;
  /** Undefined in the clear. */
  readonly srtp: AnsweredKeys | undefined;
}

/** An m-line that is not: answered with port 0 (RFC 3264 §6). */
export interface RefusedLine {
  readonly kind: 'refused';
  readonly media: MediaDescription;
}

/** Which streams share which channel, once and for all: a WAV file cannot gain channels. */
export interface ChannelMap {
  readonly count: number;
  /** By label, or by position for lines without one. */
  readonly byKey: ReadonlyMap<string, number>;
}

export interface Plan {
  /** In the order of the offer. */
  readonly lines: ReadonlyArray<TakenLine | RefusedLine>;
  readonly channels: ChannelMap;
}

/** A file of more channels would be of no use to anybody; further streams are refused. */
const MAX_LINES = 16;

/**
 * What becomes of each m-line of an offer. The first plan gives each recorded line a channel, in the order
 * of their labels if these are numbers, else of the lines; later ones keep to it, and a line that is new
 * takes the channel of one that is gone, or else shares the last.
 */
export function planLines(offer: SessionDescription, before?: Plan): Plan {
  const candidates = offer.media
    .map((media, line) => ({ media, line, key: media.label ?? `#${line}` }))
    .filter(({ media }) => isAudio(media))
    .slice(0, MAX_LINES);
  const channels = before
    ? extended(
        before.channels,
        candidates.map(({ key }) => key),
      )
    : firstChannels(candidates);
  const taken = new Map(
    candidates.map(({ media, line, key }): [number, TakenLine] => [
      line,
      takenLine(media, line, channels.byKey.get(key) ?? 0, takenAt(before, line)),
    ]),
  );
  return {
    channels,
    lines: offer.media.map((media, line) => taken.get(line) ?? { kind: 'refused', media }),
  };
}

/** The lines of a plan that are recorded. */
export function takenLines({ lines }: Plan): readonly TakenLine[] {
  return lines.filter((line): line is TakenLine => line.kind === 'taken');
}

/** 8 kHz when everything is narrowband, else 16. */
export function rateOf(plan: Plan): number {
  const wide = takenLines(plan).some(({ accepted }) =>
    accepted.some((payload) => {
      const format = formatOf(payload);
      return format.kept === 'wav' && format.sampleRate > 8000;
    }),
  );
  return wide ? 16_000 : 8000;
}

/** Why an offer cannot be taken at all: a Warning of RFC 3261 §20.43; undefined when it can. */
export function refusalOf(offer: SessionDescription): string | undefined {
  const offered = offer.media.filter(({ port }) => port !== 0);
  if (offered.some(isAudio)) return undefined;
  const audio = offered.filter(({ kind }) => kind === 'audio');
  if (audio.length === 0) return '304 recorder "Only audio is recorded"';
  if (!audio.some(isReadable)) {
    return '302 recorder "Only RTP and SRTP with keys in a=crypto are recorded"';
  }
  return '305 recorder "No media format is known"';
}

function isAudio(media: MediaDescription): boolean {
  return isRecordable(media) && isReadable(media);
}

function isReadable({ carriage, cryptos }: MediaDescription): boolean {
  return carriage === 'rtp' || (carriage === 'srtp' && cryptos.length > 0);
}

function takenAt(plan: Plan | undefined, line: number): TakenLine | undefined {
  const before = plan?.lines[line];
  return before?.kind === 'taken' ? before : undefined;
}

function takenLine(
  media: MediaDescription,
  line: number,
  channel: number,
  before: TakenLine | undefined,
): TakenLine {
  const where = remoteEndpoint(media);
  const [crypto] = media.cryptos;
  const remote = where.kind === 'endpoint' ? where.endpoint : undefined;
  // RFC 2543's way to hold. Said from the beginning it only means that the address is not known.
  const held =
    where.kind === 'held' &&
    before !== undefined &&
    (before.remote !== undefined || !before.active);
  return {
    kind: 'taken',
    line,
    protocol: media.protocol,
    label: media.label,
    channel,
    active: sends(media) && !held,
    understood: media.payloads,
    accepted: acceptedOf(media.payloads),
    remote,
    mux: media.rtcpMux,
    srtp: crypto && answeringKeys(crypto, before?.srtp?.session),
  };
}

/** What can be decoded, when there is such; else everything, to be kept as packets. */
function acceptedOf(payloads: readonly PayloadDescription[]): readonly PayloadDescription[] {
  const usable = payloads.filter((payload) => formatOf(payload).kept !== 'pcap');
  return usable.some((payload) => formatOf(payload).kept === 'wav') ? usable : payloads;
}

function firstChannels(
  candidates: ReadonlyArray<{ readonly media: MediaDescription; readonly key: string }>,
): ChannelMap {
  const numbered = candidates.every(({ media }) => /^\d{1,15}$/.test(media.label ?? ''));
  const keys = [...new Set(candidates.map(({ key }) => key))];
  if (numbered) keys.sort((a, b) => Number(a) - Number(b));
  return { count: keys.length, byKey: new Map(keys.map((key, channel) => [key, channel])) };
}

function extended(channels: ChannelMap, keys: readonly string[]): ChannelMap {
  const byKey = new Map(channels.byKey);
  for (const key of keys) {
    if (byKey.has(key)) continue;
    const used = new Set(keys.map((one) => byKey.get(one)));
    const free = Array.from({ length: channels.count }, (_, channel) => channel).find(
      (channel) => !used.has(channel),
    );
    byKey.set(key, free ?? channels.count - 1);
  }
  return { count: channels.count, byKey };
}

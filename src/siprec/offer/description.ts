import {
  type Endpoint,
  type Keying,
  type LegKeying,
  type MediaDescription,
  type OwnOrigin,
  type PayloadDescription,
  parseSdp,
  recordingOffer,
  remoteEndpoint,
  sameCodec,
  type Written,
} from '../../media';
import type { OurLine, RecorderLine } from '../session/lines';
import type { Label } from '../session/recording';

/** Our side of the recording session as a session description: RFC 7866 §7.1.1. */
export function describeLines(
  origin: OwnOrigin,
  lines: readonly OurLine[],
  localOf: (label: Label) => Endpoint | undefined,
  keyingOf: (label: Label) => Keying | undefined,
): Written {
  return recordingOffer(
    origin,
    lines.map(({ label, codecs, direction }) => ({
      label,
      local: direction === 'rejected' ? undefined : localOf(label),
      payloads: codecs,
      direction: direction === 'sendonly' ? 'sendonly' : 'inactive',
      keying: keyingOf(label),
    })),
  );
}

/** What we send on a line, to read the recorder's description of it. */
export interface SentLine {
  /** Where the fork sends from. */
  readonly local: Endpoint;
  readonly codecs: readonly PayloadDescription[];
  /** Undefined where it is sent in the clear. */
  readonly keying: LegKeying | undefined;
}

/**
 * The recorder's description of our lines, in their order (RFC 3264 §6: by position, whatever the labels
 * say). Undefined when it is no session description.
 */
export function readRecorder(
  text: string | undefined,
  sent: readonly SentLine[],
  role: 'offer' | 'answer',
): readonly RecorderLine[] | undefined {
  if (text === undefined) return undefined;
  const sdp = parseSdp(text);
  if (!sdp.ok) return undefined;
  return sdp.value.media.map((media, index) => readLine(media, sent[index], role));
}

const REFUSED: RecorderLine = {
  refused: true,
  remote: undefined,
  receives: false,
  payloadTypes: [],
  keys: undefined,
};

function readLine(
  media: MediaDescription,
  sent: SentLine | undefined,
  role: 'offer' | 'answer',
): RecorderLine {
  if (!sent || media.kind !== 'audio' || !fits(media, sent.keying, role)) return REFUSED;
  const keys = sent.keying && media.cryptos[0]?.keys;
  if (!takesACodec(media, sent.codecs)) return REFUSED;
  // We never offer rtcp-mux, so it is not agreed whatever the recorder says.
  const remote = remoteEndpoint(media, false);
  const payloadTypes = media.formats.map(Number);
  switch (remote.kind) {
    case 'held':
      return { refused: false, remote: undefined, receives: false, payloadTypes, keys };
    case 'endpoint': {
      // From an IPv4 socket nothing reaches an IPv6 address.
      const { endpoint } = remote;
      if (endpoint.address.includes(':') !== sent.local.address.includes(':')) return REFUSED;
      return { refused: false, remote: endpoint, receives: isReady(media), payloadTypes, keys };
    }
    default:
      return REFUSED;
  }
}

/** In the clear or by SRTP, as we send; its keys are taken with that. */
function fits(
  media: MediaDescription,
  keying: LegKeying | undefined,
  role: 'offer' | 'answer',
): boolean {
  if (!keying) return media.carriage === 'rtp';
  if (media.port === 0 || media.cryptos.length === 0) return false;
  try {
    if (role === 'offer') keying.hearOffer(media);
    else keying.hearAnswer(media);
  } catch {
    return false;
  }
  if (role === 'answer') keying.settle();
  return true;
}

/**
 * A recorder has nothing to send: one that copies our `sendonly` into its answer, where it has no place
 * (RFC 3264 §6.1), means that it is ready.
 */
function isReady({ direction }: MediaDescription): boolean {
  return direction !== 'inactive';
}

/** A recorder that takes only the telephone events of a stream does not take the stream. */
function takesACodec(media: MediaDescription, codecs: readonly PayloadDescription[]): boolean {
  return codecs.some((ours) => {
    if (ours.codec.toLowerCase() === 'telephone-event') return false;
    // Dynamic numbers without their rtpmap are met in answers; they are those of the offer.
    if (media.formats.includes(String(ours.payloadType))) return true;
    return media.payloads.some((theirs) => sameCodec(ours, theirs));
  });
}

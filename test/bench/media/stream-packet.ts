/**
 * The packets of the load: 20 ms of G.711, or a telephone event. Each says in a header extension (RFC 8285, of the size
 * of abs-send-time) the how-manieth of its stream it is: a relay that mixes into a stream may number it anew and change
 * its payload, and this it leaves alone. What has no such extension is the relay's own.
 */
const HEADER = 12;
const EXTENSION = 8;
/** Where the payload begins. */
const PAYLOAD = HEADER + EXTENSION;
const SAMPLES = 160;
export const PACKET = PAYLOAD + SAMPLES;
const EVENT = 4;

const PCMU = 0;
export const EVENT_TYPE = 101;
const MARKER = 0x80;
/** Any sound. */
const AUDIO = 0x55;
const EXTENDED = 0x90;
const ONE_BYTE = 0xbede;
/** Element 1, of three octets. */
const ELEMENT = 0x12;
export const COUNTS = 1 << 24;

/** Frames from one digit to the next. */
const DIGIT_EVERY = 250;
/** Frames of a digit: 100 ms, and its end said twice more (RFC 4733 §2.5.1.4). */
const DIGIT_FRAMES = 7;
const DIGIT_TICKS = 5;

/** Writes what stays the same. Streams are numbered from 0, their SSRCs from 1. */
export function prepare(bytes: Buffer, at: number, stream: number): void {
  bytes.fill(AUDIO, at, at + PACKET);
  bytes[at] = EXTENDED;
  bytes[at + 1] = PCMU;
  bytes.writeUInt32BE(stream + 1, at + 8);
  bytes.writeUInt16BE(ONE_BYTE, at + HEADER);
  bytes.writeUInt16BE(1, at + HEADER + 2);
  bytes[at + HEADER + 4] = ELEMENT;
}

/** Makes it the packet number `count` of its stream, digits among the speech if so wished; its length. */
export function advance(
  bytes: Buffer,
  at: number,
  stream: number,
  count: number,
  digits: boolean,
): number {
  bytes[at + 2] = count >> 8;
  bytes[at + 3] = count;
  bytes[at + HEADER + 5] = count >> 16;
  bytes[at + HEADER + 6] = count >> 8;
  bytes[at + HEADER + 7] = count;
  // Not all at once.
  const frame = digits ? (count + 7 * stream) % DIGIT_EVERY : DIGIT_FRAMES;
  if (frame < DIGIT_FRAMES) return digit(bytes, at, count, frame);
  bytes[at + 1] = PCMU;
  bytes.writeInt32BE((count * SAMPLES) | 0, at + 4);
  if (frame === DIGIT_FRAMES) bytes.fill(AUDIO, at + PAYLOAD, at + PAYLOAD + EVENT);
  return PACKET;
}

function digit(bytes: Buffer, at: number, count: number, frame: number): number {
  bytes[at + 1] = EVENT_TYPE | (frame === 0 ? MARKER : 0);
  bytes.writeInt32BE(((count - frame) * SAMPLES) | 0, at + 4);
  const ticks = Math.min(frame + 1, DIGIT_TICKS);
  bytes[at + PAYLOAD] = 5;
  bytes[at + PAYLOAD + 1] = (frame + 1 >= DIGIT_TICKS ? 0x80 : 0) | 10;
  bytes.writeUInt16BE(ticks * SAMPLES, at + PAYLOAD + 2);
  return PAYLOAD + EVENT;
}

/** The stream of a packet of the load, by its SSRC. */
export function streamIn(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at + 8) - 1;
}

/** The how-manieth of its stream it is; -1 where that is not said. */
export function countIn(bytes: Buffer, at: number, length: number): number {
  if (length < PAYLOAD || bytes[at] !== EXTENDED || bytes[at + HEADER + 4] !== ELEMENT) return -1;
  return bytes.readUIntBE(at + HEADER + 5, 3);
}

import { parseRtp } from '../../../src/media';
import { advance, countIn, EVENT_TYPE, PACKET, prepare, streamIn } from './stream-packet';

const bytes = Buffer.alloc(512);
const AT = 64;

function packet(stream: number, count: number, digits = false): Buffer {
  const length = advance(bytes, AT, stream, count, digits);
  return bytes.subarray(AT, AT + length);
}

describe('a packet of the load', () => {
  beforeEach(() => prepare(bytes, AT, 41));

  it('is RTP of 20 ms that says its stream and its place in it', () => {
    const sent = packet(41, 70_000);
    expect(sent).toHaveLength(PACKET);
    expect(parseRtp(sent)).toMatchObject({
      payloadType: 0,
      sequence: 70_000 & 0xffff,
      timestamp: 70_000 * 160,
      ssrc: 42,
    });
    expect(parseRtp(sent)!.payload).toHaveLength(160);
    expect(streamIn(sent, 0)).toBe(41);
    expect(countIn(sent, 0, sent.length)).toBe(70_000);
  });

  it('says so in whatever way it is renumbered', () => {
    const sent = packet(41, 9);
    sent.writeUInt16BE(777, 2);
    sent.fill(0, PACKET - 160);
    expect(countIn(sent, 0, sent.length)).toBe(9);
  });

  it('is told from one that the relay has made', () => {
    const own = Buffer.alloc(172, 0x55);
    own[0] = 0x80;
    expect(countIn(own, 0, own.length)).toBe(-1);
    expect(countIn(own, 0, 3)).toBe(-1);
  });

  it('is now and then a digit: one time of begin, a growing length, its end said three times', () => {
    const sent = Array.from({ length: 250 }, (_, i) => Buffer.from(packet(41, 1000 + i, true)));
    const parsed = sent.map((one) => parseRtp(one)!);
    const digit = parsed.filter(({ payloadType }) => payloadType === EVENT_TYPE);
    expect(digit).toHaveLength(7);
    expect(new Set(digit.map(({ timestamp }) => timestamp)).size).toBe(1);
    expect(digit.map(({ marker }) => marker)).toEqual([true, ...Array(6).fill(false)]);
    expect(digit.map(({ payload }) => payload.readUInt16BE(2) / 160)).toEqual([
      1, 2, 3, 4, 5, 5, 5,
    ]);
    expect(digit.map(({ payload }) => payload[1]! >> 7)).toEqual([0, 0, 0, 0, 1, 1, 1]);
    const speech = parsed.filter(({ payloadType }) => payloadType === 0);
    for (const { payload } of speech) expect(payload).toEqual(Buffer.alloc(160, 0x55));
    expect(sent.map((one) => countIn(one, 0, one.length))).toEqual(sent.map((_, i) => 1000 + i));
  });
});

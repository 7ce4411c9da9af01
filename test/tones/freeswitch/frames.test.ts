import { Fault } from '../../../src/core';
import type { RtpPacket } from '../../../src/media';
import { framesOf } from '../../../src/tones/freeswitch/frames';

const G729 = { payloadType: 18, codec: 'G729', clockRate: 8_000, channels: 1 };

function packet(index: number, more: Partial<RtpPacket> = {}): RtpPacket {
  return {
    marker: false,
    payloadType: 18,
    sequence: (65_530 + index) & 0xffff,
    timestamp: (4_294_967_000 + 160 * index) >>> 0,
    ssrc: 7,
    payload: Buffer.from([index]),
    ...more,
  };
}

const stream = (length: number) => Array.from({ length }, (_, index) => packet(index));
const numbers = (packets: readonly RtpPacket[], leastMs = 0) =>
  framesOf(packets, G729, leastMs).payloads.map(([number]) => number);

function reason(packets: readonly RtpPacket[], leastMs = 0): string {
  try {
    framesOf(packets, G729, leastMs);
  } catch (error) {
    if (error instanceof Fault && error.code === 'FREESWITCH_FAILED') return error.message;
    throw error;
  }
  throw new Error('it was taken');
}

describe('frames of a stream', () => {
  test('are its payloads in the order in which they were sent, over the wrap of both counters', () => {
    const packets = stream(20);
    const mixed = [
      ...packets.slice(0, 3),
      packets[4]!,
      packets[3]!,
      packets[4]!,
      ...packets.slice(5),
    ];
    expect(numbers(mixed)).toEqual(packets.map((_, index) => index));
    expect(framesOf(packets, G729, 0)).toMatchObject({
      codec: 'G729',
      clockRate: 8_000,
      ticks: 160,
    });
  });

  test('are those of the codec, without comfort noise and telephone events', () => {
    const packets = stream(5).map((one, index) => (index < 2 ? { ...one, payloadType: 13 } : one));
    expect(numbers(packets)).toEqual([2, 3, 4]);
  });

  test('close up over pauses of the speaker', () => {
    const later = stream(6).map((one, index) =>
      index < 3 ? one : { ...one, timestamp: (one.timestamp + 8_000) >>> 0 },
    );
    expect(numbers(later)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(framesOf(later, G729, 0).ticks).toBe(160);
  });

  test('have the length that the sender gives them', () => {
    const long = stream(4).map((one, index) => ({ ...one, timestamp: 240 * index }));
    expect(framesOf(long, G729, 0).ticks).toBe(240);
  });

  test('are none when one is missing', () => {
    expect(reason(stream(9).filter((_, index) => index !== 4 && index !== 6))).toContain(
      'G729: 2 packets were lost on the way',
    );
  });

  test('are none when the stream is shorter than the sound', () => {
    expect(reason(stream(10), 300)).toContain('it sent 200 ms of 300 ms');
    expect(numbers(stream(10), 255)).toHaveLength(10);
  });

  test('are none when nothing came, or time stands still', () => {
    expect(reason([])).toContain('it sent nothing');
    expect(reason([packet(0, { payloadType: 0 })])).toContain('it sent nothing');
    expect(reason(stream(3).map((one) => ({ ...one, timestamp: 5 })))).toContain('stand still');
  });
});

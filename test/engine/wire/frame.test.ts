import fc from 'fast-check';
import { FrameReader, frame, soleFrame } from '../../../src/engine/wire/frame';

function reader(limit = 1_000_000) {
  const frames: string[] = [];
  const broken: string[] = [];
  const it = new FrameReader(
    {
      receive: (payload) => frames.push(payload.toString()),
      broken: (reason) => broken.push(reason),
    },
    limit,
  );
  return { it, frames, broken };
}

describe('frames', () => {
  test('are counted in bytes, not characters', () => {
    expect(frame('ü|😀', Buffer.from('ä')).toString()).toBe('11#ü|😀\r\nä');
  });

  test('come out whole however they are split and run together', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 });
    const cuts = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(text, { maxLength: 8 }), cuts, (payloads, sizes) => {
        const { it, frames, broken } = reader();
        const stream = Buffer.concat(payloads.map((payload) => frame(payload)));
        for (let at = 0, n = 0; at < stream.length; n++) {
          const size = sizes[n % sizes.length]!;
          it.push(stream.subarray(at, at + size));
          at += size;
        }
        expect(frames).toEqual(payloads);
        expect(broken).toEqual([]);
        expect(it.idle).toBe(true);
      }),
    );
  });

  test('come out byte by byte', () => {
    const { it, frames } = reader();
    for (const byte of frame('a'.repeat(20_000))) it.push(Buffer.from([byte]));
    expect(frames[0]).toHaveLength(20_000);
  });

  test('may be as large as the limit and no larger', () => {
    const { it, frames, broken } = reader(10);
    it.push(frame('a'.repeat(10)));
    it.push(frame('a'.repeat(11)));
    it.push(frame('never'));
    expect(frames).toEqual(['a'.repeat(10)]);
    expect(broken).toEqual(['frame of more than 10 bytes']);
  });

  test.each(['x#', '12a#', '-5#', '#', '123456789#', '0#', ' 3#abc'])(
    'of no length break the stream: %s',
    (text) => {
      const { it, frames, broken } = reader();
      it.push(Buffer.from(text));
      expect(broken).toHaveLength(1);
      expect(frames).toEqual([]);
    },
  );

  test('never hurt the reader, whatever bytes come', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (chunks) => {
        const { it, broken } = reader(1000);
        for (const chunk of chunks) it.push(Buffer.from(chunk));
        expect(broken.length).toBeLessThan(2);
      }),
    );
  });

  test('written as one string are read without going through bytes', () => {
    expect(soleFrame('3#abc', 100)).toBe('abc');
    expect(soleFrame('2#ü', 100)).toBe('ü');
    for (const text of ['3#abcd', '4#abc', '#abc', 'x#abc', '3#ab', '1e1#aaaaaaaaaa', '']) {
      expect(soleFrame(text, 100)).toBeUndefined();
    }
    expect(soleFrame('3#abc', 2)).toBeUndefined();
  });
});

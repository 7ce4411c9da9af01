import fc from 'fast-check';
import {
  buildRtp,
  classify,
  DATAGRAM,
  parseRtp,
  parseTelephoneEvent,
  SequenceUnwrapper,
  TimestampUnwrapper,
} from '../../../src/media';

const packet = {
  marker: true,
  payloadType: 101,
  sequence: 65535,
  timestamp: 0xfffffff0,
  ssrc: 0x80000001,
  payload: Buffer.from('abc'),
};

describe('an RTP packet', () => {
  test('is read as it was built', () => {
    expect(parseRtp(buildRtp(packet))).toEqual(packet);
  });

  test('is read past contributing sources, extension and padding', () => {
    const plain = buildRtp({ ...packet, payload: Buffer.alloc(0) });
    plain[0] = 0x80 | 0x20 | 0x10 | 2;
    const datagram = Buffer.concat([
      plain,
      Buffer.from('0000000100000002', 'hex'),
      Buffer.from('bede0001aabbccdd', 'hex'),
      Buffer.from('abc'),
      Buffer.from([0, 0, 3]),
    ]);
    expect(parseRtp(datagram)).toEqual(packet);
  });

  test.each([
    ['too short', '8000000100000001000000'],
    ['of another version', '400000010000000100000001'],
    ['cut in its contributing sources', '8f0000010000000100000001'],
    ['cut in its extension', '900000010000000100000001bede0002aabbccdd'],
    ['without room for its extension', '900000010000000100000001bede'],
    ['padded beyond its size', 'a00000010000000100000001ff'],
  ])('is refused when %s', (_what, hex) => {
    expect(parseRtp(Buffer.from(hex, 'hex'))).toBeUndefined();
  });

  test('never throws and never shows octets outside the datagram', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.boolean(), (bytes, plausible) => {
        if (plausible && bytes.length > 0) bytes[0] = 0x80 | (bytes[0]! & 0x3f);
        const datagram = Buffer.from(bytes);
        const parsed = parseRtp(datagram);
        if (parsed) expect(parsed.payload.length).toBeLessThanOrEqual(datagram.length - 12);
        classify(datagram, 0, datagram.length);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a datagram on a media port', () => {
  const kinds = Object.entries(DATAGRAM);

  test.each([
    ['RTP', '80000001000000010000000100', 'rtp'],
    ['RTP with a marker', '80e500010000000100000001', 'rtp'],
    ['a sender report', '80c800060000000100000000', 'rtcp'],
    ['feedback', '81cd000200000001', 'rtcp'],
    ['STUN', `0001000021 12a442${'00'.repeat(12)}`.replace(' ', ''), 'stun'],
    ['DTLS', `16feff${'00'.repeat(10)}`, 'dtls'],
    ['ZRTP', '1000000a', 'zrtp'],
    ['RTP too short', '8000000100000001000000', 'unknown'],
    ['nothing', '', 'unknown'],
    ['text', '494e56495445', 'unknown'],
    ['the future', 'ff00000000000000000000000000', 'unknown'],
  ])('is known as %s', (_what, hex, kind) => {
    const bytes = Buffer.from(`ffff${hex}`, 'hex');
    const found = classify(bytes, 2, bytes.length - 2);
    expect(kinds.find(([, value]) => value === found)?.[0]).toBe(kind);
  });
});

describe('counters that wrap', () => {
  test('run on over the wrap, forwards and back', () => {
    const sequence = new SequenceUnwrapper();
    expect([65534, 65535, 1, 0, 2].map((value) => sequence.unwrap(value))).toEqual([
      65534, 65535, 65537, 65536, 65538,
    ]);
    const timestamp = new TimestampUnwrapper();
    expect([0xffffff00, 0x60, 0xffffffff].map((value) => timestamp.unwrap(value))).toEqual([
      0xffffff00, 0x100000060, 0xffffffff,
    ]);
  });

  test('may step below the first value', () => {
    const sequence = new SequenceUnwrapper();
    expect([0, 65535].map((value) => sequence.unwrap(value))).toEqual([0, -1]);
    sequence.reset();
    expect(sequence.unwrap(5)).toBe(5);
  });

  test('follow any walk of small steps exactly', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -900, max: 900 })), fc.nat(65535), (steps, start) => {
        const unwrapper = new SequenceUnwrapper();
        let exact = start;
        expect(unwrapper.unwrap(start)).toBe(start);
        for (const step of steps) {
          exact += step;
          expect(unwrapper.unwrap(exact & 0xffff)).toBe(exact);
        }
      }),
    );
  });
});

describe('a telephone event', () => {
  test('is read with digit, end, volume and duration', () => {
    expect(parseTelephoneEvent(Buffer.from('0a8a0320', 'hex'))).toEqual({
      event: 10,
      digit: '*',
      end: true,
      volume: 10,
      duration: 800,
    });
    expect(parseTelephoneEvent(Buffer.from('103f0000', 'hex'))).toMatchObject({ digit: undefined });
  });

  test('is nothing when cut short', () => {
    expect(parseTelephoneEvent(Buffer.from('0a8a03', 'hex'))).toBeUndefined();
  });
});

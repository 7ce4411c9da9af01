import fc from 'fast-check';
import { buildRtcp, fromNtp, parseRtcp, type RtcpPacket, toNtp } from '../../../src/media';

const block = {
  ssrc: 0xdeadbeef,
  fractionLost: 128,
  lost: -3,
  highestSequence: 0x1ffff,
  jitter: 12,
  lastSr: 0x12345678,
  delaySinceLastSr: 65_536,
};

const compound: RtcpPacket[] = [
  {
    kind: 'sender-report',
    ssrc: 0xffffffff,
    ntp: 0xe0123456_80000000n,
    rtpTimestamp: 0xfffffffe,
    packets: 7,
    octets: 1120,
    reports: [block],
  },
  { kind: 'receiver-report', ssrc: 5, reports: [block, { ...block, lost: 70_000 }] },
  { kind: 'source-description', sources: [{ ssrc: 5, cname: 'abcdefghij' }] },
  {
    kind: 'source-description',
    sources: [
      { ssrc: 6, cname: 'ab' },
      { ssrc: 7, cname: undefined },
    ],
  },
  { kind: 'bye', ssrcs: [5, 0xfffffff0] },
];

describe('compound RTCP', () => {
  test('is read as it was built', () => {
    expect(parseRtcp(buildRtcp(compound))).toEqual(compound);
  });

  test('ends every list of source descriptions with a null octet', () => {
    for (const cname of ['', 'a', 'ab', 'abc', 'abcd', 'abcde']) {
      const bytes = buildRtcp([{ kind: 'source-description', sources: [{ ssrc: 1, cname }] }]);
      expect(bytes.length % 4).toBe(0);
      expect(bytes.readUInt16BE(2)).toBe(bytes.length / 4 - 1);
      expect(bytes.at(-1)).toBe(0);
    }
  });

  test('lets what is unknown pass by', () => {
    const feedback = Buffer.from('81cd000300000001000000020000ffff', 'hex');
    const bytes = Buffer.concat([feedback, buildRtcp([{ kind: 'bye', ssrcs: [9] }])]);
    expect(parseRtcp(bytes)).toEqual([
      { kind: 'other', type: 205 },
      { kind: 'bye', ssrcs: [9] },
    ]);
  });

  test('is read up to where it contradicts itself', () => {
    const good = buildRtcp([{ kind: 'bye', ssrcs: [9] }]);
    const report = buildRtcp([{ kind: 'receiver-report', ssrc: 1, reports: [block] }]);
    const cut = report.subarray(0, report.length - 4);
    const boastful = Buffer.from(report);
    boastful[0] = 0x80 | 31;
    const overpadded = Buffer.from(good);
    overpadded[0]! |= 0x20;
    overpadded[7] = 200;
    for (const bad of [cut, boastful, overpadded, Buffer.from([0x80]), Buffer.from('hello')]) {
      expect(parseRtcp(Buffer.concat([good, bad]))).toEqual([{ kind: 'bye', ssrcs: [9] }]);
    }
  });

  test('never throws, whatever the octets', () => {
    const built = buildRtcp(compound);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(built.length - 1), fc.nat(255)), { maxLength: 8 }),
        fc.nat(built.length),
        (changes, length) => {
          const bytes = Buffer.from(built.subarray(0, length));
          for (const [at, value] of changes) if (at < length) bytes[at] = value;
          parseRtcp(bytes);
        },
      ),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        parseRtcp(Buffer.from(bytes));
      }),
    );
  });
});

describe('NTP time', () => {
  test('is wall-clock time, to the microsecond', () => {
    const wall = Date.UTC(2026, 0, 15, 14, 3, 7) + 123.456;
    expect(toNtp(0)).toBe(2_208_988_800n << 32n);
    expect(fromNtp(toNtp(wall))).toBeCloseTo(wall, 3);
  });

  test('survives the wrap of 2036', () => {
    const wall = Date.UTC(2040, 0, 1);
    expect(fromNtp(toNtp(wall))).toBe(wall);
  });
});

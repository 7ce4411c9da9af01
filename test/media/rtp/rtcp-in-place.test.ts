import fc from 'fast-check';
import { buildRtcp, parseRtcp, type ReportBlock, type RtcpPacket, toNtp } from '../../../src/media';
import {
  blockDelayMs,
  blockFractionLost,
  blockJitter,
  blockLastSr,
  blockLost,
  findReportBlock,
  findSenderReport,
  senderReportMiddle,
  writeSenderInfo,
} from '../../../src/media/rtp/rtcp-in-place';

const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });

const block: fc.Arbitrary<ReportBlock> = fc.record({
  ssrc: fc.constantFrom(1, 2, 0xffff_fff0),
  fractionLost: fc.integer({ min: 0, max: 255 }),
  lost: fc.integer({ min: -0x80_0000, max: 0x7f_ffff }),
  highestSequence: uint32,
  jitter: uint32,
  lastSr: uint32,
  delaySinceLastSr: uint32,
});
const reports = fc.array(block, { maxLength: 4 });
const packet: fc.Arbitrary<RtcpPacket> = fc.oneof(
  fc.record({ kind: fc.constant('receiver-report' as const), ssrc: uint32, reports }),
  fc.record({
    kind: fc.constant('sender-report' as const),
    ssrc: uint32,
    ntp: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    rtpTimestamp: uint32,
    packets: uint32,
    octets: uint32,
    reports,
  }),
  fc.constant<RtcpPacket>({ kind: 'source-description', sources: [{ ssrc: 1, cname: 'c' }] }),
  fc.constant<RtcpPacket>({ kind: 'bye', ssrcs: [1] }),
);

/** A datagram somewhere inside larger memory. */
function placed(datagram: Buffer): { bytes: Buffer; offset: number; length: number } {
  const bytes = Buffer.concat([Buffer.alloc(5, 0xff), datagram, Buffer.alloc(40, 0xff)]);
  return { bytes, offset: 5, length: datagram.length };
}

describe('RTCP read where it lies', () => {
  test('says of a report block what a parser says', () => {
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 4 }), (packets) => {
        const { bytes, offset, length } = placed(buildRtcp(packets));
        const expected = parseRtcp(bytes.subarray(offset, offset + length))
          .flatMap((one) => ('reports' in one ? one.reports : []))
          .find(({ ssrc }) => ssrc === 0xffff_fff0);
        const at = findReportBlock(bytes, offset, length, 0xffff_fff0 | 0);
        expect(at >= 0).toBe(expected !== undefined);
        if (!expected) return;
        expect(blockFractionLost(bytes, at)).toBe(expected.fractionLost);
        expect(blockLost(bytes, at)).toBe(expected.lost);
        expect(blockJitter(bytes, at) >>> 0).toBe(expected.jitter);
        expect(blockLastSr(bytes, at) >>> 0).toBe(expected.lastSr);
        expect(blockDelayMs(bytes, at)).toBeCloseTo(expected.delaySinceLastSr / 65.536, 3);
      }),
    );
  });

  test('names a sender report as its receivers do', () => {
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 4 }), (packets) => {
        const { bytes, offset, length } = placed(buildRtcp(packets));
        const expected = packets.find(({ kind }) => kind === 'sender-report');
        const at = findSenderReport(bytes, offset, length);
        expect(at >= 0).toBe(expected !== undefined);
        if (expected?.kind !== 'sender-report') return;
        expect(senderReportMiddle(bytes, at) >>> 0).toBe(
          Number((expected.ntp >> 16n) & 0xffffffffn),
        );
      }),
    );
  });

  test('looks nowhere outside of a datagram, whatever is in it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), uint32, (garbage, ssrc) => {
        const datagram = Buffer.from(garbage);
        if (datagram.length > 1) datagram[1] = 200 + (datagram[1]! & 1);
        const { bytes, offset, length } = placed(datagram);
        const end = offset + length;
        const report = findReportBlock(bytes, offset, length, ssrc);
        const sender = findSenderReport(bytes, offset, length);
        expect(report === -1 || report + 24 <= end).toBe(true);
        expect(sender === -1 || sender + 28 <= end).toBe(true);
      }),
    );
  });

  test('is written as a builder writes it', () => {
    fc.assert(
      fc.property(uint32, fc.double({ min: 0, max: 4e12, noNaN: true }), (number, wallMs) => {
        const report = (ssrc: number, ntp: bigint): Buffer =>
          buildRtcp([
            {
              kind: 'sender-report',
              ssrc,
              ntp,
              rtpTimestamp: ssrc,
              packets: ssrc,
              octets: ssrc,
              reports: [],
            },
          ]);
        const written = report(0, 0n);
        writeSenderInfo(written, 0, number | 0, wallMs, number, number, number + 2 ** 32);
        expect(written).toEqual(report(number, toNtp(wallMs)));
      }),
    );
  });
});

import fc from 'fast-check';
import { buildRtcp, parseRtcp, type RtpPacket, toNtp } from '../../../src/media';
import { Timeline } from '../../../src/recorder/timeline/timeline';

const PAYLOADS = (
  [
    [0, 'PCMU', 8000],
    [9, 'G722', 8000],
    [13, 'CN', 8000],
    [96, 'opus', 48_000],
    [97, 'L16', 11_025],
    [101, 'telephone-event', 8000],
  ] as const
).map(([payloadType, codec, clockRate]) => ({
  payloadType,
  codec,
  clockRate,
  channels: 1,
  fmtp: undefined,
}));

type Deed = (timeline: Timeline, lanes: ReturnType<Timeline['lane']>[], now: number) => void;

const lane = fc.integer({ min: 0, max: 1 });
const ssrc = fc.integer({ min: 1, max: 3 });

/** Packets as they should be, nearly, and as nobody should send them. */
const packet: fc.Arbitrary<Deed> = fc
  .record({
    lane,
    ssrc,
    payloadType: fc.constantFrom(0, 0, 0, 9, 13, 55, 96, 97, 101),
    sequence: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 0xffff })),
    timestamp: fc.oneof(
      fc.integer({ min: 0, max: 40 }).map((n) => n * 160),
      fc.integer({ min: 0, max: 0xffffffff }),
    ),
    size: fc.constantFrom(0, 1, 160, 160, 160, 1400),
  })
  .map(({ lane: index, size, ...fields }) => (_timeline, lanes, now) => {
    const rtp: RtpPacket = { ...fields, marker: false, payload: Buffer.alloc(size, 0x45) };
    lanes[index]!.receive(rtp, now);
  });

const report: fc.Arbitrary<Deed> = fc
  .record({
    lane,
    ssrc,
    wallMs: fc.oneof(fc.constant(1e12), fc.integer({ min: 0, max: 4e12 })),
    rtpTimestamp: fc.integer({ min: 0, max: 0xffffffff }),
    cname: fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
  })
  .map(({ lane: index, ssrc: of, wallMs, rtpTimestamp, cname }) => (_timeline, lanes, now) => {
    const control = buildRtcp([
      {
        kind: 'sender-report',
        ssrc: of,
        ntp: toNtp(wallMs),
        rtpTimestamp,
        packets: 0,
        octets: 0,
        reports: [],
      },
      ...(cname === undefined
        ? []
        : [{ kind: 'source-description' as const, sources: [{ ssrc: of, cname }] }]),
    ]);
    lanes[index]!.receiveControl(parseRtcp(control), now);
  });

const rest: fc.Arbitrary<Deed> = fc.oneof(
  fc.constant<Deed>((timeline, _lanes, now) => timeline.tick(now)),
  fc.constant<Deed>((timeline, _lanes, now) => timeline.flush(now)),
  fc.tuple(lane, fc.boolean()).map(
    ([index, active]): Deed =>
      (_timeline, lanes, now) =>
        lanes[index]!.setActive(active, now),
  ),
);

it('nothing that arrives breaks the timeline, or makes it longer than time', () => {
  const steps = fc.array(
    fc.tuple(
      fc.oneof({ weight: 6, arbitrary: packet }, report, rest),
      fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 8000 })),
    ),
    { maxLength: 120 },
  );
  fc.assert(
    fc.property(steps, (deeds) => {
      let length = 0;
      const timeline = new Timeline(8000, 2, 0, (frame, pcm) => {
        expect(frame).toBeGreaterThanOrEqual(0);
        expect(Number.isInteger(frame)).toBe(true);
        length = Math.max(length, frame + pcm.length / 2);
      });
      const lanes = [0, 1].map((channel) => timeline.lane(channel, { active: true, now: 0 }));
      for (const one of lanes) one.understand(PAYLOADS);
      let now = 0;
      for (const [deed, wait] of deeds) {
        now += wait;
        deed(timeline, lanes, now);
      }
      timeline.finish(now);
      expect(timeline.frames).toBeGreaterThanOrEqual(length);
      // Kept packets may lie before the opening, and reports ten seconds beside the truth.
      expect(timeline.frames).toBeLessThan((now + 60_000) * 8);
      for (const { tally } of lanes) {
        for (const count of [tally.lost, tally.late, tally.packets]) {
          expect(count).toBeGreaterThanOrEqual(0);
        }
      }
    }),
    { numRuns: 200 },
  );
});

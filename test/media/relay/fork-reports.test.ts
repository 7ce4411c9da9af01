import { buildRtcp, fromNtp, parseRtcp, type RtcpPacket, toNtp } from '../../../src/media';
import { ForkReports } from '../../../src/media/relay/fork-reports';
import { Row } from '../../../src/media/relay/row';
import { Party } from '../support/party';

const WALL = Date.UTC(2026, 0, 15);
const identity = { cname: 'same-for-the-call', wallOffset: WALL };

describe('the reports of a fork', () => {
  let party: Party;
  let now = 0;
  let reports: ForkReports;

  beforeEach(async () => {
    party = await Party.open({ ssrc: 0x90000001 });
    now = 1_000;
    reports = new ForkReports(
      identity,
      new Row(),
      () => now,
      () => 8000,
    );
  });
  afterEach(() => party.close());

  function send(arrival: number, ssrc = party.ssrc): RtcpPacket[] | undefined {
    const bytes = party.packet({ ssrc });
    const introduction = reports.introduce(bytes, 0, arrival);
    reports.sent(bytes, 0, bytes.length, arrival);
    return introduction && parseRtcp(introduction);
  }

  function read(datagram: Buffer, at: number): void {
    reports.read(datagram, 0, datagram.length, at);
  }

  test('introduce a stream once, with the arrival of its first packet on the wall clock', () => {
    const timestamp = party.timestamp;
    expect(send(250)).toEqual([
      {
        kind: 'sender-report',
        ssrc: 0x90000001,
        ntp: toNtp(WALL + 250),
        rtpTimestamp: timestamp,
        packets: 0,
        octets: 0,
        reports: [],
      },
      { kind: 'source-description', sources: [{ ssrc: 0x90000001, cname: identity.cname }] },
    ]);
    expect(send(270)).toBeUndefined();
  });

  test('introduce it again after a gap', () => {
    send(250);
    reports.forgetIntroduction();
    expect(send(9_000)?.[0]).toMatchObject({ ntp: toNtp(WALL + 9_000), packets: 1, octets: 160 });
  });

  /** What the recorder says of the stream, having had this sender report last; 0 for none. */
  function answer(lastSr: number, lost: number): Buffer {
    const block = { fractionLost: 0, lost, highestSequence: 1, jitter: 0, delaySinceLastSr: 0 };
    const reports = [{ ssrc: party.ssrc, lastSr, ...block }];
    return buildRtcp([{ kind: 'receiver-report', ssrc: 9, reports }]);
  }

  /** As it stands in answers. */
  function middle(report: RtcpPacket | undefined): number {
    if (report?.kind !== 'sender-report') throw new Error('no sender report');
    return Number((report.ntp >> 16n) & 0xffffffffn);
  }

  test('begin anew with another recorder, and say nothing of the one before', () => {
    send(250);
    read(answer(middle(parseRtcp(reports.regular()!)[0]), 4), 1_020);
    expect(reports.recorder).toMatchObject({ lost: 4, roundTripMs: 20 });
    reports.forgetRecorder();
    expect(reports.recorder).toBeUndefined();
    expect(reports.regular()).toBeUndefined();
    expect(reports.bye()).toBeUndefined();
    expect(send(9_000)?.[0]).toMatchObject({ ntp: toNtp(WALL + 9_000), packets: 0, octets: 0 });
    expect(parseRtcp(reports.regular()!)[0]).toMatchObject({ packets: 1, octets: 160 });
  });

  test('do not take a late word of the recorder before for one of the next', () => {
    const before = middle(send(250)?.[0]);
    reports.forgetRecorder();
    const first = middle(send(270)?.[0]);
    send(290);
    const second = middle(parseRtcp(reports.regular()!)[0]);
    read(answer(before, 4), 1_020);
    expect(reports.recorder).toBeUndefined();
    // Nor is an answer to what nobody was sent believed.
    read(answer(second + 1, 5), 1_020);
    expect(reports.recorder).toBeUndefined();
    read(answer(first, 1), 1_030);
    expect(reports.recorder).toMatchObject({ lost: 1, roundTripMs: undefined });
    read(answer(second, 2), 1_040);
    expect(reports.recorder).toMatchObject({ lost: 2, roundTripMs: 40 });
    // One that had no sender report yet says so.
    read(answer(0, 3), 1_050);
    expect(reports.recorder).toMatchObject({ lost: 3 });
  });

  test('count a new source from nothing', () => {
    send(250);
    expect(send(270, 5)?.[0]).toMatchObject({ ssrc: 5, packets: 0, octets: 0 });
  });

  test('tell the last packet and the counts', () => {
    send(250);
    send(270.5);
    const [sender] = parseRtcp(reports.regular()!);
    expect(sender).toMatchObject({ packets: 2, octets: 320, rtpTimestamp: party.timestamp - 160 });
    if (sender?.kind !== 'sender-report') throw new Error('no sender report');
    expect(fromNtp(sender.ntp)).toBeCloseTo(WALL + 270.5, 2);
  });

  test('are without sender information while nothing is sent', () => {
    expect(reports.regular()).toBeUndefined();
    expect(reports.bye()).toBeUndefined();
    send(250);
    reports.regular();
    expect(parseRtcp(reports.regular()!).map(({ kind }) => kind)).toEqual([
      'receiver-report',
      'source-description',
    ]);
  });

  test('work out the round trip from what the recorder answers', () => {
    send(250);
    const [sender] = parseRtcp(reports.regular()!);
    if (sender?.kind !== 'sender-report') throw new Error('no sender report');
    const block = {
      ssrc: 0x90000001,
      fractionLost: 0,
      lost: -1,
      highestSequence: 1,
      jitter: 16,
      lastSr: Number((sender.ntp >> 16n) & 0xffffffffn),
      delaySinceLastSr: 65_536 / 2,
    };
    read(
      buildRtcp([{ kind: 'receiver-report', ssrc: 1, reports: [{ ...block, ssrc: 2 }] }]),
      1_700,
    );
    expect(reports.recorder).toBeUndefined();
    read(buildRtcp([{ kind: 'receiver-report', ssrc: 1, reports: [block] }]), 1_530);
    const said = reports.recorder!;
    expect(said).toMatchObject({ lost: -1, fractionLost: 0, jitterMs: 2 });
    expect(said.roundTripMs).toBeCloseTo(30);
    const later = buildRtcp([
      { kind: 'receiver-report', ssrc: 1, reports: [{ ...block, lastSr: 0, lost: 4 }] },
    ]);
    read(later, 9_999);
    expect(reports.recorder).toMatchObject({ lost: 4, roundTripMs: said.roundTripMs });
  });

  test('take no harm from garbage', () => {
    read(Buffer.from('garbage'), 0);
    read(Buffer.alloc(0), 0);
    expect(reports.recorder).toBeUndefined();
  });
});

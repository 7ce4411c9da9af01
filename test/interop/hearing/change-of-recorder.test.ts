import { silentLog } from '../../../src/core';
import { createRelayPlane, type Fork, type MediaLine, type RelayPlane } from '../../../src/media';
import { BACKEND } from '../../support/backend';
import { freeRange } from '../../support/ports';
import { until } from '../b2bua/ear';
import { Handset, PCMU } from './handset';
import { speech } from './judge';

const BIND = '127.0.0.1';
/** Packets that each side says to the first recorder, while there is none, and to the second, at the least. */
const STAGE = 75;
/** Names on top of which both sides of the call are looked at. */
const SIDES = ['a', 'b'] as const;

/** A recorder: an ear for each side. */
class Recorder {
  readonly ears: readonly Handset[];

  private constructor(ears: readonly Handset[]) {
    this.ears = ears;
  }

  static async open(): Promise<Recorder> {
    return new Recorder(await Promise.all(SIDES.map(() => Handset.open(PCMU))));
  }

  record(forks: readonly Fork[]): void {
    forks.forEach((fork, i) => {
      const { port } = this.ears[i]!;
      fork.start({ address: BIND, rtpPort: port, rtcpPort: port });
    });
  }

  close(): void {
    for (const ear of this.ears) ear.close();
  }
}

describe('a call whose recorder is gone in the middle of it', () => {
  let plane: RelayPlane;
  let line: MediaLine;
  let parties: readonly Handset[];
  let first: Recorder;
  let second: Recorder;

  beforeAll(async () => {
    plane = await createRelayPlane({
      ports: await freeRange(400),
      quarantineMs: 0,
      rtpTimeoutMs: 60_000,
      batchForks: true,
      backend: BACKEND,
      log: silentLog,
    });
    [first, second] = await Promise.all([Recorder.open(), Recorder.open()]);
    parties = await Promise.all(SIDES.map(() => Handset.open(PCMU)));
    line = await plane.open({
      callId: 'call',
      bind: { a: BIND, b: BIND },
      clockRates: { 0: 8000 },
    });
    for (const [i, side] of SIDES.entries()) {
      const { port } = parties[i]!;
      await line.expect(side, { address: BIND, rtpPort: port, rtcpPort: port });
    }
  });

  afterAll(async () => {
    for (const one of [...parties, second]) one.close();
    await plane.close();
  });

  it('is recorded by the next one from where the first left off: no sample is missing, and none is there twice', async () => {
    const forks = await Promise.all(SIDES.map((side) => line.fork(side, { bind: BIND })));
    for (const [i, who] of (['alice', 'bob'] as const).entries()) {
      parties[i]!.speak(speech(who, 8000), line.local[SIDES[i]!].rtpPort);
    }
    const said = (): number => Math.min(...parties.map(({ sent }) => sent.length));
    const saysOn = (what: string): Promise<void> => {
      const enough = said() + STAGE;
      return until(what, () => said() >= enough);
    };
    first.record(forks);
    await saysOn('something is said to the first recorder');
    for (const fork of forks) fork.keep();
    // What it was sent before is on its way; then its ports are closed, and whatever came there would be refused.
    await Promise.all(forks.map((fork) => fork.stats()));
    await saysOn('something is said to nobody');
    const atFirst = first.ears.map(({ packets }) => packets.length);
    first.close();
    second.record(forks);
    await saysOn('something is said to the second recorder');
    for (const party of parties) party.hush();
    await until('both parties have heard each other out', () =>
      [0, 1].every((i) => parties[i]!.packets.length === parties[1 - i]!.sent.length),
    );
    const stats = await Promise.all(forks.map((fork) => fork.close()));
    await until('the second recorder has the rest', () =>
      [0, 1].every((i) => atFirst[i]! + second.ears[i]!.packets.length >= parties[i]!.sent.length),
    );

    for (const i of [0, 1]) {
      const [party, one, other] = [parties[i]!, first.ears[i]!, second.ears[i]!];
      expect(one.packets.length).toBe(atFirst[i]);
      expect(Math.min(one.packets.length, other.packets.length)).toBeGreaterThanOrEqual(STAGE);
      const got = [...one.packets, ...other.packets];
      expect(got.map(({ sequence }) => sequence)).toEqual(party.sent.map((_, n) => n));
      expect(new Set(got.map(({ ssrc }) => ssrc)).size).toBe(1);
      const samples = Int16Array.from([...one.heard(), ...other.heard()]);
      expect(samples).toEqual(party.said());
      // The call itself has not noticed.
      expect(parties[1 - i]!.heard()).toEqual(party.said());
      expect(stats[i]).toMatchObject({ packets: party.sent.length, dropped: 0, sendErrors: 0 });
    }
  }, 90_000);
});

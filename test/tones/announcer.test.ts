import {
  correlate,
  decodePcmu,
  encodePcmu,
  type MediaLine,
  type Program,
  parseRtp,
  type Side,
} from '../../src/media';
import { announce, EmbeddedPrompts, type Listener, reminder, tone } from '../../src/tones';
import type { Party } from '../media/support/party';
import { Stage } from '../media/support/plane';

const PCMU = { payloadType: 0, codec: 'PCMU', clockRate: 8000, channels: 1 };
const CELT = { payloadType: 111, codec: 'CELT', clockRate: 48_000, channels: 2 };
const BOTH: readonly Listener[] = [
  { side: 'a', formats: [PCMU] },
  { side: 'b', formats: [PCMU] },
];

/** The wall clock here and that of the worker's evidence are read one after the other. */
const CLOCKS_MS = 50;

describe('an announcement', () => {
  let stage: Stage;
  let line: MediaLine;
  let parties: Record<Side, Party>;

  beforeEach(async () => {
    stage = await Stage.open('auto');
    parties = { a: await stage.party({ ssrc: 1 }), b: await stage.party({ ssrc: 2 }) };
    line = await stage.plane.open({ callId: 'call', bind: { a: '127.0.0.1', b: '127.0.0.1' } });
    line.expect('a', parties.a.endpoint);
    line.expect('b', parties.b.endpoint);
  });
  afterEach(() => stage.close());

  test('is heard whole by both, and there is evidence of it for each', async () => {
    const cue = await new EmbeddedPrompts().prompt({ name: 'pause', language: 'uk' });
    const before = Date.now();
    const { done } = await announce(line, BOTH, cue);
    const evidence = await done;
    const after = Date.now();
    expect(evidence.map(({ listener }) => listener)).toEqual(['a', 'b']);
    for (const { what, startedAt, endedAt, complete, fileHash } of evidence) {
      expect({ what, complete, fileHash }).toEqual({
        what: 'pause',
        complete: true,
        fileHash: cue.fileHash,
      });
      const [began, ended] = [startedAt.getTime(), endedAt.getTime()];
      expect(began).toBeGreaterThan(before - CLOCKS_MS);
      expect(ended).toBeLessThan(after + CLOCKS_MS);
      // A busy machine may stretch it.
      expect(ended - began).toBeGreaterThan(cue.lengthMs - 100);
    }
    const frames = Math.ceil(cue.lengthMs / 20);
    const prompt = cue.sound.pcm.filter((_, n) => n % 2 === 0);
    for (const party of [parties.a, parties.b]) {
      const payloads: Buffer[] = [];
      while (payloads.length < frames) payloads.push((await party.rtp.nextRtp()).payload);
      const heard = decodePcmu(Buffer.concat(payloads));
      const { coefficient, offsetMs } = correlate(prompt, heard, 8000);
      expect(coefficient).toBeGreaterThan(0.97);
      expect(offsetMs).toBeCloseTo(0, 0);
    }
  });

  test('leaves to nobody when one of the parties cannot be played to', async () => {
    const deaf = [BOTH[0]!, { side: 'b', formats: [CELT] } as const];
    await expect(announce(line, deaf, tone())).rejects.toMatchObject({
      code: 'ANNOUNCEMENT_NOT_POSSIBLE',
      message: expect.stringContaining('side b takes CELT'),
    });
    parties.b.speak(line.local.b, { payload: Buffer.from(encodePcmu(new Int16Array(160))) });
    expect(parseRtp((await parties.a.rtp.next()).bytes)!.ssrc).toBe(2);
  });

  test('that is stopped is evidence of what was heard', async () => {
    const cue = await new EmbeddedPrompts().prompt({ name: 'stop', language: 'en' });
    const announcement = await announce(line, BOTH, cue);
    await parties.a.rtp.next();
    await parties.b.rtp.next();
    announcement.stop();
    const evidence = await announcement.done;
    expect(evidence.map(({ complete }) => complete)).toEqual([false, false]);
  });
});

describe('a reminder', () => {
  test('is a tone mixed in at its interval, to each listener', async () => {
    const asked: Array<[Side, Program]> = [];
    const rounds = [10_000, 30_000].map((startedAt) => ({
      startedAt,
      endedAt: startedAt + 200,
      complete: true,
    }));
    const line = {
      play: async (side: Side, program: Program) => {
        asked.push([side, program]);
        return { id: side, stop() {}, done: Promise.resolve({ rounds }) };
      },
    } as unknown as MediaLine;
    const { done } = await reminder(line, BOTH, tone(), 20, 20);
    expect(asked.map(([side]) => side)).toEqual(['a', 'b']);
    expect(asked[0]![1]).toMatchObject({
      kind: 'mix',
      formats: [PCMU],
      repeat: { everyMs: 20_000, firstAfterMs: 20_000 },
    });
    const evidence = await done;
    expect(evidence).toHaveLength(4);
    expect(evidence[1]).toMatchObject({ what: 'tone', listener: 'a', startedAt: new Date(30_000) });
  });

  test.each([5, 91, Number.NaN])('every %d seconds is refused', async (seconds) => {
    await expect(reminder({} as MediaLine, BOTH, tone(), seconds)).rejects.toMatchObject({
      code: 'SOUND_NOT_USABLE',
      message: expect.stringContaining('give an interval of 10 to 90 s'),
    });
  });
});

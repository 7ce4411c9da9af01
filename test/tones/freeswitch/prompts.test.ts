import { readdir } from 'node:fs/promises';
import { correlate, type EncodedFrames, type StreamFormat } from '../../../src/media';
import { type Cue, EmbeddedPrompts, tone } from '../../../src/tones';
import { VirtualClock } from '../../support/virtual-clock';
import { FreeswitchStage, until } from './stage';

const mono = (codec: string, fmtp?: string): StreamFormat => ({
  payloadType: 96,
  codec,
  clockRate: 8_000,
  channels: 1,
  fmtp,
});
const G729 = mono('G729');
const GSM = mono('GSM');
const EVENTS = mono('telephone-event', '0-15');

let stage: FreeswitchStage;
let shipped: Cue;

beforeAll(async () => {
  shipped = await new EmbeddedPrompts().prompt({ name: 'start', language: 'en' });
});

afterEach(() => stage.close());

const open = async (...codecs: string[]) => {
  stage = await FreeswitchStage.open(codecs);
  return stage;
};
const only = ({ sound }: Cue): EncodedFrames => {
  expect(sound.frames).toHaveLength(1);
  return sound.frames![0]!;
};
const numbers = ({ payloads }: EncodedFrames) => payloads.map(([high, low]) => 256 * high! + low!);

describe('a FreeSWITCH that prompts come from', () => {
  test('makes every prompt and the tone ahead, and is not needed afterwards', async () => {
    const { freeswitch } = await open('G729', 'AMR');
    const prompts = await stage.started({ codecs: [G729, mono('AMR', 'octet-align=1')] });
    await freeswitch.stop();
    await until(() => !prompts.connected);

    for (const name of ['start', 'stop', 'pause', 'resume'] as const) {
      for (const language of ['en', 'uk'] as const) {
        const cue = await prompts.prompt({ name, language });
        const frames = only(await prompts.fitted(cue, [EVENTS, G729]));
        expect(frames).toMatchObject({ codec: 'G729', clockRate: 8_000, channels: 1, ticks: 160 });
        expect(numbers(frames)).toEqual(
          Array.from({ length: Math.ceil(cue.lengthMs / 20) }, (_, index) => index),
        );
      }
    }
    expect(only(await prompts.fitted(tone(), [G729])).payloads).toHaveLength(10);
    expect(freeswitch.runs).toHaveLength(2 * 9);
  });

  test('says in which codecs everything can be announced', async () => {
    await open('G729');
    const prompts = await stage.started({ codecs: [G729, GSM] });
    const plays = ['PCMU', 'G729', 'GSM', 'AMR'].filter((codec) => prompts.plays(mono(codec)));
    expect(plays).toEqual(['PCMU', 'G729']);
    expect(new EmbeddedPrompts().plays(G729)).toBe(false);
  });

  test('performs the very sound that is played in other codecs, in a leg of its own that ends', async () => {
    const { freeswitch } = await open('PCMU');
    const prompts = await stage.started({ codecs: [mono('PCMU')] });
    await until(() => freeswitch.legs === 0);
    // PCMU is spoken here, and so is played without it.
    expect(await prompts.fitted(shipped, [mono('PCMU')])).toBe(shipped);
    expect(freeswitch.runs).toContainEqual({
      application: 'playback',
      argument: `${stage.directory}/${shipped.fileHash}.wav`,
      codec: 'PCMU',
    });
    expect(await readdir(stage.directory)).toHaveLength(9);
  });

  test('makes a sound once in a codec that is first asked for in a call', async () => {
    const { freeswitch } = await open('GSM');
    const prompts = await stage.started();
    const [one, other] = await Promise.all(
      [shipped, shipped].map((cue) => prompts.fitted(cue, [GSM])),
    );
    expect(only(one!)).toBe(only(other!));
    expect(only(await prompts.fitted(shipped, [GSM]))).toBe(only(one!));
    expect(freeswitch.runs).toHaveLength(1);
  });

  test('keeps sounds apart by what their listener can take apart', async () => {
    const { freeswitch } = await open('AMR');
    const prompts = await stage.started();
    const aligned = [mono('AMR', 'octet-align=1')];
    expect(only(await prompts.fitted(shipped, aligned)).fmtp).toBe('octet-align=1');
    freeswitch.whims.fmtp = 'mode-set=7;octet-align=0';
    expect((await prompts.fitted(shipped, [mono('AMR')])).sound.frames).toHaveLength(1);
    const strict = [mono('AMR', 'mode-set=0,2')];
    expect((await prompts.fitted(shipped, strict)).sound.frames).toBeUndefined();
    expect(stage.reasons).toEqual([
      expect.stringContaining('it packs AMR another way: mode-set=7;octet-align=0'),
    ]);
  });
});

describe('a text', () => {
  const own = { kind: 'text', text: 'This call is recorded' } as const;
  const request = { name: 'start', language: 'en', own } as const;

  test.each(['L16', 'PCMU'])(
    'is spoken by FreeSWITCH in %s and played in any codec',
    async (codec) => {
      const { freeswitch } = await open(codec, 'G729');
      const prompts = await stage.started();
      const cue = await prompts.prompt(request);
      expect(cue.lengthMs).toBeCloseTo(own.text.length * 50, -2);
      const hum = Int16Array.from({ length: 8_000 }, (_, n) => 8_000 * Math.sin(n / 8));
      expect(correlate(hum, cue.sound.pcm, 16_000).coefficient).toBeGreaterThan(0.99);
      expect(freeswitch.runs).toEqual([
        { application: 'speak', argument: `flite|kal|${own.text}`, codec },
      ]);
      expect((await prompts.prompt(request)).sound).toBe(cue.sound);
      const called = await prompts.prompt({ ...request, ownName: 'welcome.wav' });
      expect(called).toEqual({ ...cue, fileName: 'welcome.wav' });
      expect(only(await prompts.fitted(cue, [G729])).payloads.length).toBe(
        Math.ceil(cue.lengthMs / 20),
      );
    },
  );

  test('is spoken ahead, and made in the codecs that all is made in', async () => {
    const { freeswitch } = await open('L16', 'G729');
    const prompts = await stage.started({ codecs: [G729] });
    expect(await prompts.prepare(own)).toBe(true);
    const { length } = freeswitch.runs;
    expect(only(await prompts.fitted(await prompts.prompt(request), [G729])).codec).toBe('G729');
    expect(freeswitch.runs).toHaveLength(length);
    freeswitch.drop();
    await until(() => !prompts.connected);
    expect(await prompts.prepare({ kind: 'text', text: 'Another' })).toBe(false);
  });

  test('is words and nothing that FreeSWITCH would obey', async () => {
    const { freeswitch } = await open('L16');
    const prompts = await stage.started();
    const text = `Hello.\n\napi shutdown|{voice=x}$${'{'}system(touch /tmp/x)} \`id\` \\1 "; <b>it's & so`;
    await prompts.prompt({ ...request, own: { kind: 'text', text } });
    expect(freeswitch.runs[0]!.argument).toBe(
      "flite|kal|Hello. api shutdown voice=x system(touch /tmp/x) id 1 b it's so",
    );
  });

  test('gives way to the shipped prompt when it cannot be spoken', async () => {
    await open('G729');
    const prompts = await stage.started();
    expect(await prompts.prompt({ ...request, ownName: 'welcome.wav' })).toEqual(shipped);
    expect(stage.reasons).toEqual([expect.stringContaining('it answers 488')]);
  });
});

describe('a sound that cannot be had', () => {
  test('leaves the prompt as it was, and FreeSWITCH in peace for a minute', async () => {
    const { freeswitch } = await open('GSM');
    const prompts = await stage.started();
    expect(await prompts.fitted(shipped, [G729])).toBe(shipped);
    expect(await prompts.fitted(shipped, [G729])).toBe(shipped);
    expect(stage.reasons).toEqual([expect.stringContaining('it answers 488')]);
    expect(freeswitch.legs).toBe(0);
  });

  test('is named with its file when FreeSWITCH does not see that', async () => {
    await open('G729');
    const prompts = await stage.started({ directoryThere: '/elsewhere' });
    await prompts.fitted(shipped, [G729]);
    expect(stage.reasons).toEqual([
      expect.stringContaining(`/elsewhere/${shipped.fileHash}.wav: File Not Found`),
    ]);
  });

  test('is not kept when a packet of it was lost', async () => {
    const { freeswitch } = await open('G729');
    freeswitch.whims.loses = new Set([3]);
    const prompts = await stage.started();
    expect(await prompts.fitted(shipped, [G729])).toBe(shipped);
    expect(stage.reasons).toEqual([expect.stringContaining('1 packets were lost on the way')]);
  });

  test('is not waited for longer than is allowed', async () => {
    const { freeswitch } = await open('G729');
    freeswitch.whims.mute.add('playback');
    const prompts = await stage.started({ waitMs: 50 });
    expect(await prompts.fitted(shipped, [G729])).toBe(shipped);
    expect(prompts.connected).toBe(true);
    expect(stage.reasons).toEqual([]);
    // Its file is written by then.
    await until(() => freeswitch.legs === 1);
  });

  test('is given up when FreeSWITCH does not answer the call', async () => {
    const { freeswitch } = await open('G729');
    freeswitch.whims.mute.add('INVITE');
    const clock = new VirtualClock();
    const prompts = stage.start({}, clock);
    await until(() => prompts.connected);
    const fitted = prompts.fitted(shipped, [G729]);
    await until(() => freeswitch.invites === 1);
    clock.advance(5_000);
    expect(await fitted).toBe(shipped);
    expect(stage.reasons).toEqual([expect.stringContaining('it answers 487')]);
  });

  test('is taken from no other machine that calls back', async () => {
    const { freeswitch } = await open('G729');
    freeswitch.whims.callsBackFrom = '127.0.0.2';
    const prompts = await stage.started();
    expect(await prompts.fitted(shipped, [G729])).toBe(shipped);
    expect(freeswitch.runs).toEqual([]);
    await until(() => freeswitch.legs === 0);
  });

  test('fails with the connection, and is made when that is back', async () => {
    const { freeswitch } = await open('G729');
    freeswitch.whims.mute.add('playback');
    const prompts = await stage.started();
    const fitted = prompts.fitted(shipped, [G729]);
    await until(() => freeswitch.legs === 1);
    freeswitch.drop();
    await until(() => !prompts.connected);
    expect(await fitted).toBe(shipped);
    expect(stage.reasons).toEqual([expect.stringContaining('FreeSWITCH did not deliver a sound')]);
    freeswitch.whims.mute.clear();
    await until(() => prompts.connected);
    expect(only(await prompts.fitted(shipped, [G729])).codec).toBe('G729');
  });

  test('is no matter of what else comes to the port', async () => {
    const { freeswitch } = await open('PCMU');
    freeswitch.whims.garbage = [Buffer.alloc(0), Buffer.alloc(4), Buffer.from('not RTP at all')];
    await stage.started({ codecs: [mono('PCMU')] });
    expect(stage.reasons).toEqual([]);
  });
});

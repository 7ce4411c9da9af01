import { Fault, silentLog } from '../../../src/core';
import type { MediaLine, Played, Program, Side } from '../../../src/media';
import { DEFAULTS, type EffectiveSettings, type RecordedUser } from '../../../src/policy';
import { CallHearing } from '../../../src/sip/hearing/call-hearing';
import type { Sounds } from '../../../src/sip/hearing/sounds';
import type { Agreement } from '../../../src/sip/media/agreement';
import type { HeardRecord } from '../../../src/sip/record';
import type { Cue } from '../../../src/tones';
import { VirtualClock } from '../../support/virtual-clock';
import { user } from '../recording/world';

const PCMU = { payloadType: 0, codec: 'PCMU', clockRate: 8000, channels: 1, fmtp: undefined };
const G729 = { ...PCMU, payloadType: 18, codec: 'G729' };

function cue(what: string): Cue {
  const sound = { pcm: new Int16Array(1600).fill(1) };
  return { what, sound, lengthMs: 100, fileName: `${what}.wav`, fileHash: 'ab' };
}

function recorded(settings: Partial<EffectiveSettings>, more: Partial<RecordedUser> = {}) {
  return user('always-pause-resume', { settings: { ...DEFAULTS, ...settings }, ...more });
}

/** A call whose line only writes down what it is to play. */
class Room {
  readonly clock = new VirtualClock();
  readonly asked: string[] = [];
  /** What plays, by listener. */
  readonly playing = new Map<Side, { program: Program; over: (played: Played) => void }>();
  readonly told: (readonly HeardRecord[])[] = [];
  readonly hearing: CallHearing;

  constructor(users: readonly RecordedUser[], sounds: Partial<Sounds> = {}) {
    const all: Sounds = {
      prompt: async (moment) => cue(moment),
      tone: async () => cue('tone'),
      plays: ({ codec }) => codec === 'PCMU',
      ...sounds,
    };
    this.hearing = new CallHearing({ sounds: all, clock: this.clock, log: silentLog }, (heard) =>
      this.told.push(heard),
    );
    this.hearing.of(users);
  }

  agreement(codec = PCMU): Agreement {
    const line = {
      id: 'line',
      play: async (side: Side, program: Program) => {
        this.asked.push(`${side} ${program.kind}${program.repeat ? ' again and again' : ''}`);
        let over: (played: Played) => void = () => {};
        const done = new Promise<Played>((resolve) => {
          over = resolve;
        });
        this.playing.set(side, { program, over });
        return { id: side, stop: () => over({ rounds: [this.#round(false)] }), done };
      },
    } as unknown as MediaLine;
    const description = { kind: 'audio', port: 4000, carriage: 'rtp', payloads: [codec] };
    const terms = {
      toAnswerer: [codec],
      toOfferer: [codec],
      offererSends: true,
      answererSends: true,
    };
    const lines = [{ offer: description, answer: description, terms, line }];
    return { offerer: 'a', lines } as unknown as Agreement;
  }

  async rest(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }

  async played(side: Side): Promise<void> {
    this.playing.get(side)?.over({ rounds: [this.#round(true)] });
    await this.rest();
  }

  #round(complete: boolean) {
    const startedAt = this.clock.wall().getTime();
    return { startedAt, endedAt: startedAt + 100, complete };
  }
}

describe('what is played in a call', () => {
  it('is evidence for each listener, and recorders are told once for both', async () => {
    const room = new Room([recorded({ announceTrunk: true })]);
    room.hearing.recording('caller', 'start');
    room.hearing.agreed(room.agreement());
    await room.rest();
    expect(room.asked).toEqual(['a replace', 'b replace']);
    expect(room.hearing.snapshot).toEqual([
      { listener: 'caller', announcement: 'start', reminderSeconds: undefined },
      { listener: 'callee', announcement: 'start', reminderSeconds: undefined },
    ]);
    await room.played('a');
    expect(room.told).toEqual([]);
    await room.played('b');
    expect(room.told).toHaveLength(1);
    expect(room.told[0]).toMatchObject([
      { what: 'start', listener: 'caller', file: 'start.wav', sha256: 'ab', complete: true },
      { what: 'start', listener: 'callee' },
    ]);
    expect(await room.hearing.end()).toEqual(room.told[0]);
  });

  it('is a tone mixed in, of which recorders are not told', async () => {
    const room = new Room([recorded({ reminderTone: true, reminderIntervalSeconds: 30 })]);
    room.hearing.recording('caller', 'start');
    room.hearing.tone('caller', true);
    room.hearing.agreed(room.agreement());
    await room.rest();
    expect(room.asked).toEqual(['a mix again and again', 'b mix again and again']);
    expect(room.playing.get('b')?.program.repeat).toEqual({ everyMs: 30_000, firstAfterMs: 0 });
    expect(room.hearing.snapshot[1]).toMatchObject({ listener: 'callee', reminderSeconds: 30 });
    expect((await room.hearing.end()).map(({ what }) => what)).toEqual(['tone', 'tone']);
    expect(room.told).toEqual([]);
  });

  it('is cut off by the end of the call, and the evidence says so', async () => {
    const room = new Room([recorded({ announceTrunk: true })]);
    room.hearing.recording('caller', 'start');
    room.hearing.agreed(room.agreement());
    await room.rest();
    expect((await room.hearing.end()).map(({ complete }) => complete)).toEqual([false, false]);
  });

  it('does not keep the end of a call waiting for a sound that does not come', async () => {
    const room = new Room([recorded({ announceTrunk: true })], {
      prompt: () => new Promise(() => {}),
    });
    room.hearing.recording('caller', 'start');
    room.hearing.agreed(room.agreement());
    await room.rest();
    expect(await room.hearing.end()).toEqual([]);
  });

  it('is written down as not possible where it is not, and the rest goes on', async () => {
    const room = new Room([recorded({ announceTrunk: true })]);
    room.hearing.recording('caller', 'start');
    room.hearing.agreed(room.agreement(G729));
    await room.rest();
    expect(room.asked).toEqual([]);
    expect(await room.hearing.end()).toMatchObject([
      { listener: 'caller', startedAt: undefined, fault: 'ANNOUNCEMENT_NOT_POSSIBLE' },
      { listener: 'callee', startedAt: undefined, fault: 'ANNOUNCEMENT_NOT_POSSIBLE' },
    ]);
  });

  it('is nothing when a prompt cannot be used, and the record tells why', async () => {
    const room = new Room([recorded({ announceTrunk: true })], {
      prompt: () => Promise.reject(new Fault('SOUND_NOT_USABLE', 'it is silent')),
    });
    room.hearing.recording('caller', 'start');
    room.hearing.agreed(room.agreement());
    await room.rest();
    expect((await room.hearing.end())[0]).toMatchObject({
      fault: 'SOUND_NOT_USABLE',
      detail: expect.stringContaining('it is silent'),
    });
  });

  it.each([
    ['internal', true, false, ['a replace', 'b replace']],
    ['over a trunk', true, true, []],
    ['with somebody unknown', false, false, []],
  ])('goes by the setting for calls %s', async (_, internal, trunk, asked) => {
    const room = new Room([recorded({ announceInternal: true }, { internal })]);
    room.hearing.towards({ trunk });
    room.hearing.recording('caller', 'start');
    room.hearing.agreed(room.agreement());
    await room.rest();
    expect(room.asked).toEqual(asked);
  });

  it('before the answer is the start, for the caller, where the user wants it early', async () => {
    for (const announceAt of ['early', 'answer'] as const) {
      const alice = recorded({ announceTrunk: true, announceAt });
      const room = new Room([alice]);
      room.hearing.early(room.agreement(), [alice]);
      await room.rest();
      expect(room.asked).toEqual(announceAt === 'early' ? ['a replace'] : []);
    }
  });
});

describe('codecs are kept out of offers', () => {
  const wanted = (settings: Partial<EffectiveSettings>, mode: RecordedUser['mode'] = 'always') => {
    const room = new Room([recorded(settings, { mode })]);
    room.hearing.towards({ trunk: true });
    return room.hearing.narrowing;
  };

  it.each<[string, Partial<EffectiveSettings>, RecordedUser['mode']]>([
    ['the call is to be announced', { announceTrunk: true }, 'always'],
    ['parties are to be reminded', { reminderTone: true }, 'always'],
    ['a pause is to be told', { pauseNotice: 'beep' }, 'always-pause-resume'],
  ])('when %s', (_, settings, mode) => {
    const keeps = wanted(settings, mode);
    expect([PCMU, G729].map((format) => keeps?.(format))).toEqual([true, false]);
  });

  it.each<[string, Partial<EffectiveSettings>]>([
    ['nothing is to be played', {}],
    ['only internal calls are announced', { announceInternal: true }],
    ['there is no pause to be told', { pauseNotice: 'announcement' }],
    ['the settings say no', { announceTrunk: true, narrowCodecs: false }],
  ])('but not when %s', (_, settings) => {
    expect(wanted(settings)).toBeUndefined();
  });
});

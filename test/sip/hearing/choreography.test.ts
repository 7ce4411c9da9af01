import type { CallSide } from '../../../src/sip';
import {
  Choreography,
  type HearingInput,
  type HearingOutput,
  type Manner,
} from '../../../src/sip/hearing/choreography';

const LOUD: Manner = { announces: true, pauseNotice: 'announcement', reminderMs: 20_000 };
const ANNOUNCING: Manner = { ...LOUD, reminderMs: undefined };
const REMINDING: Manner = { announces: false, pauseNotice: 'none', reminderMs: 20_000 };
const QUIET: Manner = { announces: false, pauseNotice: 'none', reminderMs: undefined };

/** A choreography in virtual time; what sounds is kept by listener, as it would be heard. */
class Stage {
  readonly machine: Choreography;
  now = 1_000;
  /** What began and ended, in order. */
  readonly log: string[] = [];
  readonly sounding = new Map<number, Exclude<HearingOutput, { kind: 'stop' }>>();

  constructor(manners: Partial<Record<CallSide, Manner>>) {
    this.machine = new Choreography(
      Object.fromEntries(Object.entries(manners).map(([side, manner]) => [side, () => manner])),
    );
  }

  input(input: HearingInput): this {
    for (const output of this.machine.handle(input, this.now)) {
      if (output.kind === 'stop') {
        const stopped = this.sounding.get(output.id);
        this.sounding.delete(output.id);
        this.log.push(`${stopped?.side}: stop ${stopped?.kind === 'play' ? stopped.what : 'tone'}`);
        continue;
      }
      this.sounding.set(output.id, output);
      this.log.push(
        output.kind === 'play'
          ? `${output.side}: ${output.what}${output.how === 'beep' ? ' (beep)' : ''} of ${output.by}`
          : `${output.side}: tone of ${output.by} in ${output.firstAfterMs} every ${output.everyMs}`,
      );
    }
    return this;
  }

  /** The recording machine's outputs for this command, as they come. */
  record(by: CallSide, what: 'start' | 'stop' | 'pause' | 'resume'): this {
    const tone = { kind: 'tone', by, on: what === 'start' || what === 'resume' } as const;
    const told = { kind: 'recording', by, what } as const;
    for (const input of tone.on ? [told, tone] : [tone, told]) this.input(input);
    return this;
  }

  listens(side: CallSide, stream = 'pcmu'): this {
    return this.input({ kind: 'listens', side, stream });
  }

  onHold(side: CallSide): this {
    return this.input({ kind: 'listens', side, stream: undefined });
  }

  answered(): this {
    return this.listens('caller').listens('callee');
  }

  after(ms: number): this {
    this.now += ms;
    return this;
  }

  /** What is being announced has been played. */
  played(...listeners: readonly CallSide[]): this {
    for (const [id, { kind, side }] of [...this.sounding]) {
      if (kind !== 'play' || (listeners.length > 0 && !listeners.includes(side))) continue;
      this.sounding.delete(id);
      this.input({ kind: 'over', id });
    }
    return this;
  }

  /** What happened since the last look. */
  heard(): string[] {
    return this.log.splice(0);
  }
}

describe('what parties hear', () => {
  it('is that the recording starts, both at the same time, when the call is answered', () => {
    const stage = new Stage({ caller: ANNOUNCING }).record('caller', 'start');
    expect(stage.heard()).toEqual([]);
    expect(stage.answered().heard()).toEqual([
      'caller: start of caller',
      'callee: start of caller',
    ]);
    expect(stage.machine.hears('caller')).toBe('start');
    expect(stage.played().heard()).toEqual([]);
    expect(stage.machine.hears('caller')).toBeUndefined();
  });

  it('is nothing when the user is recorded unannounced', () => {
    const stage = new Stage({ caller: QUIET }).record('caller', 'start').answered();
    for (const what of ['pause', 'resume', 'stop'] as const) stage.record('caller', what);
    expect(stage.heard()).toEqual([]);
  });

  it('is every change in its turn, and none before the one under way is over', () => {
    const stage = new Stage({ callee: ANNOUNCING }).answered().record('callee', 'start');
    stage.record('callee', 'pause');
    expect(stage.heard()).toEqual(['caller: start of callee', 'callee: start of callee']);
    expect(stage.played('caller').heard()).toEqual(['caller: pause of callee']);
    expect(stage.played().heard()).toEqual(['callee: pause of callee']);
    stage.played().record('callee', 'resume');
    expect(stage.played().heard()).toEqual([
      'caller: resume of callee',
      'callee: resume of callee',
    ]);
    expect(stage.record('callee', 'stop').heard()).toEqual([
      'caller: stop of callee',
      'callee: stop of callee',
    ]);
  });

  it('is a beep where the pause is to be told by one', () => {
    const stage = new Stage({ caller: { ...QUIET, pauseNotice: 'beep' } }).answered();
    stage.record('caller', 'start').record('caller', 'pause').played().record('caller', 'resume');
    expect(stage.heard()).toEqual([
      'caller: pause (beep) of caller',
      'callee: pause (beep) of caller',
      'caller: resume (beep) of caller',
      'callee: resume (beep) of caller',
    ]);
  });

  it('is nothing that was taken back before it could be said', () => {
    const stage = new Stage({ caller: ANNOUNCING }).answered().record('caller', 'start');
    stage.heard();
    stage.record('caller', 'pause').record('caller', 'resume');
    expect(stage.played().heard()).toEqual([]);
    stage.record('caller', 'stop');
    expect(stage.heard()).toHaveLength(2);
    stage.record('caller', 'start').record('caller', 'pause').record('caller', 'stop');
    expect(stage.played().heard()).toEqual([]);
    stage.record('caller', 'start');
    expect(stage.heard()).toEqual(['caller: start of caller', 'callee: start of caller']);
  });

  it('never loses the start behind what came after it', () => {
    const stage = new Stage({ caller: ANNOUNCING }).record('caller', 'start');
    stage.record('caller', 'pause').answered();
    expect(stage.heard()).toEqual(['caller: start of caller', 'callee: start of caller']);
    expect(stage.played().heard()).toEqual(['caller: pause of caller', 'callee: pause of caller']);
  });

  it('ends with the call, what plays and what waits', () => {
    const stage = new Stage({ caller: LOUD }).answered().record('caller', 'start');
    stage.record('caller', 'pause');
    stage.heard();
    expect(stage.input({ kind: 'ended' }).heard()).toEqual([
      'caller: stop start',
      'callee: stop start',
    ]);
    stage.played().record('caller', 'resume').answered();
    expect(stage.heard()).toEqual([]);
    expect(stage.sounding.size).toBe(0);
  });

  it('is not tried again in a stream that it cannot be played into, and is in another', () => {
    const stage = new Stage({ caller: LOUD }).record('caller', 'start').listens('caller', 'g729');
    const [announcement, tone] = [...stage.sounding.keys()];
    stage.heard();
    stage.input({ kind: 'impossible', id: announcement! });
    stage.input({ kind: 'impossible', id: tone! });
    stage.onHold('callee').record('caller', 'pause');
    expect(stage.heard()).toEqual(['caller: pause of caller']);
    stage.played().record('caller', 'resume').played();
    stage.heard();
    expect(stage.listens('caller', 'pcmu').heard()).toEqual([
      'caller: tone of caller in 20000 every 20000',
    ]);
  });
});

describe('before the answer', () => {
  it('the caller alone is told, once', () => {
    const stage = new Stage({ callee: ANNOUNCING }).listens('caller');
    const foretold = { kind: 'foretold', by: 'callee' } as const;
    expect(stage.input(foretold).input(foretold).heard()).toEqual(['caller: start of callee']);
    // The answer comes in the middle of it.
    stage.record('callee', 'start');
    expect(stage.answered().heard()).toEqual(['callee: start of callee']);
    expect(stage.played().heard()).toEqual([]);
  });

  it('and nobody when the user is not announced', () => {
    const stage = new Stage({ callee: QUIET }).listens('caller');
    expect(stage.input({ kind: 'foretold', by: 'callee' }).heard()).toEqual([]);
  });

  it('what could not be told is told at the answer', () => {
    const stage = new Stage({ callee: ANNOUNCING }).input({ kind: 'foretold', by: 'callee' });
    stage.record('callee', 'start');
    expect(stage.answered().heard()).toHaveLength(2);
  });
});

describe('a stream that is negotiated anew', () => {
  it('has what was cut off from its beginning, and the tone in its rhythm', () => {
    const stage = new Stage({ caller: LOUD }).answered().record('caller', 'start');
    expect(stage.heard().at(-1)).toBe('callee: tone of caller in 20000 every 20000');
    stage.after(1_500).listens('caller', 'pcma');
    expect(stage.heard()).toEqual([
      'caller: stop start',
      'caller: start of caller',
      'caller: stop tone',
      'caller: tone of caller in 18500 every 20000',
    ]);
    stage.played().after(60_000).listens('callee', 'pcma');
    expect(stage.heard()).toEqual([
      'callee: stop tone',
      'callee: tone of caller in 18500 every 20000',
    ]);
  });

  it('goes on undisturbed when it is what it was', () => {
    const stage = new Stage({ caller: LOUD }).answered().record('caller', 'start');
    stage.heard();
    expect(stage.answered().heard()).toEqual([]);
  });

  it('that leads to a party on hold has nothing, until the party is back', () => {
    const stage = new Stage({ caller: LOUD }).answered().record('caller', 'start').played();
    stage.heard();
    stage.after(5_000).onHold('caller');
    expect(stage.heard()).toEqual(['caller: stop tone']);
    stage.record('caller', 'pause');
    expect(stage.heard()).toEqual(['callee: stop tone', 'callee: pause of caller']);
    stage.after(5_000).listens('caller');
    expect(stage.heard()).toEqual(['caller: pause of caller']);
  });

  it('after a hold has nothing that was taken back meanwhile', () => {
    const stage = new Stage({ caller: ANNOUNCING }).answered().record('caller', 'start').played();
    stage.onHold('callee').record('caller', 'pause').record('caller', 'resume');
    stage.played().heard();
    expect(stage.listens('callee').heard()).toEqual([]);
  });
});

describe('the reminder tone', () => {
  it('comes at once where nothing is announced, else after one interval', () => {
    const plain = new Stage({ caller: REMINDING }).record('caller', 'start').after(30).answered();
    expect(plain.heard()).toEqual([
      'caller: tone of caller in 0 every 20000',
      'callee: tone of caller in 0 every 20000',
    ]);
    expect(plain.machine.reminded('callee')).toBe(20_000);
    const announced = new Stage({ caller: LOUD }).record('caller', 'start').after(30).answered();
    expect(announced.heard()).toContain('caller: tone of caller in 20000 every 20000');
  });

  it('is silent while the recording is paused, and after its end', () => {
    const stage = new Stage({ caller: REMINDING }).answered().record('caller', 'start');
    stage.heard();
    stage.after(3_000);
    expect(stage.record('caller', 'pause').heard()).toEqual([
      'caller: stop tone',
      'callee: stop tone',
    ]);
    expect(stage.record('caller', 'resume').heard()).toHaveLength(2);
    expect(stage.record('caller', 'stop').heard()).toHaveLength(2);
    expect(stage.sounding.size).toBe(0);
  });

  it('begins for a party that comes later where it stands for the other', () => {
    const stage = new Stage({ caller: REMINDING }).record('caller', 'start').listens('caller');
    stage.heard();
    stage.after(47_000).listens('callee');
    expect(stage.heard()).toEqual(['callee: tone of caller in 13000 every 20000']);
  });

  it('is dropped when no recorder takes the recording', () => {
    const stage = new Stage({ caller: LOUD }).answered().record('caller', 'start').played();
    stage.heard();
    stage.input({ kind: 'tone', by: 'caller', on: false }).input({ kind: 'lost', by: 'caller' });
    expect(stage.heard()).toEqual(['caller: stop tone', 'callee: stop tone']);
    // A second recording is announced like the first.
    expect(stage.record('caller', 'start').heard()).toContain('caller: start of caller');
  });

  it('and the announcement, too, when that is known before the answer is', () => {
    const stage = new Stage({ caller: LOUD }).record('caller', 'start');
    stage.input({ kind: 'tone', by: 'caller', on: false }).input({ kind: 'lost', by: 'caller' });
    expect(stage.answered().heard()).toEqual([]);
  });
});

describe('two recorded users in one call', () => {
  const both = (caller: Manner, callee: Manner) =>
    new Stage({ caller, callee }).record('caller', 'start').record('callee', 'start').answered();

  it('are announced once', () => {
    const stage = both(ANNOUNCING, ANNOUNCING);
    expect(stage.heard()).toEqual(['caller: start of caller', 'callee: start of caller']);
    expect(stage.played().heard()).toEqual([]);
  });

  it('are announced when one of them is to be, even if the other is recorded already', () => {
    const stage = new Stage({ caller: QUIET, callee: ANNOUNCING }).record('caller', 'start');
    expect(stage.answered().heard()).toEqual([]);
    expect(stage.record('callee', 'start').heard()).toEqual([
      'caller: start of callee',
      'callee: start of callee',
    ]);
  });

  it('are told of no stop and no pause while one of them is recorded on', () => {
    const stage = both(ANNOUNCING, ANNOUNCING).played();
    stage.heard();
    stage.record('caller', 'pause').record('caller', 'resume').record('caller', 'stop');
    expect(stage.heard()).toEqual([]);
    expect(stage.record('callee', 'pause').heard()).toHaveLength(2);
    expect(stage.played().record('callee', 'stop').heard()).toEqual([
      'caller: stop of callee',
      'callee: stop of callee',
    ]);
  });

  it('are told of the stop by the one who was announced, whoever stops last', () => {
    const stage = both(ANNOUNCING, QUIET).played();
    stage.record('caller', 'stop').heard();
    expect(stage.record('callee', 'stop').heard()).toEqual([
      'caller: stop of caller',
      'callee: stop of caller',
    ]);
  });

  it('hear nothing resumed of which they heard no pause', () => {
    const stage = both(LOUD, QUIET).played();
    stage.heard();
    stage.record('caller', 'pause').record('callee', 'pause').heard();
    expect(
      stage
        .record('caller', 'resume')
        .heard()
        .filter((line) => /resume/.test(line)),
    ).toEqual([]);
  });

  it('hear one tone, at the shorter interval, and then at the one that is left', () => {
    const fast = { ...REMINDING, reminderMs: 10_000 };
    const stage = both(REMINDING, fast);
    expect(stage.heard()).toEqual([
      'caller: tone of callee in 0 every 10000',
      'callee: tone of callee in 0 every 10000',
    ]);
    // Tones at 0, 10, 20 and 30 s; the next is due 20 s after the last.
    stage.after(34_000).record('callee', 'stop');
    expect(stage.heard()).toEqual([
      'caller: stop tone',
      'caller: tone of caller in 16000 every 20000',
      'callee: stop tone',
      'callee: tone of caller in 16000 every 20000',
    ]);
    // And no gap is longer than the shorter interval, when that comes back.
    stage.after(1_000).record('callee', 'start');
    expect(stage.heard()).toContain('caller: tone of callee in 5000 every 10000');
  });
});

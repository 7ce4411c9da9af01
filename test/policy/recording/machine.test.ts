import {
  RecordingMachine,
  type RecordingOutput,
  type Reply,
} from '../../../src/policy/recording/machine';
import type { Action, RecordingMode } from '../../../src/policy/recording/modes';
import { RECORDING_MODES } from '../../../src/policy/recording/modes';

const ACTIONS: readonly Action[] = ['start', 'stop', 'pause', 'resume'];

/** Every point of a call, as the inputs that lead there. */
const POINTS: Readonly<Record<string, (machine: RecordingMachine) => void>> = {
  ringing: () => undefined,
  answered: (machine) => void machine.handle({ kind: 'answered' }, 0),
  started: (machine) => {
    machine.handle({ kind: 'answered' }, 0);
    machine.handle({ kind: 'command', id: 0, action: 'start', by: 'info' }, 0);
  },
  paused: (machine) => {
    machine.handle({ kind: 'answered' }, 0);
    machine.handle({ kind: 'command', id: 0, action: 'start', by: 'info' }, 0);
    machine.handle({ kind: 'command', id: 0, action: 'pause', by: 'info' }, 0);
  },
  ended: (machine) => {
    machine.handle({ kind: 'answered' }, 0);
    machine.handle({ kind: 'ended' }, 0);
  },
};

/** mode → point → what start, stop, pause, resume are answered, and the state after each. */
const TABLE: Record<RecordingMode, Record<string, string>> = {
  always: {
    ringing: 'forbidden ringing | forbidden ringing | forbidden ringing | forbidden ringing',
    answered:
      'forbidden recording | forbidden recording | forbidden recording | forbidden recording',
    started:
      'forbidden recording | forbidden recording | forbidden recording | forbidden recording',
    paused: 'forbidden recording | forbidden recording | forbidden recording | forbidden recording',
    ended: 'no-call ended | no-call ended | no-call ended | no-call ended',
  },
  'always-pause-resume': {
    ringing: 'forbidden ringing | forbidden ringing | not-now ringing | not-now ringing',
    answered: 'forbidden recording | forbidden recording | done paused | already recording',
    started: 'forbidden recording | forbidden recording | done paused | already recording',
    paused: 'done recording | forbidden paused | already paused | done recording',
    ended: 'no-call ended | no-call ended | no-call ended | no-call ended',
  },
  'on-demand': {
    ringing: 'done ringing | not-now ringing | not-now ringing | not-now ringing',
    answered: 'done recording | already idle | not-now idle | not-now idle',
    started: 'already recording | done idle | done paused | already recording',
    paused: 'done recording | done idle | already paused | done recording',
    ended: 'no-call ended | no-call ended | no-call ended | no-call ended',
  },
  'on-demand-keep': {
    ringing: 'done ringing | forbidden ringing | not-now ringing | not-now ringing',
    answered: 'done recording | forbidden recording | done paused | already recording',
    started: 'already recording | forbidden recording | done paused | already recording',
    paused: 'done recording | forbidden paused | already paused | done recording',
    ended: 'no-call ended | no-call ended | no-call ended | no-call ended',
  },
  never: {
    ringing: 'forbidden ringing | forbidden ringing | forbidden ringing | forbidden ringing',
    answered: 'forbidden idle | forbidden idle | forbidden idle | forbidden idle',
    started: 'forbidden idle | forbidden idle | forbidden idle | forbidden idle',
    paused: 'forbidden idle | forbidden idle | forbidden idle | forbidden idle',
    ended: 'no-call ended | no-call ended | no-call ended | no-call ended',
  },
};

function ask(
  machine: RecordingMachine,
  action: Action,
): { reply: Reply; outputs: readonly RecordingOutput[] } {
  const outputs = machine.handle({ kind: 'command', id: 7, action, by: 'info' }, 1_000);
  const replies = outputs.filter((output) => output.kind === 'reply');
  expect(replies).toHaveLength(1);
  return { reply: (replies[0] as { result: Reply }).result, outputs };
}

describe('the recording of one user in one call', () => {
  for (const mode of RECORDING_MODES) {
    for (const [point, reach] of Object.entries(POINTS)) {
      it(`answers each command truthfully: ${mode}, ${point}`, () => {
        const row = ACTIONS.map((action) => {
          const machine = new RecordingMachine(mode);
          reach(machine);
          const { reply } = ask(machine, action);
          return `${reply} ${machine.state.kind}`;
        });
        expect(row.join(' | ')).toBe(TABLE[mode][point]);
      });
    }
  }

  it('pauses before anybody is told', () => {
    const machine = new RecordingMachine('always-pause-resume');
    machine.handle({ kind: 'answered' }, 0);
    const { outputs } = ask(machine, 'pause');
    expect(outputs.map((output) => output.kind)).toEqual([
      'pause',
      'tone',
      'announce',
      'indicate',
      'reply',
    ]);
  });

  it('begins at the answer when the user asked for it while it rang', () => {
    const machine = new RecordingMachine('on-demand');
    ask(machine, 'start');
    expect(machine.handle({ kind: 'answered' }, 0)[0]).toEqual({ kind: 'begin', kept: true });
  });

  it('discards at the end what nobody asked to keep, and keeps what somebody did', () => {
    const unasked = new RecordingMachine('on-demand-keep');
    unasked.handle({ kind: 'answered' }, 0);
    expect(unasked.handle({ kind: 'ended' }, 9)).toContainEqual({
      kind: 'finish',
      keep: false,
      cause: 'ended',
      by: 'call',
    });

    const asked = new RecordingMachine('on-demand-keep');
    asked.handle({ kind: 'answered' }, 0);
    ask(asked, 'pause');
    expect(ask(asked, 'start').outputs[0]).toEqual({ kind: 'keep' });
    expect(asked.handle({ kind: 'ended' }, 9)).toContainEqual({
      kind: 'finish',
      keep: true,
      cause: 'ended',
      by: 'call',
    });
  });

  it('resumes by itself after the set time, and only then', () => {
    const machine = new RecordingMachine('always-pause-resume', 30_000);
    machine.handle({ kind: 'answered' }, 0);
    ask(machine, 'pause');
    expect(machine.nextDeadline()).toBe(31_000);
    expect(machine.tick(30_999)).toEqual([]);
    expect(machine.tick(31_000)).toContainEqual({ kind: 'resume', by: 'timer' });
    expect(machine.nextDeadline()).toBeUndefined();
  });

  it('begins a second recording after stop and start', () => {
    const machine = new RecordingMachine('on-demand');
    machine.handle({ kind: 'answered' }, 0);
    ask(machine, 'start');
    expect(ask(machine, 'stop').outputs).toContainEqual({
      kind: 'finish',
      keep: true,
      cause: 'stopped',
      by: 'info',
    });
    expect(ask(machine, 'start').outputs[0]).toEqual({ kind: 'begin', kept: true });
  });

  it('stops the tone and tells the parties when the recorder is lost', () => {
    const machine = new RecordingMachine('always');
    machine.handle({ kind: 'answered' }, 0);
    expect(machine.handle({ kind: 'recorder-failed' }, 5)).toEqual([
      { kind: 'tone', on: false },
      { kind: 'indicate', record: 'off' },
    ]);
  });
});

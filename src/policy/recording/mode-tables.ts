import { RecordingMachine, type RecordingState, type Reply } from './machine';
import { type Action, RECORDING_MODES, type RecordingMode } from './modes';

const ACTIONS: readonly Action[] = ['start', 'stop', 'pause', 'resume'];

/** Points of a call, as what leads there. */
const POINTS: ReadonlyArray<
  readonly [name: string, ...way: ReadonlyArray<Action | 'answered' | 'ended'>]
> = [
  ['ringing'],
  ['answered', 'answered'],
  ['after a start', 'answered', 'start'],
  // Nothing of these is an input of the machine: what holds before them holds in them.
  ['announcing', 'answered', 'start'],
  ['on hold', 'answered', 'start'],
  ['transferred', 'answered', 'start'],
  ['after a start and a stop', 'answered', 'start', 'stop'],
  ['after a pause', 'answered', 'start', 'pause'],
  ['ended', 'answered', 'ended'],
];

/** Any time. */
const AUTO_RESUME_MS = 1_000;

const REPLIES: Readonly<Record<Reply, string>> = {
  done: 'done',
  already: 'so already',
  forbidden: 'forbidden',
  'not-now': 'not now',
  'no-call': 'no call',
};

/** What each command is answered and leads to, for each mode at each point of a call: tables in Markdown. */
export function modeTables(): string {
  return RECORDING_MODES.map((mode) => `### ${mode}\n\n${table(mode)}`).join('\n\n');
}

function table(mode: RecordingMode): string {
  const rows = POINTS.map(([point, ...way]) => {
    const [before] = at(mode, way);
    const commands = ACTIONS.map((action) => cell(mode, way, action));
    return [point, shown(before.state), ...commands, afterAWhile(mode, way)];
  });
  const head = ['at', 'state', ...ACTIONS, 'auto-resume'];
  const all = [head, head.map(() => '---'), ...rows];
  return all.map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function cell(
  mode: RecordingMode,
  way: readonly (Action | 'answered' | 'ended')[],
  action: Action,
) {
  const [machine, command] = at(mode, way);
  const before = shown(machine.state);
  const reply = command(action);
  const after = shown(machine.state);
  return before === after ? REPLIES[reply] : `${REPLIES[reply]} → ${after}`;
}

/** What the time that is set for it does. */
function afterAWhile(mode: RecordingMode, way: readonly (Action | 'answered' | 'ended')[]): string {
  const [machine] = at(mode, way);
  const before = shown(machine.state);
  machine.tick(AUTO_RESUME_MS);
  const after = shown(machine.state);
  return before === after ? 'nothing' : `→ ${after}`;
}

/** A machine that has gone this way, and how to command it. */
function at(mode: RecordingMode, way: readonly (Action | 'answered' | 'ended')[]) {
  const machine = new RecordingMachine(mode, AUTO_RESUME_MS);
  const command = (action: Action): Reply => {
    const outputs = machine.handle({ kind: 'command', id: 0, action, by: 'info' }, 0);
    const reply = outputs.find((output) => output.kind === 'reply');
    return reply?.result ?? 'no-call';
  };
  for (const step of way) {
    if (step === 'answered' || step === 'ended') machine.handle({ kind: step }, 0);
    else command(step);
  }
  return [machine, command] as const;
}

function shown(state: RecordingState): string {
  switch (state.kind) {
    case 'ringing':
      return state.armed ? 'to be recorded' : 'ringing';
    case 'idle':
      return 'off';
    case 'recording':
      return state.kept ? 'recording' : 'recording, not kept';
    case 'paused':
      return state.kept ? 'paused' : 'paused, not kept';
    case 'ended':
      return 'ended';
  }
}

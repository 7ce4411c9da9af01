import { silentLog } from '../../../src/core';
import { DEFAULTS, type RecordedUser, type RecordingAction } from '../../../src/policy';
import { RecordingMachine } from '../../../src/policy/recording/machine';
import { RECORDING_MODES, type RecordingMode } from '../../../src/policy/recording/modes';
import type { CallParts } from '../../../src/sip/call/environment';
import type { Sounds } from '../../../src/sip/hearing/sounds';
import { controlRecording } from '../../../src/sip/procedures/control-recording';
import { DialledCodes } from '../../../src/sip/procedures/dialled-codes';
import { RecordingNotices } from '../../../src/sip/recording/notices';
import type { IncomingRequest, SipMessage } from '../../../src/ua';
import { RecordedWorld, user } from './world';

const ACTIONS: readonly RecordingAction[] = ['start', 'stop', 'pause', 'resume'];
const AUTO_RESUME_S = 30;

/** What the table says: by the machine alone, which knows neither ways nor points that are none of its own. */
interface Outcome {
  readonly result: string;
  readonly state: string;
}

/** A point of a call: what leads there in the machine, and in a call. */
interface Point {
  readonly way: ReadonlyArray<RecordingAction | 'answered' | 'ended'>;
  readonly more?: (world: RecordedWorld) => void | Promise<void>;
}

const POINTS: Readonly<Record<string, Point>> = {
  ringing: { way: [] },
  answered: { way: ['answered'] },
  announcing: {
    way: ['answered', 'start'],
    more: (world) => {
      const { hearing, states } = world.call;
      // Nobody announces a recording that has not begun.
      const expected = states[0]!.state === 'active' ? ['start', 'start'] : [];
      expect(hearing.snapshot.map(({ announcement }) => announcement)).toEqual(expected);
    },
  },
  recording: { way: ['answered', 'start'] },
  paused: { way: ['answered', 'start', 'pause'] },
  stopped: { way: ['answered', 'start', 'stop'] },
  held: { way: ['answered', 'start'], more: (world) => world.hold() },
  'held while paused': {
    way: ['answered', 'start', 'pause'],
    more: (world) => world.hold(),
  },
  transferred: { way: ['answered', 'start'], more: transfer },
  'transferred while paused': { way: ['answered', 'start', 'pause'], more: transfer },
  ended: {
    way: ['answered', 'ended'],
    more: async (world) => void (await world.call.end({ text: 'over' })),
  },
};

/** Somebody else is on either side. */
function transfer(world: RecordedWorld): void {
  for (const side of ['caller', 'callee'] as const) {
    const headers: Record<string, string> = { 'p-asserted-identity': `<sip:new-${side}@x>` };
    expect(world.call.identified(side, messageWith(headers))).toBe(true);
  }
}

type Control = (world: RecordedWorld, action: RecordingAction) => Promise<unknown> | undefined;

const RECORD = { start: 'on', stop: 'off', pause: 'pause', resume: 'resume' } as const;
const CODES = {
  start: DEFAULTS.codeStart,
  stop: DEFAULTS.codeStop,
  pause: DEFAULTS.codePause,
  resume: DEFAULTS.codeResume,
};

/** Every way by which a command comes; undefined where it has no word for it. */
const CONTROLS: Readonly<Record<string, Control>> = {
  INFO: (world, action) => info(world, { record: RECORD[action] }),
  'X-AC-Action': (world, action) => info(world, { 'x-ac-action': `${action}-siprec` }),
  REST: (world, action) => world.call.control('alice', action),
  'a=recordpref': (world, action) => {
    if (action === 'resume') return undefined;
    const notices = new RecordingNotices({ recordings: world.call, media: world.media });
    const sdp = ['v=0', 's=-', 't=0 0', 'm=audio 4000 RTP/AVP 0', `a=recordpref:${RECORD[action]}`];
    return notices.hear('caller', messageWith({}), sdp.join('\r\n'));
  },
  'feature code as event': (world, action) => {
    dialled(world).dialled('caller', CODES[action]);
    return Promise.resolve();
  },
  'feature code in INFO': async (world, action) => {
    const codes = dialled(world);
    for (const digit of CODES[action]) {
      const request = {
        ...messageWith({ 'content-type': 'application/dtmf' }),
        method: 'INFO',
        body: digit,
        respond: async () => undefined,
      };
      codes.take('caller', request as unknown as IncomingRequest);
    }
  },
};

function dialled({ call, clock }: RecordedWorld): DialledCodes {
  const parts = { env: { clock }, log: silentLog, recordings: call };
  return new DialledCodes(parts as unknown as CallParts, () => undefined);
}

async function info(
  { call, clock }: RecordedWorld,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  await new Promise<void>((resolve) => {
    const respond = async () => resolve();
    const request = { ...messageWith(headers), method: 'INFO', respond };
    const env = { clock } as unknown as CallParts['env'];
    const parts = { env, recordings: call, log: silentLog };
    if (!controlRecording(parts, 'caller', request as unknown as IncomingRequest)) resolve();
  });
}

function messageWith(headers: Readonly<Record<string, string>>): SipMessage {
  return { header: (name) => headers[name], headers: [], body: '' };
}

/** What the command comes to by the machine. */
function expected(mode: RecordingMode, { way }: Point, action: RecordingAction): Outcome {
  const machine = machineAt(mode, way);
  const outputs = machine.handle({ kind: 'command', id: 1, action, by: 'info' }, 0);
  const reply = outputs.find(({ kind }) => kind === 'reply');
  if (reply?.kind !== 'reply') throw new Error('no reply');
  return { result: reply.result, state: shown(machine) };
}

function machineAt(mode: RecordingMode, way: Point['way']): RecordingMachine {
  const machine = new RecordingMachine(mode, AUTO_RESUME_S * 1000);
  for (const step of way) {
    if (step === 'answered' || step === 'ended') machine.handle({ kind: step }, 0);
    else machine.handle({ kind: 'command', id: 0, action: step, by: 'info' }, 0);
  }
  return machine;
}

/** As the recording of a call shows it. */
function shown(machine: RecordingMachine): string {
  const { kind } = machine.state;
  if (kind === 'recording') return 'active';
  return kind === 'paused' ? 'paused' : 'off';
}

async function worldAt(mode: RecordedUser['mode'], { way, more }: Point): Promise<RecordedWorld> {
  const settings = { ...DEFAULTS, mode, announceTrunk: true, autoResumeSeconds: AUTO_RESUME_S };
  // Announced without end.
  const sounds: Sounds = {
    prompt: () => new Promise(() => {}),
    tone: () => new Promise(() => {}),
    plays: () => true,
  };
  const world = new RecordedWorld([user(mode, { settings })], { discards: true, sounds });
  for (const step of way) {
    if (step === 'answered') await world.answer();
    else if (step !== 'ended') await world.call.control('alice', step);
  }
  await world.rest();
  await more?.(world);
  return world;
}

function stateOf(world: RecordedWorld): string {
  const { state } = world.call.states[0]!;
  return state === 'ended' ? 'off' : state;
}

const MODES = RECORDING_MODES.filter((mode) => mode !== 'never');

describe.each(Object.entries(CONTROLS))('a command by %s', (way, control) => {
  const dials = way.startsWith('feature code');

  describe.each(Object.entries(POINTS))('to a call that is %s', (name, point) => {
    // In a call that nobody has answered, or that is over, nobody listens to digits.
    if (dials && (name === 'ringing' || name === 'ended')) return;

    it.each(MODES)('comes to what the table says: %s', async (mode) => {
      for (const action of ACTIONS) {
        const world = await worldAt(mode, point);
        const before = world.call.controls.length;
        const given = control(world, action);
        if (!given) continue;
        await given;
        await world.rest();
        const told = world.call.controls.slice(before);
        if (dials && mode === 'always') {
          expect(told).toEqual([]);
          continue;
        }
        const outcome = { result: told.map(({ result }) => result).join(), state: stateOf(world) };
        expect({ action, ...outcome }).toEqual({ action, ...expected(mode, point, action) });
      }
    });
  });
});

describe('the time that ends a pause', () => {
  it.each(Object.entries(POINTS))('in a call that is %s', async (_, point) => {
    for (const mode of MODES) {
      const world = await worldAt(mode, point);
      world.clock.advance(AUTO_RESUME_S * 1000);
      await world.rest();
      const machine = machineAt(mode, point.way);
      machine.tick(AUTO_RESUME_S * 1000);
      expect({ mode, state: stateOf(world) }).toEqual({ mode, state: shown(machine) });
    }
  });
});

describe('a user who is not recorded', () => {
  it.each(Object.entries(CONTROLS))('commands nothing by %s', async (_, control) => {
    const world = new RecordedWorld([]);
    await world.answer();
    for (const action of ACTIONS) await control(world, action);
    expect([world.call.controls, world.journal]).toEqual([[], []]);
  });
});

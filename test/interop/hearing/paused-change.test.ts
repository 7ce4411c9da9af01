import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readWav } from '../../../src/media';
import type { CallRecord } from '../../../src/sip';
import type { IncomingRequest } from '../../../src/ua';
import { location, organization, provider, user } from '../../policy/settings/support';
import { freePort } from '../../support/ports';
import { type Product, startProduct } from '../../support/product';
import { until } from '../b2bua/ear';
import { Exchange, type Talk, type Written } from './exchange';
import { type Handset, PCMU } from './handset';
import { framesIn, noise } from './judge';
import { ScriptedRecorder } from './scripted-recorder';

const AWARE = { Supported: 'record-aware', Allow: 'INVITE, ACK, BYE, CANCEL, UPDATE, INFO' };
/** Packets of each side at each stage, at the least. */
const STAGE = 50;
/** Longer than any call here, so that each frame is there once. */
const SECONDS = 200;

const NOTHING = new Int16Array(0);

/** How many frames the caller and the callee have said. */
type Mark = readonly [caller: number, callee: number];

/** A recorded caller, who is told how that stands (RFC 7866 §6.3), and whom it speaks with. */
class RecordedTalk {
  readonly speakers: readonly [Handset, Handset];
  #version = 1;
  #told = '';

  constructor(private readonly talk: Talk) {
    const { caller, callee, dialogs, ports } = talk;
    this.speakers = [caller, callee];
    const answer = (request: IncomingRequest) => {
      this.#hear(request.body);
      void request.respond(200, { body: this.#description(), headers: AWARE });
    };
    dialogs.caller.onUpdate = answer;
    dialogs.caller.onReinvite = answer;
    caller.speak(noise(SECONDS, 1), ports.caller);
    callee.speak(noise(SECONDS, 2), ports.callee);
  }

  /** What was said until now. */
  get said(): Mark {
    const [caller, callee] = this.speakers;
    return [caller.sent.length, callee.sent.length];
  }

  /** The same, once all of it has passed the house. */
  async saidAndHeard(): Promise<Mark> {
    const mark = this.said;
    const [caller, callee] = this.speakers;
    await until(
      'it is heard',
      () => hears(callee, caller, mark[0]) && hears(caller, callee, mark[1]),
    );
    return mark;
  }

  /** Both say so much more. */
  async goOn(): Promise<Mark> {
    const enough = Math.max(...this.said) + STAGE;
    await until('something more is said', () => Math.min(...this.said) >= enough);
    return this.saidAndHeard();
  }

  /** Resolves when it is in force. */
  async prefer(preference: 'pause' | 'on'): Promise<void> {
    const body = `${this.#description()}a=recordpref:${preference}\r\n`;
    const final = await this.talk.dialogs.caller.reinvite({ body, headers: AWARE });
    if (final.kind === 'rejected') throw new Error(`refused with ${final.response.status}`);
    final.ack();
    this.#hear(final.response.body);
    await this.#inForce(preference === 'pause' ? 'paused' : 'on');
  }

  /** Dials while both speak; resolves when it is in force. */
  async dial(code: string, wanted: 'paused' | 'on'): Promise<void> {
    this.speakers[0].press(code);
    await this.#inForce(wanted);
  }

  /** A phone is told `on` before audio flows again: what asks for the same once more is answered when it does. */
  async #inForce(wanted: 'paused' | 'on'): Promise<void> {
    await until(`the phone is told: ${wanted}`, () => this.#told === wanted);
    const headers = { Record: wanted === 'on' ? 'resume' : 'pause' };
    expect((await this.talk.dialogs.caller.request('INFO', { headers })).status).toBe(200);
  }

  /** They fall silent, hear each other out, and hang up. */
  async end(): Promise<void> {
    for (const speaker of this.speakers) speaker.hush();
    await this.saidAndHeard();
    await this.talk.dialogs.caller.bye();
  }

  #hear(description: string): void {
    this.#told = /^a=record:(\S+)/m.exec(description)?.[1] ?? this.#told;
  }

  #description(): string {
    return this.talk.caller.describe([PCMU], 'sendrecv', ++this.#version);
  }
}

/** Whether it has heard the last of so many frames. */
function hears(listener: Handset, speaker: Handset, count: number): boolean {
  const last = Buffer.from(speaker.sent[count - 1]!);
  return listener.packets.some(({ payload }) => last.equals(payload));
}

/** Numbers from one up to another, without that. */
function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, n) => from + n);
}

/** What was asked for, and what it came to; not what only asked whether it is so. */
function commands({ controls }: Written<CallRecord>): string[] {
  return controls
    .filter(({ result }) => result !== 'already')
    .map(({ by, action, result }) => `${by} ${action} ${result}`);
}

/** A pause, as its marks were taken: nothing between the second and the third may be recorded. */
interface Pause {
  /** Before it was asked for, when it was in force, before its end was asked for, when that was so. */
  readonly asked: Mark;
  readonly begun: Mark;
  readonly endAsked: Mark;
  readonly ended: Mark;
}

describe('a pause that falls into a change of recorder', () => {
  const directory = mkdtempSync(join(tmpdir(), 'twintrack-mortal-'));
  let port: number;
  let exchange: Exchange | undefined;
  let mortal: Product | undefined;
  let leaving: ScriptedRecorder;
  let late: ScriptedRecorder;

  const bear = async (): Promise<void> => {
    mortal = await startProduct(
      [
        `recorder.embedded.listen=[tcp/127.0.0.1:${port}, udp/127.0.0.1:0]`,
        `recorder.embedded.directory=${directory}`,
      ],
      'source',
      'recorder',
    );
  };

  beforeAll(async () => {
    port = await freePort();
    [leaving, late] = await Promise.all([ScriptedRecorder.open(), ScriptedRecorder.open()]);
    await bear();
    const places = {
      mortal: { endpoint: `sip:127.0.0.1:${port};transport=tcp`, standby: ['here'] },
      leaving: { endpoint: leaving.uri, standby: ['late'] },
      late: { endpoint: late.uri },
    };
    exchange = await Exchange.open(
      [
        // The last first: those that stand by have to be known.
        ...Object.entries(places)
          .reverse()
          .flatMap(([name, place]) => [
            provider(name, { preset: 'custom', ...place }),
            { do: 'accept-terms', key: name } as const,
            location(name, { provider: name }),
          ]),
        organization({ provider: 'here', mode: 'always-pause-resume', announceTrunk: false }),
        ...['100', '101', '102'].map((number) =>
          user(`user${number}`, { numbers: [number], location: 'mortal' }),
        ),
        user('lena', { numbers: ['200'], location: 'leaving' }),
      ],
      ['recorder.checkSeconds=0.5', 'recorder.answerTimeoutSeconds=30'],
    );
  });

  afterAll(async () => {
    await exchange?.close();
    await mortal?.kill();
    await Promise.all([leaving.close(), late.close()]);
    rmSync(directory, { recursive: true, force: true });
  });

  async function talk(from: string): Promise<RecordedTalk> {
    return new RecordedTalk(
      await exchange!.call({ from, to: `9${from}`, codec: PCMU, headers: AWARE }),
    );
  }

  /** What the recorder that is to die has written so far, by channel. */
  const written = (): readonly Int16Array[] => {
    const [growing] = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.wav.part'),
    );
    return growing === undefined ? [] : readWav(readFileSync(join(directory, growing))).channels;
  };

  const established = (recorder: string): number =>
    exchange!.product.log.filter(
      (line) => line.msg === 'recording established' && line.recorder === recorder,
    ).length;

  /** So often has the standby taken over. */
  let changes = 0;

  const takenOver = (): Promise<void> => {
    changes += 1;
    return until('the next recorder has taken over', () => established('here') === changes);
  };

  const ORDERS: ReadonlyArray<
    [
      what: string,
      from: string,
      act: (call: RecordedTalk, kill: (asked: Mark) => Promise<void>) => Promise<Pause>,
    ]
  > = [
    [
      'is on when the recorder dies, and goes on at the next',
      '100',
      async (call, kill) => {
        const asked = await call.goOn();
        await call.prefer('pause');
        const begun = call.said;
        await call.goOn();
        await kill(asked);
        await takenOver();
        const endAsked = await call.goOn();
        await call.prefer('on');
        return { asked, begun, endAsked, ended: call.said };
      },
    ],
    [
      'is asked for when nobody has noticed yet that the recorder is dead',
      '101',
      async (call, kill) => {
        const asked = await call.goOn();
        await kill(asked);
        await call.prefer('pause');
        const begun = call.said;
        await takenOver();
        const endAsked = await call.goOn();
        await call.prefer('on');
        return { asked, begun, endAsked, ended: call.said };
      },
    ],
    [
      'is to end when nobody has noticed yet that the recorder is dead',
      '102',
      async (call, kill) => {
        const asked = await call.goOn();
        await call.prefer('pause');
        const begun = call.said;
        const endAsked = await call.goOn();
        await kill(asked);
        await call.prefer('on');
        const ended = call.said;
        await takenOver();
        return { asked, begun, endAsked, ended };
      },
    ],
  ];

  test.each(ORDERS)('%s: neither recording has any of it', async (_, from, act) => {
    const call = await talk(from);
    const kill = async (said: Mark): Promise<void> => {
      await until('what was said before the pause is in its file', () => {
        const channels = written();
        return said.every(
          (count, i) => framesIn(channels[i] ?? NOTHING, call.speakers[i]!).length >= count,
        );
      });
      await mortal!.kill();
    };
    const { asked, begun, endAsked, ended } = await act(call, kill);
    await call.goOn();
    await call.end();
    const record = await exchange!.record(from);
    const rest = await exchange!.recorded(record.id);
    // The next process mends what the dead one has left.
    await bear();
    const beginning = await exchange!.recorded(record.id, directory);

    for (const [i, speaker] of call.speakers.entries()) {
      const first = framesIn(beginning.channels[i]!, speaker);
      const second = framesIn(rest.channels[i]!, speaker);
      const inPause = (n: number) => n >= begun[i]! && n < endAsked[i]!;
      expect([first.filter(inPause), second.filter(inPause)]).toEqual([[], []]);
      expect(first).toEqual(range(0, first.length));
      expect(first.length).toBeGreaterThanOrEqual(asked[i]!);
      const after = second.filter((n) => n >= endAsked[i]!);
      expect(after[0]).toBeLessThanOrEqual(ended[i]!);
      expect(after).toEqual(range(after[0]!, speaker.sent.length));
    }
    expect(commands(record)).toEqual(['recordpref pause done', 'recordpref start done']);
    expect(record.recordings).toMatchObject([
      {
        recorded: 'partly',
        fault: 'RECORDER_VANISHED',
        parts: [{ recorder: 'mortal', fault: 'RECORDER_VANISHED' }, { recorder: 'here' }],
      },
    ]);
  });

  it('begins and ends while there is no recorder: the next has what was said before and after', async () => {
    const call = await talk('200');
    const session = await leaving.accept(await leaving.nextCall());
    await call.goOn();
    await session.bye();
    const asked = await late.nextCall();
    const before = await call.goOn();
    await call.dial('*48', 'paused');
    const begun = call.said;
    const endAsked = await call.goOn();
    await call.dial('*49', 'on');
    const ended = call.said;
    await call.goOn();
    await late.accept(asked);
    await call.goOn();
    await call.end();
    const record = await exchange!.record('200');

    for (const [i, speaker] of call.speakers.entries()) {
      const [first, second] = [leaving, late].map(({ ears }) => {
        const numbers = new Map(
          speaker.sent.map((said, n) => [Buffer.from(said).toString('latin1'), n]),
        );
        return ears[i]!.packets.map(({ payload }) =>
          numbers.get(Buffer.from(payload).toString('latin1')),
        );
      });
      expect(first).toEqual(range(0, first!.length));
      const kept = second!.filter((n) => n! < begun[i]!);
      const after = second!.slice(kept.length);
      expect(kept).toEqual(range(first!.length, first!.length + kept.length));
      expect(first!.length + kept.length).toBeGreaterThanOrEqual(before[i]!);
      expect(after[0]).toBeGreaterThanOrEqual(endAsked[i]!);
      expect(after[0]).toBeLessThanOrEqual(ended[i]!);
      expect(after).toEqual(range(after[0]!, speaker.sent.length));
    }
    expect(commands(record)).toEqual(['dtmf pause done', 'dtmf resume done']);
    expect(record.recordings).toMatchObject([
      {
        recorded: 'partly',
        fault: 'RECORDER_VANISHED',
        parts: [{ recorder: 'leaving' }, { recorder: 'late', status: 200 }],
      },
    ]);
  });
});

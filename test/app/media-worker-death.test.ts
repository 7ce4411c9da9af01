import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { startTwintrack, type Twintrack } from '../../src/app';
import { type EmbeddedAgent, embeddedAgent } from '../../src/app/sip';
import { loadConfig, showProblem } from '../../src/config';
import { SystemClock, silentLog } from '../../src/core';
import { decodePcmu, encodePcmu, readWav } from '../../src/media';
import { Phone, type PhoneCall } from '../../src/phone';
import type { FinishedRecording } from '../../src/recorder';
import { BACKEND } from '../support/backend';
import { captureLog } from '../support/captured-log';

const LOOPBACK = '127.0.0.1';
const ALICE = '+15550100';
const BOB = '+15550111';
const SPEECH = join(__dirname, '../../assets/speech');

/** What a phone's handset gives out, and what it is at the other end of G.711: each sample is known. */
const said = { alice: speech('alice.wav'), bob: speech('bob.wav') };
const arrives = { alice: throughPcmu(said.alice), bob: throughPcmu(said.bob) };

interface Cdr {
  readonly callId: string;
  readonly id: string;
  readonly end: { readonly by: string; readonly fault?: string };
  readonly recordings: ReadonlyArray<{
    readonly recorded: string;
    readonly fault?: string;
    readonly detail: string;
  }>;
}

/** A call as its two phones have it. */
interface Talk {
  readonly alice: PhoneCall;
  readonly bob: PhoneCall;
  /** The thread that moves its audio. */
  readonly worker: Worker;
}

const directory = mkdtempSync(join(tmpdir(), 'twintrack-death-'));
const clock = new SystemClock();
const captured = captureLog('info');
const posted = jest.spyOn(Worker.prototype, 'postMessage');
const recordings: FinishedRecording[] = [];
let twintrack: Twintrack;
let lines: EmbeddedAgent[] = [];

beforeAll(async () => {
  const listen = [{ protocol: 'udp' as const, address: LOOPBACK, port: 0 }];
  lines = await Promise.all(
    ['Alice', 'Bob'].map((name) =>
      embeddedAgent({ listen, userAgent: `${name}'s`, log: silentLog }),
    ),
  );
  const contact = `sip:${LOOPBACK}:${lines[1]!.engine.addresses[0]!.port};transport=udp`;
  const users = [
    { number: ALICE, mode: 'always' },
    { number: BOB, mode: 'never', contact },
  ];
  const set = [
    `sip.listen=[udp/${LOOPBACK}:0, tcp/${LOOPBACK}:0]`,
    `recorder.embedded.listen=[tcp/${LOOPBACK}:0]`,
    `recorder.embedded.directory=${directory}/recordings`,
    `cdr.file=${directory}/cdr.jsonl`,
    `http.listen=${LOOPBACK}:0`,
    'media.workers=2',
    `users=${JSON.stringify(users)}`,
  ];
  const loaded = loadConfig({ env: process.env, flags: { set } });
  if (!loaded.ok) throw new Error(loaded.problems.map(showProblem).join('\n'));
  twintrack = await startTwintrack(loaded.config, { log: captured.log });
  twintrack.recorder!.onEvent((event) => {
    if (event.kind === 'finished') recordings.push(event.recording);
  });
});

afterAll(async () => {
  posted.mockRestore();
  await twintrack?.stop();
  await Promise.all(lines.map((line) => line.close()));
  rmSync(directory, { recursive: true, force: true });
});

/** Alice calls Bob, who answers. */
async function talk(): Promise<Talk> {
  const [alice, bob] = lines.map(
    ({ agent }, index) =>
      new Phone({
        agent,
        address: LOOPBACK,
        identity: `<sip:${[ALICE, BOB][index]}@${LOOPBACK}>`,
        clock,
      }),
  );
  const proxy = twintrack.sip.find((place) => place.startsWith('udp/'))!.slice('udp/'.length);
  const answered = bob!.nextCall();
  const call = await alice!.call(`sip:${BOB}@${proxy}`, `sip:${proxy};transport=udp`);
  const opened = posted.mock.calls.findLastIndex(
    ([messages]) =>
      Array.isArray(messages) &&
      messages.some(({ kind, name }) => kind === 'ask' && name === 'open'),
  );
  return { alice: call, bob: await answered, worker: posted.mock.contexts[opened] as Worker };
}

async function converse({ alice, bob }: Talk): Promise<void> {
  await Promise.all([alice.say(said.alice), bob.say(said.bob)]);
}

/** Both have heard every sample of what the other said, and nothing lies between them. */
async function heardEachOther({ alice, bob }: Talk): Promise<void> {
  await until('everything is heard', () => holds(bob.heard(), arrives.alice));
  await until('everything is heard', () => holds(alice.heard(), arrives.bob));
  expect([alice.stats().lost, bob.stats().lost]).toEqual([0, 0]);
}

async function hangUp({ alice, bob }: Talk): Promise<void> {
  await alice.hangUp();
  await bob.ended;
}

async function cdrs(count: number): Promise<readonly Cdr[]> {
  const file = `${directory}/cdr.jsonl`;
  let records: Cdr[] = [];
  await until(`there are ${count} records`, () => {
    if (!existsSync(file)) return false;
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    records = lines.map((line) => JSON.parse(line) as Cdr);
    return records.length >= count;
  });
  return records;
}

async function metric(name: string): Promise<number> {
  const exposed = await (await fetch(`http://${LOOPBACK}:${twintrack.httpPort}/metrics`)).text();
  return Number(exposed.match(new RegExp(`^${name} (\\S+)$`, 'm'))?.[1]);
}

describe('a media worker that dies under recorded calls', () => {
  it('takes its calls with it and no others, and the next carries new ones', async () => {
    const ready = captured.events('media-worker-ready');
    expect(ready).toMatchObject([{ backend: BACKEND }, { backend: BACKEND }]);
    const talks = [await talk(), await talk(), await talk(), await talk()];
    const doomed = talks[0]!.worker;
    const lost = talks.filter(({ worker }) => worker === doomed);
    const spared = talks.filter(({ worker }) => worker !== doomed);
    expect([lost.length, spared.length]).toEqual([2, 2]);

    const speaking = talks.map(converse);
    await until('all are heard', () =>
      talks.every(({ alice, bob }) => alice.stats().received > 50 && bob.stats().received > 50),
    );
    await doomed.terminate();
    // Each party gets a BYE.
    await Promise.all(lost.flatMap(({ alice, bob }) => [alice.ended, bob.ended]));
    const ended = await cdrs(2);
    expect(ended.map(({ end }) => end)).toEqual([
      expect.objectContaining({ by: 'us', fault: 'MEDIA_WORKER_LOST' }),
      expect.objectContaining({ by: 'us', fault: 'MEDIA_WORKER_LOST' }),
    ]);
    for (const { recordings } of ended) {
      expect(recordings).toEqual([
        expect.objectContaining({
          recorded: 'partly',
          fault: 'MEDIA_WORKER_LOST',
          detail: 'the media worker that carried the call died: what came before is recorded',
        }),
      ]);
    }

    await until('they are over at the recorder', () => recordings.length === 2);

    // The others have not missed a sample, in the conversation and in the recording.
    await Promise.all(speaking);
    await Promise.all(spared.map(heardEachOther));
    await Promise.all(spared.map(hangUp));
    const whole = (await cdrs(4)).slice(2);
    expect(whole.map((record) => [record.end.fault, record.recordings[0]?.recorded])).toEqual([
      [undefined, 'fully'],
      [undefined, 'fully'],
    ]);
    await until('they are over at the recorder', () => recordings.length === 4);
    expect(recordings.map((recording) => recorded(recording))).toEqual([
      [false, false],
      [false, false],
      [true, true],
      [true, true],
    ]);
    // Of what was cut short there is what came before: of more than a second, a tenth of the speech.
    expect(recordings.map((recording) => recorded(recording, 0.1))).toEqual(
      recordings.map(() => [true, true]),
    );

    // One more on each worker, the newborn one included.
    const [survivor] = spared.map(({ worker }) => worker);
    await until(
      'the next worker runs',
      async () => (await metric('twintrack_media_workers')) === 2,
    );
    const again = [await talk(), await talk()];
    const carriers = again.map(({ worker }) => worker);
    expect(carriers).toContain(survivor);
    expect(carriers.filter((worker) => worker !== survivor && worker !== doomed)).toHaveLength(1);
    await Promise.all(again.map(converse));
    await Promise.all(again.map(heardEachOther));
    await Promise.all(again.map(hangUp));
    const last = (await cdrs(6)).slice(4);
    expect(last.map((record) => [record.end.fault, record.recordings[0]?.recorded])).toEqual([
      [undefined, 'fully'],
      [undefined, 'fully'],
    ]);

    expect(captured.events('media-worker-lost')).toMatchObject([{ calls: 2, deaths: 1 }]);
    expect(await metric('twintrack_media_workers_lost_total')).toBe(1);
    expect(await metric('twintrack_call_faults_total{fault="MEDIA_WORKER_LOST"}')).toBe(2);
  });
});

/** Whether each channel of a recording holds what its party said, or the first share of that. */
function recorded(recording: FinishedRecording, share = 1): boolean[] {
  const { channels } = readWav(readFileSync(recording.audio));
  return [arrives.alice, arrives.bob].map((whole, index) =>
    holds(channels[index]!, whole.subarray(0, share * whole.length)),
  );
}

/** Whether these samples are somewhere in those, one after the other. */
function holds(samples: Int16Array, wanted: Int16Array): boolean {
  const octets = (of: Int16Array) => Buffer.from(of.buffer, of.byteOffset, of.byteLength);
  return octets(samples).includes(octets(wanted));
}

function throughPcmu(samples: Int16Array): Int16Array {
  return decodePcmu(encodePcmu(samples));
}

function speech(file: string): Int16Array {
  return readWav(readFileSync(join(SPEECH, file))).channels[0]!;
}

async function until(what: string, is: () => boolean | Promise<boolean>): Promise<void> {
  for (let patience = 1_800; patience > 0; patience--) {
    if (await is()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`it never came to be that ${what}`);
}

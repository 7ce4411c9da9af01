import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadConfig, showProblem } from '../config';
import { type Clock, createLog, type Log, SystemClock } from '../core';
import { type Correlation, correlate, readWav } from '../media';
import { Phone, type PhoneCall, type PhoneEvent } from '../phone';
import type { FinishedRecording } from '../recorder';
import { envelopeLine } from './demo-picture';
import { type EmbeddedAgent, embeddedAgent } from './sip';
import { startTwintrack, type Twintrack } from './twintrack';

export interface DemoOptions {
  /** Where recordings are put. */
  readonly recordings: string;
  /** Shows a line to the person. */
  readonly show: (line: string) => void;
}

/** What the demo found. */
export interface DemoVerdict {
  readonly passed: boolean;
  readonly recording: string | undefined;
  /** Ends what still runs. */
  stop(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';
const SPEECH = join(__dirname, '../../assets/speech');
const ALICE = { name: 'Alice', number: '+15550100', speech: 'alice.wav' } as const;
const BOB = { name: 'Bob', number: '+15550111', speech: 'bob.wav' } as const;
/** From here on the channel holds what the phone said: G.711 alone costs less than a hundredth. */
const SAME_VOICE = 0.9;
/** A channel that holds the other phone's voice as well would reach this. */
const OTHER_VOICE = 0.3;
const RECORDING_TIMEOUT_MS = 10_000;
const PICTURE_COLUMNS = 72;

/**
 * The whole system on loopback: Twintrack, the embedded recorder, and two phones that call and speak
 * through it. Judges the recording by its samples against what the phones said.
 */
export async function runDemo({ recordings, show }: DemoOptions): Promise<DemoVerdict> {
  const clock = new SystemClock();
  const began = clock.now();
  const at = (line: string): void => {
    show(`  ${((clock.now() - began) / 1000).toFixed(3).padStart(7)} s  ${line}`);
  };
  const log = createLog('warn', { write: (line) => show(`  log: ${line.trimEnd()}`) });

  show('A recorded call on loopback: Alice, whose calls are always recorded, calls Bob.\n');
  const bobLine = await line(BOB.name, log);
  const aliceLine = await line(ALICE.name, log);
  const twintrack = await startTwintrack(demoConfig(recordings, bobLine), { log });
  const stop = async (): Promise<void> => {
    await twintrack.stop();
    await Promise.all([aliceLine.close(), bobLine.close()]);
  };
  at(`Twintrack listens at ${twintrack.sip.join(' and ')}`);
  at(`the recorder listens at ${twintrack.recorderSip.join(' and ')}`);

  try {
    const finished = nextRecording(twintrack, clock, at);
    const { alice, bob } = await conversation({ twintrack, aliceLine, bobLine, clock, at });
    const recording = await finished;
    if (!recording) {
      show('\n  No recording came out of the recorder: see the log lines above.');
      return { passed: false, recording: undefined, stop };
    }
    const passed = await judge(recording, { alice, bob }, show);
    return { passed, recording: recording.audio, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function demoConfig(recordings: string, bobLine: EmbeddedAgent) {
  const contact = `sip:${LOOPBACK}:${bobLine.engine.addresses[0]?.port};transport=udp`;
  const users = [
    { number: ALICE.number, name: ALICE.name, mode: 'always' },
    { number: BOB.number, name: BOB.name, mode: 'never', contact },
  ];
  const loaded = loadConfig({
    env: {},
    flags: {
      set: [
        `sip.listen=[udp/${LOOPBACK}:0, tcp/${LOOPBACK}:0]`,
        `recorder.embedded.listen=[tcp/${LOOPBACK}:0]`,
        `recorder.embedded.directory=${recordings}`,
        `users=${JSON.stringify(users)}`,
        'http.listen=null',
        'cdr.file=null',
      ],
    },
  });
  if (!loaded.ok) throw new Error(loaded.problems.map(showProblem).join('\n'));
  return loaded.config;
}

/** A phone's own SIP socket. */
function line(name: string, log: Log): Promise<EmbeddedAgent> {
  const listen = [{ protocol: 'udp', address: LOOPBACK, port: 0 }] as const;
  return embeddedAgent({ listen: [...listen], userAgent: `${name}'s phone`, log });
}

interface Scene {
  readonly twintrack: Twintrack;
  readonly aliceLine: EmbeddedAgent;
  readonly bobLine: EmbeddedAgent;
  readonly clock: Clock;
  readonly at: (line: string) => void;
}

/** The call: Alice speaks from the first moment, Bob falls in, Alice hangs up. */
async function conversation({ twintrack, aliceLine, bobLine, clock, at }: Scene) {
  const phone = (who: typeof ALICE | typeof BOB, line: EmbeddedAgent, ringMs: number): Phone =>
    new Phone({
      agent: line.agent,
      address: LOOPBACK,
      identity: `"${who.name}" <sip:${who.number}@${LOOPBACK}>`,
      clock,
      ringMs,
      onEvent: (event) => at(tell(who.name, event)),
    });
  const [aliceSpeech, bobSpeech] = await Promise.all([speech(ALICE.speech), speech(BOB.speech)]);
  const bobAnswers = phone(BOB, bobLine, 700).nextCall();
  const proxy = twintrack.sip.find((address) => address.startsWith('udp/'))?.slice('udp/'.length);
  const alice = await phone(ALICE, aliceLine, 0).call(
    `sip:${BOB.number}@${proxy}`,
    `sip:${proxy};transport=udp`,
  );
  const bob = await bobAnswers;

  const aliceDone = alice.say(aliceSpeech);
  at(`Alice speaks for ${(aliceSpeech.length / 8000).toFixed(1)} s`);
  await pause(clock, 1000);
  const flows = alice.stats().received > 0 && bob.stats().received > 0;
  at(flows ? 'audio flows both ways' : 'NO AUDIO in at least one direction');
  await pause(clock, 3000);
  at(`Bob speaks for ${(bobSpeech.length / 8000).toFixed(1)} s, Alice still does`);
  await Promise.all([aliceDone, bob.say(bobSpeech)]);
  await pause(clock, 300);
  await alice.hangUp();
  await bob.ended;
  return { alice, bob };
}

function tell(name: string, event: PhoneEvent): string {
  switch (event.kind) {
    case 'calling':
      return `${name} sends INVITE ${event.uri}`;
    case 'ringing':
      return event.role === 'callee' ? `${name}'s phone rings: 180` : `${name} hears it ring`;
    case 'answered':
      return event.role === 'callee' ? `${name} answers: 200` : `${name} is connected: ACK`;
    case 'ended':
      return event.by === 'us' ? `${name} hangs up: BYE` : `${name}'s phone says the call is over`;
  }
}

function nextRecording(
  { recorder }: Twintrack,
  clock: Clock,
  at: (line: string) => void,
): Promise<FinishedRecording | undefined> {
  return new Promise((resolve) => {
    recorder?.onEvent((event) => {
      if (event.kind === 'started') {
        at('recording session up: the recorder answered the SIPREC INVITE');
        clock.after(RECORDING_TIMEOUT_MS + 15_000, () => resolve(undefined));
      } else if (event.kind === 'finished') {
        at('recording session over: the recorder closed its files');
        resolve(event.recording);
      }
    });
    clock.after(RECORDING_TIMEOUT_MS + 15_000, () => resolve(undefined));
  });
}

/** Compares each channel with what each phone said, and prints what a person can check. */
async function judge(
  recording: FinishedRecording,
  calls: { alice: PhoneCall; bob: PhoneCall },
  show: (line: string) => void,
): Promise<boolean> {
  const { rate, channels } = readWav(await readFile(recording.audio));
  const [left = new Int16Array(0), right = new Int16Array(0)] = channels;
  const [aliceSpeech, bobSpeech] = await Promise.all([speech(ALICE.speech), speech(BOB.speech)]);
  const is = (channel: Int16Array, said: Int16Array): Correlation => correlate(said, channel, rate);
  const found = {
    aliceLeft: is(left, aliceSpeech),
    bobRight: is(right, bobSpeech),
    bobLeft: is(left, bobSpeech),
    aliceRight: is(right, aliceSpeech),
  };
  const lost = recording.streams.reduce((sum, stream) => sum + stream.lost, 0);

  show(`
  Recording  ${recording.audio}
  Metadata   ${recording.sidecar}
  Duration   ${(left.length / rate).toFixed(2)} s, ${channels.length} channels, ${rate} Hz

  left   ${envelopeLine(left, PICTURE_COLUMNS)}
  right  ${envelopeLine(right, PICTURE_COLUMNS)}

  channel  whose        holds what that phone said             holds the other's
  left     Alice        ${holds(found.aliceLeft)}   ${found.bobLeft.coefficient.toFixed(3)}
  right    Bob          ${holds(found.bobRight)}   ${found.aliceRight.coefficient.toFixed(3)}

  packets lost: ${calls.bob.stats().lost} Alice to Bob, ${calls.alice.stats().lost} Bob to Alice, ${lost} to the recorder
`);
  const own = [found.aliceLeft, found.bobRight].every((one) => one.coefficient >= SAME_VOICE);
  const apart = [found.bobLeft, found.aliceRight].every((one) => one.coefficient < OTHER_VOICE);
  show(
    own && apart
      ? '  Both voices are in the recording, each on its own channel.'
      : '  FAILED: the recording does not hold both voices, each on its own channel.',
  );
  return own && apart;
}

function holds({ coefficient, offsetMs }: Correlation): string {
  return `correlation ${coefficient.toFixed(3)}, begins at ${(offsetMs / 1000).toFixed(3)} s`;
}

async function speech(file: string): Promise<Int16Array> {
  const { channels } = readWav(await readFile(join(SPEECH, file)));
  return channels[0] ?? new Int16Array(0);
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readWav } from '../../../src/media';
import { pieceByPiece } from '../../support/piece-by-piece';
import { freePort, isFreeFor } from '../../support/ports';
import { type Product, startProduct } from '../../support/product';
import { speechPcap } from '../../support/speech-pcap';
import {
  awaitCall,
  call,
  callerSends,
  expectRequest,
  expectResponse,
  pause,
  respond,
  respondInside,
  scenario,
} from '../b2bua/scenario';
import { sipp } from '../b2bua/sipp';

export interface LoadOptions {
  /** Calls a second, and how many in all. */
  readonly rate: number;
  readonly calls: number;
  readonly transport: 'udp' | 'tcp';
  /** How long each call talks. */
  readonly talkMs: number;
  /** Which build: `dist` for figures. */
  readonly from?: 'source' | 'dist';
}

export interface LoadResult {
  readonly failedCalls: number;
  /** Requests that SIPp or Twintrack had to repeat. */
  readonly retransmissions: number;
  /** Recordings on disk that hold both voices, each on its own channel, from the first word on. */
  readonly complete: number;
  /** Why the others are not, a line each. */
  readonly flaws: readonly string[];
  /** CPU of the whole service, milliseconds a call, media and recorder included. */
  readonly cpuMsPerCall: number;
  readonly exitCode: number | null;
}

const SPEECH = join(__dirname, '../../../assets/speech');
/** What is looked for in each channel: enough to tell the voice, short enough for any talk time. */
const SAMPLES = 12_000;

/** SIPp calls SIPp through Twintrack, both play speech, everybody is recorded by the embedded recorder. */
export async function recordedLoad(options: LoadOptions): Promise<LoadResult> {
  const directory = mkdtempSync(join(tmpdir(), 'twintrack-load-'));
  const talk = options.talkMs * 8;
  const voices = {
    alice: voice('alice.wav').subarray(0, talk),
    bob: voice('bob.wav').subarray(0, talk),
  };
  const pcap = (name: keyof typeof voices): string => {
    const file = join(directory, `${name}.pcap`);
    writeFileSync(file, speechPcap(voices[name]));
    return file;
  };
  const callee = await freePort();
  const product = await startProduct(
    [
      'sip.listen=[udp/127.0.0.1:0, tcp/127.0.0.1:0]',
      'recorder.embedded.listen=[tcp/127.0.0.1:0]',
      `recorder.embedded.directory=${join(directory, 'recordings')}`,
      'users=[{number: "100", mode: always}]',
      `routes=[{targets: ["sip:127.0.0.1:${callee};transport=${options.transport}"]}]`,
      'http.listen=null',
      'cdr.file=null',
    ],
    options.from,
  );
  try {
    const before = cpuMs(product.pid);
    const run = await callsThrough(product, { ...options, callee, pcap });
    const spent = cpuMs(product.pid) - before;
    const exitCode = await product.stop();
    // Only now is every line written: a call ends when its recording has.
    const failedCalls = options.calls - fullyRecorded(product);
    const found = judge(join(directory, 'recordings'), voices);
    return { ...run, ...found, failedCalls, cpuMsPerCall: spent / options.calls, exitCode };
  } finally {
    await product.kill();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function callsThrough(
  product: Product,
  options: LoadOptions & { callee: number; pcap: (name: 'alice' | 'bob') => string },
) {
  const { transport, calls, rate, talkMs, callee, pcap } = options;
  const giveUpMs = (calls / rate) * 1000 + talkMs + 90_000;
  const answering = await sipp({
    giveUpMs,
    scenario: calleeScenario(pcap('bob')),
    transport,
    port: callee,
    calls,
    args: ['-mp', String(await mediaBase())],
  });
  const calling = await sipp({
    giveUpMs,
    scenario: callerScenario(pcap('alice'), talkMs),
    transport,
    calls,
    rate,
    to: product.sip[transport],
    args: ['-mp', String(await mediaBase())],
  });
  const said = await calling.done;
  if (said.code !== 0) {
    answering.stop();
    throw new Error(`the caller failed (${said.code})`);
  }
  await answering.done;
  return { retransmissions: repeated(said.trace) };
}

/**
 * A free port from which SIPp counts its media ports, four a call. It binds none but the first: they are where no other
 * test has a socket that would hear what is said to them.
 */
async function mediaBase(): Promise<number> {
  for (;;) {
    const base = 2_000 + 2 * Math.floor(Math.random() * 1_500);
    if (await isFreeFor(base, 'udp')) return base;
  }
}

/** Calls that were answered, ended well and were recorded fully, by the service's own word. */
function fullyRecorded({ log }: Product): number {
  return log.filter(
    (line) =>
      line.msg === 'call ended' &&
      line.code === 200 &&
      (line.recordings as Array<{ recorded: string }>).every(
        ({ recorded }) => recorded === 'fully',
      ),
  ).length;
}

/** Requests that appear more than once in SIPp's trace with the same branch. */
function repeated(trace: string): number {
  const sent = new Map<string, number>();
  for (const [, method, branch] of trace.matchAll(
    /UDP message (?:sent|received)[^\n]*\n\n(INVITE|BYE) [^\n]*\n(?:[^\n]+\n)*?Via:[^\n]*branch=([^;\s]+)/g,
  )) {
    const key = `${method} ${branch}`;
    sent.set(key, (sent.get(key) ?? 0) + 1);
  }
  return [...sent.values()].reduce((sum, count) => sum + count - 1, 0);
}

function judge(directory: string, voices: { alice: Int16Array; bob: Int16Array }) {
  const flaws: string[] = [];
  let complete = 0;
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.wav')) continue;
    const { channels } = readWav(readFileSync(join(directory, name)));
    // Label 1 is the recorded user, who is called here: Bob.
    const bob = pieceByPiece(voices.bob.subarray(0, SAMPLES), channels[0]!, 1);
    const alice = pieceByPiece(voices.alice.subarray(0, SAMPLES), channels[1]!, 1);
    if (Math.min(bob, alice) > 0.95) complete += 1;
    else flaws.push(`${name}: bob ${bob.toFixed(3)}, alice ${alice.toFixed(3)}`);
  }
  return { complete, flaws };
}

function voice(name: string): Int16Array {
  return readWav(readFileSync(join(SPEECH, name))).channels[0]!;
}

/** User and system time of a process and its threads. */
function cpuMs(pid: number): number {
  const [, , , ...fields] = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/\(.*\)/, 'x')
    .split(' ');
  // utime and stime are fields 14 and 15, in ticks of 10 ms.
  return (Number(fields[10]) + Number(fields[11])) * 10;
}

const DESCRIPTION = [
  'v=0',
  'o=party 4711 1 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio [auto_media_port] RTP/AVP 0',
  'a=rtpmap:0 PCMU/8000',
].join('\n');

function plays(file: string): string {
  return `<nop><action><exec play_pcap_audio="${file}"/></action></nop>`;
}

function callerScenario(pcap: string, talkMs: number): string {
  return scenario(
    call({ body: DESCRIPTION }),
    expectResponse(100, { optional: true }),
    expectResponse(180, { optional: true }),
    expectResponse(200),
    callerSends('ACK', 1),
    plays(pcap),
    pause(talkMs + 200),
    callerSends('BYE', 2),
    expectResponse(200),
  );
}

function calleeScenario(pcap: string): string {
  return scenario(
    awaitCall(),
    respond(180, 'Ringing'),
    respond(200, 'OK', { body: DESCRIPTION }),
    expectRequest('ACK'),
    plays(pcap),
    expectRequest('BYE'),
    respondInside(200, 'OK'),
  );
}

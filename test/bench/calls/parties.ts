import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { awaitCall, type Content, message, respond, respondInside, scenario } from './scenario';
import { type Heard, hear } from './short-messages';

/** Where the parties of the bench are: apart from the media ports of what is measured. */
export const PORTS = {
  caller: 16_000,
  callee: 16_001,
  recorder: 16_002,
  subjects: 16_010,
} as const;
export const HOST = '127.0.0.1';

const GIVE_UP_MS = 10_000;

const OFFER = description('sendrecv', [16_100]);
/** A recorder's words for two streams, by the labels of RFC 7866. */
const RECORDER_ANSWER = description('recvonly', [16_102, 16_104]);

function description(direction: string, ports: readonly number[]): string {
  return [
    'v=0',
    `o=bench 1 1 IN IP4 ${HOST}`,
    's=-',
    `c=IN IP4 ${HOST}`,
    't=0 0',
    ...ports.flatMap((port, index) => [
      `m=audio ${port} RTP/AVP 0 8 101`,
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:8 PCMA/8000',
      'a=rtpmap:101 telephone-event/8000',
      'a=fmtp:101 0-15',
      `a=${direction}`,
      ...(ports.length > 1 ? [`a=label:${index + 1}`] : []),
    ]),
  ].join('\n');
}

const CALLER = [
  'Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]',
  'From: "Alice" <sip:alice@[local_ip]:[local_port]>;tag=[call_number]a',
  'To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]',
  'Call-ID: [call_id]',
  'Contact: <sip:alice@[local_ip]:[local_port];transport=[transport]>',
  'Max-Forwards: 70',
];

function callerSays(method: string, cseq: number, content: Content = {}): string {
  const uri = method === 'INVITE' ? 'sip:[service]@[remote_ip]:[remote_port]' : '[next_url]';
  const start = `${method} ${uri} SIP/2.0`;
  return message([start, ...CALLER, `CSeq: ${cseq} ${method}`], content, method !== 'ACK');
}

const CALLER_SCENARIO = scenario(
  callerSays('INVITE', 1, { body: OFFER }),
  '<recv response="100" optional="true"/>',
  '<recv response="180"/>',
  '<recv response="200" rrs="true"/>',
  callerSays('ACK', 1),
  '<pause/>',
  callerSays('BYE', 2),
  '<recv response="200"/>',
);

const CALLEE_SCENARIO = scenario(
  awaitCall(),
  respond('180 Ringing'),
  respond('200 OK', { body: OFFER }),
  '<recv request="ACK"/>',
  '<recv request="BYE"/>',
  respondInside('200 OK'),
);

/** Takes every recording, and every change to it, whether told by re-INVITE or UPDATE. */
const RECORDER_SCENARIO = scenario(
  awaitCall(),
  respond('200 OK', { body: RECORDER_ANSWER }),
  '<recv request="ACK"/>',
  '<label id="1"/>',
  '<recv request="UPDATE" optional="true" next="2"/>',
  '<recv request="INVITE" optional="true" next="3"/>',
  '<recv request="BYE" next="4"/>',
  '<label id="2"/>',
  respondInside('200 OK', {}, 1),
  '<label id="3"/>',
  respondInside('200 OK', { body: RECORDER_ANSWER }),
  '<recv request="ACK" next="1"/>',
  '<label id="4"/>',
  respondInside('200 OK'),
);

/** SIPp as a callee and as a recorder, for as long as the bench runs. */
export class Parties {
  readonly #children: ChildProcess[];

  constructor(private readonly directory: string) {
    this.#children = [
      this.#answering('callee', CALLEE_SCENARIO),
      this.#answering('recorder', RECORDER_SCENARIO),
    ];
  }

  /** Processes that are there all the time. */
  get pids(): readonly number[] {
    return this.#children.map(({ pid }) => pid!);
  }

  /**
   * Calls `to` at this rate for so long, each call of `holdMs`, and tells what was heard. Who calls others at the same
   * time is another caller, by its number.
   */
  async call(
    to: number,
    rate: number,
    seconds: number,
    holdMs: number,
    caller = 0,
  ): Promise<Heard> {
    const calls = rate * seconds;
    const trace = join(this.directory, `calls-${caller}.csv`);
    rmSync(trace, { force: true });
    const limits = ['-m', calls, '-l', 2 * calls, '-d', holdMs, '-recv_timeout', 5_000];
    const retransmit = ['-max_invite_retrans', 3, '-max_non_invite_retrans', 3];
    const traced = ['-trace_shortmsg', '-shortmessage_file', trace];
    const child = this.#sipp('caller', PORTS.caller - caller, CALLER_SCENARIO, [
      `${HOST}:${to}`,
      ...['-s', 100, '-r', rate, ...limits, ...retransmit, ...traced],
    ]);
    const late = setTimeout(() => child.kill('SIGKILL'), seconds * 1000 + holdMs + GIVE_UP_MS);
    await once(child, 'exit');
    clearTimeout(late);
    return hear(readFileSync(trace, 'utf8'), calls);
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#children.map(async (child) => {
        if (child.exitCode !== null) return;
        const exited = once(child, 'exit');
        child.kill('SIGKILL');
        await exited;
      }),
    );
  }

  #answering(name: 'callee' | 'recorder', text: string): ChildProcess {
    return this.#sipp(name, PORTS[name], text, ['-l', 1_000_000]);
  }

  #sipp(
    name: string,
    port: number,
    text: string,
    args: ReadonlyArray<string | number>,
  ): ChildProcess {
    // One for each: another caller may be reading its own.
    const file = join(this.directory, `${name}-${port}.xml`);
    writeFileSync(file, text);
    const place = ['-i', HOST, '-p', port, '-t', 'u1', '-buff_size', 4 * 1024 * 1024];
    const rest = ['-sf', file, '-nostdin', '-nd', '-default_behaviors', 'abortunexp'];
    return spawn('sipp', [...args, ...place, ...rest].map(String), {
      cwd: this.directory,
      stdio: 'ignore',
    });
  }
}

/** Until what a step has begun is over. */
export function settle(): Promise<void> {
  return sleep(1_500);
}

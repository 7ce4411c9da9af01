/** Our relay in a process of its own: opens the calls it is told to, forks both sides of each. */
import type * as Core from '../../../src/core';
import type * as Media from '../../../src/media';
import type { Backend, Endpoint, Program } from '../../../src/media';
import type { CallPorts } from './plan';
import { product } from './product';
import { SRTP } from './srtp-keys';
import { EVENT_TYPE } from './stream-packet';

const { silentLog } = product<typeof Core>('core');
const { createRelayPlane } = product<typeof Media>('media');

export interface HostBirth {
  readonly backend: Backend | 'auto';
  readonly workers: number;
  /** Both parties of one call in so many hear a tone all the time; 0: of none. */
  readonly toneEvery: number;
  readonly batchForks: boolean;
  /** Callees speak SRTP. */
  readonly srtp: boolean;
}

const birth: HostBirth = {
  backend: 'auto',
  workers: 1,
  toneEvery: 0,
  batchForks: true,
  srtp: false,
  ...JSON.parse(process.argv[2]!),
};
const ADDRESS = '127.0.0.1';
const BIND = { bind: ADDRESS };

/** A tone of 0.9 s in every second. It begins with its call, and so at another time than that of any other. */
const toneOf = (call: number): Program => ({
  kind: 'mix',
  formats: [
    { payloadType: 0, codec: 'PCMU', clockRate: 8000, channels: 1 },
    { payloadType: EVENT_TYPE, codec: 'telephone-event', clockRate: 8000, channels: 1 },
  ],
  sound: { pcm: TONE },
  // By then the load has begun, so that the listeners' streams are the live ones.
  repeat: { everyMs: TONE_EVERY_MS, firstAfterMs: 1_500 + ((call * APART_MS) % TONE_EVERY_MS) },
});
const TONE = Int16Array.from({ length: 14_400 }, (_, i) => 1_000 * Math.sin(i / 2.5));
const TONE_EVERY_MS = 1_000;
/** The golden section: however many calls there are, their tones begin evenly over time. */
const APART_MS = 617;
/** Calls set up at a time. */
const AT_A_TIME = 32;

async function run(): Promise<void> {
  const plane = await createRelayPlane({
    ports: { min: 30_000, max: 59_999 },
    quarantineMs: 1_000,
    // Calls of a larger load before are silent in a smaller one.
    rtpTimeoutMs: 600_000,
    backend: birth.backend,
    workers: birth.workers,
    batchForks: birth.batchForks,
    log: silentLog,
  });

  async function open(call: number, ports: CallPorts): Promise<[number, number]> {
    const at = (rtpPort: number): Endpoint => ({ address: ADDRESS, rtpPort, rtcpPort: ports.rtcp });
    const line = await plane.open({
      callId: `call-${call}`,
      bind: { a: ADDRESS, b: ADDRESS },
      clockRates: { 0: 8000, [EVENT_TYPE]: 8000 },
    });
    if (birth.srtp) line.secure('b', SRTP);
    line.expect('a', at(ports.a));
    line.expect('b', at(ports.b));
    const [a, b] = await Promise.all([line.fork('a', BIND), line.fork('b', BIND)]);
    a.start(at(ports.recorderA));
    b.start(at(ports.recorderB));
    if (birth.toneEvery > 0 && call % birth.toneEvery === 0) {
      const tone = toneOf(call);
      await Promise.all([line.play('a', tone), line.play('b', tone)]);
    }
    return [line.local.a.rtpPort, line.local.b.rtpPort];
  }

  let calls = 0;
  process.on('message', async (message: 'usage' | CallPorts[]) => {
    if (message === 'usage') {
      process.send?.(await plane.usage());
      return;
    }
    const targets: Array<[number, number]> = [];
    while (targets.length < message.length) {
      const some = message.slice(targets.length, targets.length + AT_A_TIME);
      targets.push(...(await Promise.all(some.map((ports) => open(calls++, ports)))));
    }
    // What setting up has left behind, so that it is not tidied up while the calls are measured.
    globalThis.gc?.();
    process.send?.(targets);
  });
  process.send?.('ready');
}

process.on('disconnect', () => process.exit(0));
void run();

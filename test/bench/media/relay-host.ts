/** Our relay in a process of its own: opens the calls it is told to, forks both sides of each. */
import type * as Core from '../../../src/core';
import type * as Media from '../../../src/media';
import type { Backend, Endpoint, MediaLine, Program } from '../../../src/media';
import { type CallPorts, DEAD_PORT } from './plan';
import { product } from './product';
import { SRTP } from './srtp-keys';

const { silentLog } = product<typeof Core>('core');
const { createRelayPlane } = product<typeof Media>('media');

export interface HostBirth {
  readonly backend: Backend;
  readonly workers: number;
  /** Both parties of every call hear a tone all the time. */
  readonly tone: boolean;
  readonly batchForks: boolean;
  /** Callees speak SRTP. */
  readonly srtp: boolean;
}

const birth: HostBirth = {
  backend: 'kernel',
  workers: 1,
  tone: false,
  batchForks: false,
  srtp: false,
  ...JSON.parse(process.argv[2]!),
};
const ADDRESS = '127.0.0.1';
const BIND = { bind: ADDRESS };

/** A tone of 0.9 s in every second. */
const TONE: Program = {
  kind: 'mix',
  formats: [{ payloadType: 0, codec: 'PCMU', clockRate: 8000, channels: 1 }],
  sound: { pcm: Int16Array.from({ length: 14_400 }, (_, i) => 1_000 * Math.sin(i / 2.5)) },
  // By then the load has begun, so that the listeners' streams are the live ones.
  repeat: { everyMs: 1_000, firstAfterMs: 1_500 },
};

function at(rtpPort: number): Endpoint {
  return { address: ADDRESS, rtpPort, rtcpPort: DEAD_PORT };
}

async function run(): Promise<void> {
  const plane = await createRelayPlane({
    ports: { min: 30_000, max: 59_999 },
    quarantineMs: 1_000,
    rtpTimeoutMs: 10_000,
    backend: birth.backend,
    workers: birth.workers,
    batchForks: birth.batchForks,
    log: silentLog,
  });

  async function open(call: number, ports: CallPorts): Promise<MediaLine> {
    const line = await plane.open({
      callId: `call-${call}`,
      bind: { a: ADDRESS, b: ADDRESS },
      clockRates: { 0: 8000 },
    });
    if (birth.srtp) line.secure('b', SRTP);
    line.expect('a', at(ports.a));
    line.expect('b', at(ports.b));
    const [a, b] = await Promise.all([line.fork('a', BIND), line.fork('b', BIND)]);
    a.start(at(ports.recorderA));
    b.start(at(ports.recorderB));
    return line;
  }

  process.on('message', async (message: 'usage' | CallPorts[]) => {
    if (message === 'usage') {
      process.send?.(await plane.usage());
      return;
    }
    const lines: MediaLine[] = [];
    for (const [call, ports] of message.entries()) lines.push(await open(call, ports));
    if (birth.tone) {
      for (const line of lines) await Promise.all([line.play('a', TONE), line.play('b', TONE)]);
    }
    process.send?.(lines.map(({ local }) => [local.a.rtpPort, local.b.rtpPort]));
  });
  process.send?.('ready');
}

process.on('disconnect', () => process.exit(0));
void run();

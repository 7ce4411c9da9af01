/** Our relay in a process of its own: opens the calls it is told to, forks both sides of each. */
import type * as Core from '../../../src/core';
import type * as Media from '../../../src/media';
import type { Backend, Endpoint } from '../../../src/media';
import { product } from './product';

const { silentLog } = product<typeof Core>('core');
const { createRelayPlane } = product<typeof Media>('media');

export interface HostOrder {
  readonly calls: number;
  readonly firstPort: number;
  readonly deadPort: number;
}

const [backend, workers] = process.argv.slice(2) as [Backend, string];
const BIND = '127.0.0.1';

async function serve({ calls, firstPort, deadPort }: HostOrder): Promise<void> {
  const plane = await createRelayPlane({
    ports: { min: 30_000, max: 59_999 },
    quarantineMs: 1_000,
    rtpTimeoutMs: 10_000,
    backend,
    workers: Number(workers),
    log: silentLog,
  });
  const at = (rtpPort: number): Endpoint => ({ address: BIND, rtpPort, rtcpPort: deadPort });
  const targets: Array<[number, number]> = [];
  for (let call = 0; call < calls; call++) {
    const base = firstPort + 4 * call;
    const line = await plane.open({
      callId: `call-${call}`,
      bind: { a: BIND, b: BIND },
      clockRates: { 0: 8000 },
    });
    line.expect('a', at(base));
    line.expect('b', at(base + 1));
    const [a, b] = await Promise.all([
      line.fork('a', { bind: BIND }),
      line.fork('b', { bind: BIND }),
    ]);
    a.start(at(base + 2));
    b.start(at(base + 3));
    targets.push([line.local.a.rtpPort, line.local.b.rtpPort]);
  }
  process.send?.(targets);
  process.on('message', async (message) => {
    if (message === 'usage') process.send?.(await plane.usage());
  });
}

process.once('message', (order: HostOrder) => void serve(order));
process.on('disconnect', () => process.exit(0));

import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

/**
 * Ports for those who must be told one: other programs, and whoever takes a range. The system gives none of these to a
 * socket that asks for any (`ip_local_port_range` is 32768 to 60999), so that nobody comes in between, and each worker of
 * a test run has a share of its own.
 */
const SINGLE = { first: 61_000, last: 65_535 };
/** For ranges of which some ports may be taken: the relay and rtpengine pass over these. The recorder has 10000 to 19999. */
const WIDE = { first: 20_000, last: 32_767 };
/** Larger ranges need not be free as a whole. */
const WHOLE = 32;
/** Workers of one run; another run on the same machine begins somewhere else. */
const SHARES = 4;

const size = Math.floor((SINGLE.last - SINGLE.first + 1) / SHARES);
const begin = SINGLE.first + size * (Number(process.env.JEST_WORKER_ID ?? 0) % SHARES);
let next = begin + 2 * Math.floor((Math.random() * size) / 2);

/** A port that nobody has, neither for UDP nor for TCP; even, and the one above it is free as well. */
export async function freePort(): Promise<number> {
  return (await freeRange(2)).min;
}

/** Ports from an even one on; nobody has any of them, unless there are many: then hardly anybody. */
export async function freeRange(count: number): Promise<{ min: number; max: number }> {
  if (count > WHOLE) {
    const room = WIDE.last - WIDE.first + 1 - count;
    const min = WIDE.first + 2 * Math.floor((Math.random() * room) / 2);
    return { min, max: min + count - 1 };
  }
  for (;;) {
    if (next + count > begin + size) next = begin;
    const min = next;
    next += count + (count % 2);
    const ports = Array.from({ length: count }, (_, i) => min + i);
    const free = await Promise.all(ports.map(isFree));
    if (free.every(Boolean)) return { min, max: min + count - 1 };
  }
}

/** The setting by which Twintrack moves RTP on a range of its own. */
export async function mediaPorts(count: number): Promise<string> {
  const { min, max } = await freeRange(count);
  return `media.ports=${min}-${max}`;
}

async function isFree(port: number): Promise<boolean> {
  return (await isFreeFor(port, 'udp')) && (await isFreeFor(port, 'tcp'));
}

export function isFreeFor(port: number, transport: 'udp' | 'tcp'): Promise<boolean> {
  return new Promise((resolve) => {
    if (transport === 'udp') {
      const socket = createSocket('udp4');
      socket.once('error', () => socket.close(() => resolve(false)));
      socket.bind({ address: '127.0.0.1', port, exclusive: true }, () =>
        socket.close(() => resolve(true)),
      );
    } else {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    }
  });
}

/**
 * Waits until another program has the port, or is `over`. Looks without touching: a probe would take the port away
 * from it.
 */
export async function taken(
  port: number,
  transport: 'udp' | 'tcp',
  over: () => boolean = () => false,
): Promise<void> {
  const place = port.toString(16).toUpperCase().padStart(4, '0');
  const bound = new RegExp(`^ *\\d+: [0-9A-F]+:${place} `, 'm');
  while (!over() && !bound.test(readFileSync(`/proc/net/${transport}`, 'utf8'))) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

import type { LineStats, Side, StreamStats } from '../plane';
import type { NgBody } from './ng';

/** What came to one port of a line from its party. */
export interface Counters {
  readonly packets: number;
  /** RTP payload and header octets. */
  readonly octets: number;
  /** What rtpengine calls errors of the port: strangers above all, and what could not be sent there. */
  readonly errors: number;
  /** Seconds since 1970, by the clock of its machine. */
  readonly lastPacketAt: number;
}

export type LineCounters = Readonly<Record<Side, Counters>>;

const NOTHING: Counters = { packets: 0, octets: 0, errors: 0, lastPacketAt: 0 };

export const NO_COUNTERS: LineCounters = { a: NOTHING, b: NOTHING };

/** Reads the answer to `query` or `delete`. Zero for what it does not tell. */
export function countersIn({ tags }: NgBody): LineCounters {
  return { a: countersOf(within(tags, 'a')), b: countersOf(within(tags, 'b')) };
}

/** Loss and jitter are not told by rtpengine, nor when the first packet came. */
export function statsOf(counters: LineCounters): LineStats {
  return { a: streamStats(counters.a), b: streamStats(counters.b) };
}

function countersOf(tag: unknown): Counters {
  const rtp = within(within(within(tag, 'medias'), 0), 'streams');
  const stream = within(rtp, 0);
  const stats = within(stream, 'stats');
  return {
    packets: count(within(stats, 'packets')),
    octets: count(within(stats, 'bytes')),
    errors: count(within(stats, 'errors')),
    lastPacketAt: count(within(stream, 'last packet')),
  };
}

function streamStats({ packets, octets, errors }: Counters): StreamStats {
  return {
    packets,
    octets,
    lost: 0,
    jitterMs: 0,
    strangers: errors,
    malformed: 0,
    unauthentic: 0,
    replayed: 0,
    firstAtMs: undefined,
    lastAtMs: undefined,
  };
}

function within(value: unknown, key: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string | number, unknown>)[key];
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;
}

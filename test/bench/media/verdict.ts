import type { Measured } from './session';

/** Beyond it a conversation suffers: microseconds. */
const LATE = 20_000;
/** A load that is so late itself is what gives out: microseconds. */
const LOAD_LATE = 5_000;

export interface Verdict {
  readonly parties: boolean;
  readonly recorders: boolean;
}

/** Where nothing was lost while 99 of 100 packets reached the other party in time: recorders may get theirs in batches. */
export function verdict({ load }: Measured): Verdict {
  const { sent, partiesGot, recordersGot, delay } = load;
  const inTime = sent > 0 && delay.p99 < LATE;
  return {
    parties: inTime && partiesGot === sent,
    recorders: inTime && recordersGot === sent,
  };
}

/** It is not the relay then that was measured. */
export function isLoadsFault({ load }: Measured): boolean {
  return load.drops > 0 || load.late.p99 > LOAD_LATE;
}

/** Nothing is to be learnt from a larger load. */
export function isSaturated({ load }: Measured): boolean {
  return load.delay.p99 >= LATE || load.partiesGot < 0.999 * load.sent;
}

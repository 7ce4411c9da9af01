import type { Measured } from './session';

/** Beyond it a conversation suffers: microseconds. */
const LATE = 20_000;
/** A recorder may get packets in batches of which the first has waited for 80 ms: microseconds. */
const LATE_AT_RECORDER = 100_000;
/** A load that is so late itself is what gives out: microseconds. */
const LOAD_LATE = 5_000;

export interface Verdict {
  readonly parties: boolean;
  readonly recorders: boolean;
}

/** Where nothing was lost, and 99 of 100 packets were there in time. */
export function verdict({ load }: Measured): Verdict {
  const { sent, partiesGot, recordersGot, delay, recorderDelay } = load;
  return {
    parties: sent > 0 && partiesGot === sent && delay.p99 < LATE,
    recorders: sent > 0 && recordersGot === sent && recorderDelay.p99 < LATE_AT_RECORDER,
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

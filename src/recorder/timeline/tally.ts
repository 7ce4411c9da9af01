import type { Millis } from '../../core';
import type { Source } from './source';

/** What came from the sources of a lane, summed up. */
export class Tally {
  packets = 0;
  octets = 0;
  lost = 0;
  duplicates = 0;
  reordered = 0;
  late = 0;
  slippedMs: Millis = 0;

  constructor(before?: Tally) {
    if (before) Object.assign(this, before);
  }

  add({ log, octets, stray, strip }: Source): void {
    this.packets += log.received;
    this.octets += octets;
    this.lost += log.lost;
    this.duplicates += log.duplicates;
    this.reordered += log.reordered;
    this.late += stray + strip.late;
    this.slippedMs += strip.slippedMs;
  }
}

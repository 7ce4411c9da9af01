import type { PlaneEvent, Side } from '../../media';
import type { CallParts } from './environment';

type RtpTimeout = Extract<PlaneEvent, { kind: 'rtp-timeout' }>;

/**
 * Tells a dead call from a quiet one. A party that is muted may send nothing for minutes; when nobody has sent
 * anything for so long, nobody is there. Lines on hold have a timeout of their own, or none.
 */
export class MediaWatch {
  /** Packets that a side had sent when it fell silent. */
  readonly #silent = new Map<string, number>();

  constructor(
    private readonly call: CallParts,
    private readonly onDead: () => void,
  ) {}

  async onSilence({ lineId, side }: RtpTimeout): Promise<void> {
    const { mediaTimeout } = this.call.env;
    if (mediaTimeout === 'never') return;
    if (mediaTimeout === 'either') {
      this.onDead();
      return;
    }
    const line = this.call.media.agreement?.lines.find((one) => one.line?.id === lineId)?.line;
    if (!line) return;
    const stats = await line.stats();
    this.#silent.set(`${lineId} ${side}`, stats[side].packets);
    const other: Side = side === 'a' ? 'b' : 'a';
    if (this.#silent.get(`${lineId} ${other}`) === stats[other].packets && !this.call.over) {
      this.onDead();
    }
  }
}

import type { MediaPlane, PlaneEvent } from '../../../src/media';
import { Party } from './party';

/** A plane with its events and parties, all of them closed with it. */
export class PlaneStage<Plane extends MediaPlane> {
  readonly events: PlaneEvent[] = [];
  readonly #parties: Party[] = [];
  readonly #waiting: Array<() => void> = [];

  protected constructor(readonly plane: Plane) {
    plane.onEvent((event) => {
      this.events.push(event);
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  async party(options: Parameters<typeof Party.open>[0] = {}): Promise<Party> {
    const party = await Party.open(options);
    this.#parties.push(party);
    return party;
  }

  /** The first event of a kind, now or when it comes. */
  async event<Kind extends PlaneEvent['kind']>(
    kind: Kind,
    patience = 30_000,
  ): Promise<Extract<PlaneEvent, { kind: Kind }>> {
    const late = AbortSignal.timeout(patience);
    for (;;) {
      const event = this.events.find((candidate) => candidate.kind === kind);
      if (event) return event as Extract<PlaneEvent, { kind: Kind }>;
      await new Promise<void>((resolve, reject) => {
        this.#waiting.push(resolve);
        late.onabort = () => reject(new Error(`no ${kind} within ${patience} ms`));
      });
    }
  }

  async close(): Promise<void> {
    for (const party of this.#parties) party.close();
    await this.plane.close();
  }
}

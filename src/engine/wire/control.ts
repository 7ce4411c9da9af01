import type { Clock, Ids, Log } from '../../core';
import type { Agent } from '../agent';
import { formatAddress, type LocalEnd } from '../transport';
import { type Link, Session } from './session';

/** Applications look for `v0.8.2` or later; what follows the number is ours. */
const VERSION = 'v0.9.10-twintrack';

export interface ControlOptions {
  readonly agent: Agent;
  readonly secret: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** Runs what must not throw into a socket's handler. */
  readonly contain: (action: () => void) => void;
  /** The ends we listen on. */
  readonly ends: () => readonly LocalEnd[];
}

/** What all sessions share, and the list of them. */
export class Control {
  readonly agent: Agent;
  readonly secret: string;
  readonly ids: Ids;
  readonly log: Log;
  readonly version = VERSION;
  readonly #sessions = new Set<Session>();
  /** Many frames leave within one millisecond. */
  #told = { at: Number.NaN, text: '' };

  constructor(private readonly options: ControlOptions) {
    this.agent = options.agent;
    this.secret = options.secret;
    this.ids = options.ids;
    this.log = options.log;
  }

  /** A new link: an application is about to introduce itself. */
  accept(link: Link): Session {
    const session = new Session(link, this);
    this.#sessions.add(session);
    return session;
  }

  forget(session: Session): void {
    this.#sessions.delete(session);
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  contain(action: () => void): void {
    this.options.contain(action);
  }

  /** `HH:MM:SS.uuuuuu`, UTC. */
  time(): string {
    const now = this.options.clock.wall();
    if (now.getTime() !== this.#told.at) {
      this.#told = { at: now.getTime(), text: `${now.toISOString().slice(11, 23)}000` };
    }
    return this.#told.text;
  }

  /** `proto/host:port`, comma-joined. */
  hostports(): { advertised: string; bound: string } {
    const ends = this.options.ends();
    const advertised = ends.map((end) => formatAddress({ ...end, ...end.advertised }));
    return { advertised: advertised.join(','), bound: ends.map(formatAddress).join(',') };
  }

  closeAll(): void {
    for (const session of [...this.#sessions]) session.dismiss();
  }
}

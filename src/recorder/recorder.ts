import { resolve } from 'node:path';
import {
  type Cancel,
  type Clock,
  Events,
  type Ids,
  type Log,
  randomIds,
  SystemClock,
} from '../core';
import { Catalogue } from './files/catalogue';
import { basePath, newId } from './files/paths';
import { recoverAll } from './files/recover';
import { deleteOlder } from './files/retention';
import { type Admitted, FrontDesk } from './front-desk';
import { IntakeThread } from './intake/thread';
import { LiveRecording } from './live-recording';
import type { FinishedRecording, Recording } from './recording';
import type {
  Recorder,
  RecorderEvent,
  RecorderOptions,
  RecorderUsage,
  RecordingQuery,
} from './types';

const RETENTION_INTERVAL_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** How long the last BYEs may take to be answered. */
const BYE_PATIENCE_MS = 2_000;
/** A thread that dies at birth is not to be born again without end. */
const INTAKE_RESTART_MS = 1_000;

/** A recorder that takes recording sessions from now on. */
export function createRecorder(options: RecorderOptions): Recorder {
  return new EmbeddedRecorder(options);
}

class EmbeddedRecorder implements Recorder {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #log: Log;
  readonly #events: Events<{ event: RecorderEvent }>;
  readonly #desk: FrontDesk;
  readonly #catalogue: Catalogue;
  readonly #live = new Map<string, LiveRecording>();
  #intake: IntakeThread;
  #closing = false;
  #retention: Cancel | undefined;
  readonly #totals = { finished: 0, failed: 0, packets: 0, lost: 0 };

  constructor(private readonly options: RecorderOptions) {
    const { agent, clock = new SystemClock(), ids = randomIds, log } = options;
    this.#directory = resolve(options.directory);
    this.#clock = clock;
    this.#ids = ids;
    this.#log = log;
    this.#events = new Events((error) => log.error({ error: String(error) }, 'listener failed'));
    this.#catalogue = new Catalogue(this.#directory, (id) => this.#live.get(id)?.document);
    this.#intake = this.#startIntake();
    this.#desk = new FrontDesk(agent, (admitted) => this.#open(admitted), log);
    this.#retain();
  }

  recordings(query: RecordingQuery = {}): Promise<readonly Recording[]> {
    return this.#catalogue.search(query);
  }

  recording(id: string): Promise<Recording | undefined> {
    return this.#catalogue.find(id);
  }

  onEvent(listener: (event: RecorderEvent) => void): () => void {
    return this.#events.on('event', listener);
  }

  recover(): Promise<readonly FinishedRecording[]> {
    return recoverAll(this.#directory, (id) => this.#live.has(id), this.#log);
  }

  usage(): RecorderUsage {
    return { live: this.#live.size, refused: this.#desk.refused, ...this.#totals };
  }

  async close(): Promise<void> {
    this.#retention?.();
    await this.#desk.close();
    const live = [...this.#live.values()];
    const byes = Promise.all(live.map(({ session }) => session.bye('recorder shutting down')));
    await Promise.all(live.map(({ closed }) => closed));
    // A client that is gone does not answer BYE for half a minute; its recording is closed already.
    let patience: Cancel | undefined;
    const enough = new Promise<void>((resolve) => {
      patience = this.#clock.after(BYE_PATIENCE_MS, resolve);
    });
    await Promise.race([byes, enough]);
    patience?.();
    this.#closing = true;
    await this.#intake.close();
  }

  async #open(admitted: Admitted): Promise<void> {
    const id = newId(this.#clock.wall(), this.#ids);
    const base = basePath(this.#directory, id)!;
    const live = new LiveRecording(
      id,
      base,
      admitted,
      {
        intake: () => this.#intake,
        clock: this.#clock,
        log: this.#log,
        address: this.options.rtp.address,
      },
      {
        onStarted: ({ recording }) => this.#tell({ kind: 'started', recording: recording! }),
        onFinished: (_live, recording) => this.#finished(recording),
      },
    );
    this.#live.set(id, live);
    void live.closed.then(() => this.#live.delete(id));
    await live.open();
  }

  #finished(recording: FinishedRecording): void {
    const { id, sip, state, streams, durationMs, failure, end } = recording;
    const packets = streams.reduce((sum, stream) => sum + stream.packets, 0);
    const lost = streams.reduce((sum, stream) => sum + stream.lost, 0);
    this.#totals.packets += packets;
    this.#totals.lost += lost;
    this.#totals[state]++;
    this.#log.info(
      { recording: id, callId: sip.callId, state, failure, durationMs, packets, lost, end },
      'recording finished',
    );
    // Out of the list of the live ones first: a listener may look it up.
    this.#live.delete(id);
    this.#tell({ kind: 'finished', recording });
    try {
      this.options.onFinished?.(recording);
    } catch (error) {
      this.#log.error({ error: String(error) }, 'listener failed');
    }
  }

  #tell(event: RecorderEvent): void {
    this.#events.emit('event', event);
  }

  #startIntake(): IntakeThread {
    const { address, ports } = this.options.rtp;
    return new IntakeThread(
      { address, ports, cname: `${this.#ids.token(6)}@${address}` },
      {
        onFailed: (id, reason) => this.#failed(this.#live.get(id), reason),
        onProgress: (id, report) => this.#live.get(id)?.onProgress(report),
        onBug: (error) => this.#log.error({ error }, 'intake bug'),
        onDeath: (reason) => this.#intakeDied(reason),
      },
    );
  }

  #failed(live: LiveRecording | undefined, reason: string): void {
    if (!live?.recording) return;
    live.onFailed(reason);
    this.#tell({ kind: 'failed', recording: live.recording, reason });
  }

  /** Ends what the thread carried, and begins anew with another; until then sessions are refused. */
  #intakeDied(reason: string): void {
    this.#log.error({ reason, recordings: this.#live.size }, 'intake died');
    this.#clock.after(INTAKE_RESTART_MS, () => {
      if (!this.#closing) this.#intake = this.#startIntake();
    });
    for (const live of this.#live.values()) {
      this.#failed(live, reason);
      void live.session.bye('recorder failed');
    }
  }

  #retain(): void {
    const { retentionDays } = this.options;
    if (!retentionDays) return;
    const before = new Date(this.#clock.wall().getTime() - retentionDays * DAY_MS);
    void deleteOlder(this.#directory, before, (id) => this.#live.has(id), this.#log);
    this.#retention = this.#clock.after(RETENTION_INTERVAL_MS, () => this.#retain());
  }
}

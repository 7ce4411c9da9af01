import { type Clock, type Log, redact } from '../core';
import { parseNameAddr } from '../ua';
import { audioFacts, firstDocument } from './document';
import { recordingAt } from './files/catalogue';
import { Journal } from './files/journal';
import { mend, publish } from './files/mend';
import { SIDECAR } from './files/paths';
import type { Admitted } from './front-desk';
import type { Ports, TakeReport } from './intake/messages';
import type { IntakeThread } from './intake/thread';
import type { FinishedRecording, Recording, RecordingDocument, RecordingEnd } from './recording';
import { planLines, rateOf } from './session/plan';
import { Session } from './session/session';

export interface LiveTools {
  /** The thread that lives now: another takes the place of one that died. */
  readonly intake: () => IntakeThread;
  readonly clock: Clock;
  readonly log: Log;
  /** Address on which audio is received. */
  readonly address: string;
}

export interface LiveOwner {
  onStarted(live: LiveRecording): void;
  /** Its files are closed. */
  onFinished(live: LiveRecording, recording: FinishedRecording): void;
}

/**
 * One recording while it lasts: the session with its client, the take in the intake's thread, and the
 * sidecar that tells of both.
 */
export class LiveRecording {
  readonly session: Session;
  /** Resolves when the recording is over and its files are closed, or when it never began. */
  readonly closed: Promise<void>;
  #journal: Journal | undefined;
  #close = (): void => undefined;

  constructor(
    readonly id: string,
    /** Path of its files without ending. */
    private readonly base: string,
    private readonly admitted: Admitted,
    private readonly tools: LiveTools,
    private readonly owner: LiveOwner,
  ) {
    const { invite, offer } = admitted;
    const { intake, clock, log, address } = tools;
    const plan = planLines(offer);
    this.session = new Session(
      id,
      invite,
      plan,
      address,
      { intake, clock, log },
      {
        onLearned: () => this.#learned(),
        onOver: (end, discarded) => void (discarded ? this.#forget() : this.#over(end)),
      },
    );
    this.closed = new Promise((resolve) => {
      this.#close = resolve;
    });
  }

  /** Undefined before it began. */
  get document(): RecordingDocument | undefined {
    return this.#journal?.document;
  }

  get recording(): Recording | undefined {
    return this.document && recordingAt(this.base, this.document);
  }

  /** Opens the files and ports, and answers the INVITE. Rejects when there was nothing to open. */
  async open(): Promise<void> {
    const { session, admitted, base } = this;
    const { invite, body } = admitted;
    let cancelled = false;
    invite.onCancel = () => {
      cancelled = true;
    };
    const openedAt = this.tools.clock.wall();
    const ports = await this.#open();
    session.learn(body, 'INVITE');
    this.#journal = new Journal(
      `${base}${SIDECAR}`,
      firstDocument(session, base, openedAt),
      this.tools.log,
    );
    if (cancelled || !(await this.#establish(ports))) await this.#discard();
  }

  /** The intake tells how it fares. */
  onProgress(report: TakeReport): void {
    this.#journal?.update(audioFacts(report, this.base));
    this.session.onProgress(report);
  }

  /** Audio is being lost. */
  onFailed(reason: string): void {
    this.#journal?.update({ failure: reason });
    this.tools.log.error({ recording: this.id, reason }, 'recording failed');
  }

  async #open(): Promise<Ports> {
    try {
      return await this.tools.intake().ask('open', {
        id: this.id,
        path: this.base,
        rate: rateOf(this.session.plan),
        channels: this.session.plan.channels.count,
        lines: this.session.orders,
      });
    } catch (error) {
      this.#close();
      throw error;
    }
  }

  async #establish(ports: Ports): Promise<boolean> {
    const { log } = this.tools;
    try {
      await this.session.establish(ports);
    } catch (error) {
      // Cancelled at the last moment, or the engine is gone.
      log.info({ recording: this.id, error: String(error) }, 'recording never began');
      return false;
    }
    const { callId, from } = this.session.facts;
    log.info(
      { recording: this.id, callId, from: redact(parseNameAddr(from).uri) },
      'recording started',
    );
    this.owner.onStarted(this);
    return true;
  }

  async #discard(): Promise<void> {
    await this.tools
      .intake()
      .ask('discard', { id: this.id })
      .catch(() => undefined);
    await this.#journal?.discard();
    this.#journal = undefined;
    this.#close();
  }

  #learned(): void {
    const { participants, knowledge } = this.session;
    this.#journal?.update({ participants, metadata: knowledge.documents });
  }

  /** The client ends the session and wants nothing kept of it. */
  async #forget(): Promise<void> {
    await this.#discard();
    this.tools.log.info({ recording: this.id }, 'recording discarded');
  }

  /** The session is over: closes the files, and says so. */
  async #over(end: RecordingEnd): Promise<void> {
    const journal = this.#journal!;
    try {
      const { sha256, ...report } = await this.tools.intake().ask('finish', { id: this.id });
      const { wav } = journal.document;
      journal.update({
        ...audioFacts(report, this.base),
        state: report.failure === undefined ? 'finished' : 'failed',
        endedAt: new Date(report.startedAt + report.durationMs).toISOString(),
        end,
        wav: { ...wav, ...(sha256 !== undefined && { sha256 }) },
      });
      // The audio gets its name when the sidecar is in place: `.part` says that it is not.
      if (!(await journal.settled())) throw new Error('the sidecar could not be written');
      await publish(this.base, report.pcap);
    } catch (error) {
      await this.#salvage(journal, end, String(error));
    }
    this.owner.onFinished(this, this.recording as FinishedRecording);
    this.#close();
  }

  /** The intake died under the recording, or its files cannot be closed: keeps what there is. */
  async #salvage(journal: Journal, end: RecordingEnd, reason: string): Promise<void> {
    const failed = { state: 'failed', failure: reason, end } as const;
    await journal.settled();
    try {
      journal.update(await mend(this.base, this.id, { ...failed, recovered: false }));
    } catch (error) {
      const endedAt = this.tools.clock.wall().toISOString();
      journal.update({ ...failed, failure: `${reason}; ${String(error)}`, endedAt });
    }
    await journal.settled();
  }
}

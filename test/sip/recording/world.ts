import { type Ids, silentLog } from '../../../src/core';
import type { Fork, MediaLine, Side } from '../../../src/media';
import { DEFAULTS, type RecordedUser } from '../../../src/policy';
import type { CallSide } from '../../../src/sip';
import type { Sounds } from '../../../src/sip/hearing/sounds';
import type { Agreement } from '../../../src/sip/media/agreement';
import type { SessionMedia } from '../../../src/sip/media/session-media';
import { CallRecordings } from '../../../src/sip/recording/call-recordings';
import { Participants } from '../../../src/sip/recording/participants';
import type {
  Recording,
  RecordingOutcome,
  RecordingRequest,
  RecordingState,
  StopReason,
} from '../../../src/siprec';
import { VirtualClock } from '../../support/virtual-clock';

/** A recording that does what it is told, and writes it down. */
export class FakeRecording implements Recording {
  readonly recordingId: string;
  state: RecordingState = 'inviting';
  readonly established: Promise<boolean>;
  readonly outcome: Promise<RecordingOutcome>;
  /** Set to leave the gate half closed until `gated`. */
  holdGate = false;
  gated: () => void = () => {};
  /** The recorder takes no resumption. */
  declines = false;
  #onEstablished: (accepted: boolean) => void = () => {};
  #onOutcome: (outcome: RecordingOutcome) => void = () => {};

  constructor(
    readonly request: RecordingRequest,
    private readonly journal: string[],
  ) {
    this.recordingId = request.recordingId;
    this.established = new Promise((resolve) => {
      this.#onEstablished = resolve;
    });
    this.outcome = new Promise((resolve) => {
      this.#onOutcome = resolve;
    });
    this.journal.push(`${this.recordingId} invite`);
  }

  accept(): void {
    this.state = 'active';
    this.#onEstablished(true);
  }

  /** Refused before, or lost after the recorder had accepted. */
  lose(): void {
    this.#finish('failed');
  }

  keep(): void {
    this.journal.push(`${this.recordingId} keep`);
  }

  update(): void {
    this.journal.push(`${this.recordingId} update`);
  }

  async pause(by?: string): Promise<void> {
    this.state = 'paused';
    this.journal.push(`${this.recordingId} pause ${by}`);
    if (!this.holdGate) return;
    await new Promise<void>((resolve) => {
      this.gated = resolve;
    });
  }

  async resume(by?: string): Promise<void> {
    if (!this.declines) this.state = 'active';
    this.journal.push(`${this.recordingId} resume ${by}`);
  }

  async stop(reason: StopReason): Promise<RecordingOutcome> {
    this.journal.push(`${this.recordingId} stop: ${reason.text}`);
    return this.#finish('ended');
  }

  #finish(state: 'ended' | 'failed'): RecordingOutcome {
    this.state = state;
    this.#onEstablished(false);
    const at = new Date(0);
    const outcome: RecordingOutcome = {
      recordingId: this.recordingId,
      callId: this.request.callId,
      target: 'srs',
      recorded: state === 'ended' ? 'fully' : 'partly',
      fault: undefined,
      reason: '',
      status: 200,
      recorderCallId: undefined,
      invitedAt: at,
      answeredAt: at,
      endedAt: at,
      parts: [],
      streams: [],
    };
    this.#onOutcome(outcome);
    return outcome;
  }
}

/** A call with one audio line, whose recordings go nowhere. */
export class RecordedWorld {
  readonly clock = new VirtualClock();
  /** What was done to copies and recordings, in order. */
  readonly journal: string[] = [];
  readonly recordings: FakeRecording[] = [];
  readonly call: CallRecordings;
  readonly media: SessionMedia;
  /** What the recorder does when invited. */
  atRecorder: (recording: FakeRecording) => void = (recording) => recording.accept();
  #forks = 0;
  #ids = 0;

  constructor(
    users: readonly RecordedUser[],
    options: {
      readonly recorder?: false;
      readonly discards?: true;
      /** Who is recorded where a 3xx leads. */
      readonly elsewhere?: readonly RecordedUser[];
      readonly sounds?: Sounds;
      /** Where somebody is known and never recorded. */
      readonly forbidden?: CallSide;
    } = {},
  ) {
    const ids: Ids = { uuid: () => `id${++this.#ids}`, token: () => '00' };
    const start = (request: RecordingRequest) => {
      const recording = new FakeRecording(request, this.journal);
      this.recordings.push(recording);
      this.atRecorder(recording);
      return recording;
    };
    const party = { participantId: 'p', aor: 'sip:p@x' };
    const parties = new Participants({ a: party, b: party }, ids);
    this.call = new CallRecordings(
      {
        recorders:
          options.recorder === false
            ? undefined
            : { start, discards: () => options.discards ?? false },
        sounds: options.sounds,
        forkBind: '127.0.0.1',
        ids,
        clock: this.clock,
        log: silentLog,
      },
      { id: 'call', sipSessionId: undefined, parties },
      (redirected) => (redirected ? (options.elsewhere ?? []) : users),
      undefined,
      undefined,
      (side) => side === options.forbidden,
    );
    this.media = { agreement: this.agreement } as unknown as SessionMedia;
  }

  get agreement(): Agreement {
    return this.#agreement('sendrecv');
  }

  /** Both hold the call. */
  async hold(): Promise<void> {
    this.call.agreed(this.#agreement('inactive'));
    await this.rest();
  }

  #agreement(direction: 'sendrecv' | 'inactive'): Agreement {
    const description = {
      kind: 'audio',
      port: 4000,
      carriage: 'rtp',
      direction,
      payloads: [{ payloadType: 0, encoding: 'PCMU', clockRate: 8000, channels: 1 }],
    };
    const line = { fork: async (side: Side) => this.#fork(side) } as unknown as MediaLine;
    const formats = [{ payloadType: 0, codec: 'PCMU', clockRate: 8000, channels: 1 }];
    const terms = {
      accepted: true,
      toAnswerer: formats,
      toOfferer: formats,
      offererSends: direction === 'sendrecv',
      answererSends: direction === 'sendrecv',
    };
    return {
      offerer: 'a',
      lines: [{ offer: description, answer: description, terms, line }],
    } as unknown as Agreement;
  }

  /** The call is answered and acknowledged, and whatever follows by itself has happened. */
  async answer(): Promise<void> {
    this.call.begin(this.media);
    this.call.agreed(this.agreement);
    await this.rest();
  }

  async rest(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }

  #fork(side: Side): Fork {
    const name = `fork${++this.#forks}${side}`;
    this.journal.push(`${name} open`);
    return {
      pause: async () => void this.journal.push(`${name} pause`),
      resume: () => void this.journal.push(`${name} resume`),
      close: async () => void this.journal.push(`${name} close`),
    } as unknown as Fork;
  }
}

export function user(mode: RecordedUser['mode'], more: Partial<RecordedUser> = {}): RecordedUser {
  return {
    side: 'caller',
    id: 'alice',
    name: undefined,
    mode,
    internal: false,
    settings: { ...DEFAULTS, mode },
    provenance: { scope: 'user', entry: 'user alice', matched: 'sip:alice@x' },
    ...more,
  };
}

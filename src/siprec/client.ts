import type { Clock, Ids, Log, Millis } from '../core';
import type { SipAgent } from '../ua';
import { OngoingRecording } from './session/ongoing';
import type { Recording, RecordingRequest, RecordingTarget } from './session/recording';
import type { SessionContext } from './session/session';

/** Recordings still to be told their end get so long when the client closes. */
const CLOSING: Millis = 2000;

export interface RecordingClientOptions {
  readonly agent: SipAgent;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** User part of Contact and From towards recorders. Default `twintrack`. */
  readonly contactUser?: string;
}

/** The recording client (SRC) of RFC 7866: records calls to recorders. */
export interface RecordingClient {
  /**
   * Invites the first of the recorders at once, and those that follow when one does not take the recording or is found
   * gone. Never throws: what goes wrong is the recording's outcome.
   */
  record(recorders: readonly RecordingTarget[], request: RecordingRequest): Recording;
  /** Ends all recordings, and records nothing more. */
  close(): Promise<void>;
}

export function createRecordingClient(options: RecordingClientOptions): RecordingClient {
  return new Client({ contactUser: 'twintrack', ...options });
}

class Client implements RecordingClient {
  readonly #recordings = new Set<OngoingRecording>();
  #closed = false;

  constructor(private readonly context: SessionContext) {}

  record(recorders: readonly RecordingTarget[], request: RecordingRequest): Recording {
    const recording = new OngoingRecording(this.context, recorders, request);
    this.#recordings.add(recording);
    void recording.settled().then(() => this.#recordings.delete(recording));
    if (this.#closed) void recording.stop({ text: 'the service is ending' });
    else recording.start();
    return recording;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const settled = [...this.#recordings].map((recording) => {
      void recording.stop({ text: 'the service is ending' });
      return recording.settled();
    });
    let cancel = () => {};
    const late = new Promise<void>((resolve) => {
      cancel = this.context.clock.after(CLOSING, resolve);
    });
    await Promise.race([Promise.all(settled), late]);
    cancel();
  }
}

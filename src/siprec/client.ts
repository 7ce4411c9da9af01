import type { Clock, Ids, Log, Millis } from '../core';
import type { SipAgent } from '../ua';
import type { Recording, RecordingRequest, RecordingTarget } from './session/recording';
import { RecordingSession, type SessionContext } from './session/session';

/** Sessions still to be told their end get so long when the client closes. */
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
  /** Invites the recorder at once. Never throws: what goes wrong is the recording's outcome. */
  record(target: RecordingTarget, request: RecordingRequest): Recording;
  /** Ends all recordings, and records nothing more. */
  close(): Promise<void>;
}

export function createRecordingClient(options: RecordingClientOptions): RecordingClient {
  return new Client({ contactUser: 'twintrack', ...options });
}

class Client implements RecordingClient {
  readonly #sessions = new Set<RecordingSession>();
  #closed = false;

  constructor(private readonly context: SessionContext) {}

  record(target: RecordingTarget, request: RecordingRequest): Recording {
    const session = new RecordingSession(this.context, target, request);
    this.#sessions.add(session);
    void session.settled().then(() => this.#sessions.delete(session));
    if (this.#closed) void session.stop({ text: 'the service is ending' });
    else session.start();
    return session;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const settled = [...this.#sessions].map((session) => {
      void session.stop({ text: 'the service is ending' });
      return session.settled();
    });
    let cancel = () => {};
    const late = new Promise<void>((resolve) => {
      cancel = this.context.clock.after(CLOSING, resolve);
    });
    await Promise.race([Promise.all(settled), late]);
    cancel();
  }
}

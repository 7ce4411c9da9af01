import type { Instant } from '../../core';
import { rfc7865 } from '../metadata/rfc7865';
import { completeDocument } from './documents';
import { Negotiation, type Said } from './negotiation';
import type { Loss, SessionOutput } from './protocol';
import type { RecordingTarget } from './recording';
import { Destinations } from './redirects';
import { answerTimeoutOf } from './watch';

/** What one recorder is asked: at its addresses, one after the other, within the time that it has. */
export class Invitation {
  readonly answerBy: Instant;
  readonly #destinations: Destinations;
  #said: Said | undefined;

  constructor(
    readonly recorder: RecordingTarget,
    now: Instant,
  ) {
    this.answerBy = now + answerTimeoutOf(recorder);
    this.#destinations = new Destinations(recorder.uri);
  }

  /** Saying this to the next address; nothing when there is none left. */
  say(said: Said): readonly SessionOutput[] {
    const uri = this.#destinations.next();
    if (uri === undefined) return [];
    this.#said = said;
    const { lines, conversation } = said;
    return [{ do: 'invite', uri, lines, metadata: completeDocument(conversation) }];
  }

  /** Takes the Contact of a 3xx. */
  redirect(contact: string | undefined): void {
    this.#destinations.redirect(contact);
  }

  /** What the recorder knows now that it has accepted. */
  accepted(): Negotiation {
    return new Negotiation(this.#said!, (this.recorder.dialect ?? rfc7865).updates);
  }

  get unanswered(): Loss {
    const detail = `no answer within ${answerTimeoutOf(this.recorder)} ms`;
    return { code: 'RECORDER_UNREACHABLE', detail };
  }
}

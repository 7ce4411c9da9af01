import type { FaultCode } from '../../core';
import type { Ending, Loss } from './protocol';

/** What a recording has met that may keep it from being whole; of each kind the first counts. */
export class Losses {
  /** A recorder did not take the recording; nothing need be missing. */
  #refusal: Loss | undefined;
  /** A recorder that had been sent something was lost. */
  #vanished: Loss | undefined;
  #other: Loss | undefined;

  refused(loss: Loss): void {
    this.#refusal ??= loss;
  }

  vanished(loss: Loss): void {
    this.#vanished ??= loss;
  }

  note(code: FaultCode, detail: string): void {
    this.#other ??= { code, detail };
  }

  /** How it stands with a recording that we have stopped; `recorded` of `wanted` streams were sent to a recorder. */
  stopped(recorded: number, wanted: number): Ending {
    if (recorded < wanted) {
      this.note('RECORDER_REFUSED', 'it never became ready to receive every stream');
    }
    const fault = this.#vanished ?? this.#other;
    const extent = recorded === 0 ? 'not' : fault ? 'partly' : 'fully';
    return { recorded: extent, fault, failed: false };
  }

  /** How it stands with one that no recorder has any more, the last one for this reason. */
  failed(recorded: number, last: Loss): Ending {
    const fault = this.#vanished ?? (recorded > 0 ? undefined : this.#refusal) ?? last;
    return { recorded: recorded > 0 ? 'partly' : 'not', fault, failed: true };
  }
}

import type { RecordingAction } from '../metadata/model';
import type { RecordedLines } from './lines';
import type { Input } from './protocol';

/**
 * Pauses and resumptions as the metadata tells them. A pause is told once it is in force, together with the lines
 * that say so; cut short before that, together with its resumption. One without a name is not told.
 */
export class Interruptions {
  #untold: RecordingAction | undefined;

  /** What is to be told after an input; `pausing` is as it was before. */
  toldBy(
    input: Input<'pause' | 'gated' | 'resume'>,
    pausing: RecordedLines['pausing'],
  ): readonly RecordingAction[] {
    switch (input.kind) {
      case 'pause':
        if (pausing === 'off') this.#untold = actionOf(input);
        return [];
      case 'gated':
        return this.#due();
      case 'resume':
        if (pausing === 'off') return [];
        return [...this.#due(), actionOf(input)].filter((action) => action !== undefined);
    }
  }

  #due(): readonly RecordingAction[] {
    const due = this.#untold;
    this.#untold = undefined;
    return due ? [due] : [];
  }
}

function actionOf({ kind, by, at }: Input<'pause' | 'resume'>): RecordingAction | undefined {
  return by === undefined ? undefined : { kind: 'action', action: kind, at, by };
}

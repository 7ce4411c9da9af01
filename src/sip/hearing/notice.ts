import type { CallSide } from '../call/signals';

/** What a recording can be told to be by an announcement. */
export type NoticeName = 'start' | 'stop' | 'pause' | 'resume';

/** What parties know of a call: that it is recorded, that the recording is paused, or neither. */
export type Knowledge = 'off' | 'on' | 'paused';

export const TELLS: Readonly<Record<NoticeName, Knowledge>> = {
  start: 'on',
  stop: 'off',
  pause: 'paused',
  resume: 'on',
};

/** Something to be told to the parties. */
export interface Notice {
  readonly what: NoticeName;
  /** Whose recording it is, and so whose prompts and language. */
  readonly by: CallSide;
  readonly how: 'prompt' | 'beep';
}

/** The rhythm of the reminder tone, the same for both parties. */
export interface Beat {
  /** Whose tone it is. */
  readonly by: CallSide;
  readonly everyMs: number;
}

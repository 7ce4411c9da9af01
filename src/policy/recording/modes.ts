/**
 * Recording modes as Webex Calling names them, and what each lets the user do during a call.
 *
 * - `always`: in and out, no control.
 * - `always-pause-resume`: recorded from answer; the user may pause and resume.
 * - `on-demand`: recorded from the user's start to the user's stop; pause and resume too.
 * - `on-demand-keep`: recorded from answer, kept only if the user asks before the end.
 * - `never`: not recorded.
 */
export const RECORDING_MODES = [
  'always',
  'always-pause-resume',
  'on-demand',
  'on-demand-keep',
  'never',
] as const;

export type RecordingMode = (typeof RECORDING_MODES)[number];

/** What a user may ask for. */
export type Action = 'start' | 'stop' | 'pause' | 'resume';

const ALLOWED: Readonly<Record<RecordingMode, readonly Action[]>> = {
  always: [],
  'always-pause-resume': ['pause', 'resume'],
  'on-demand': ['start', 'stop', 'pause', 'resume'],
  'on-demand-keep': ['start', 'pause', 'resume'],
  never: [],
};

/** Whether the mode leaves this action to the user. */
export function allows(mode: RecordingMode, action: Action): boolean {
  return ALLOWED[mode].includes(action);
}

/** Whether the mode leaves anything to the user. */
export function allowsAny(mode: RecordingMode): boolean {
  return ALLOWED[mode].length > 0;
}

import {
  allowsAny,
  type EffectiveSettings,
  NO_CODE,
  type RecordingAction,
  type RecordingMode,
} from '../../policy';

/**
 * What a user may dial in a call, with what it does. Nothing where the mode leaves the user no say: whatever is
 * dialled is then for the other party.
 */
export function featureCodes(
  mode: RecordingMode,
  { codeStart, codeStop, codePause, codeResume }: EffectiveSettings,
): ReadonlyMap<string, RecordingAction> {
  if (!allowsAny(mode)) return new Map();
  const codes: ReadonlyArray<readonly [string, RecordingAction]> = [
    [codeStart, 'start'],
    [codeStop, 'stop'],
    [codePause, 'pause'],
    [codeResume, 'resume'],
  ];
  return new Map(codes.filter(([code]) => code !== NO_CODE));
}

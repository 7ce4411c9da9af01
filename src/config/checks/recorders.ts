import type { RecorderProvider } from '../schema';
import { at, type Check } from './subject';

/** A recorder that stands by stands by for another one, and is named once. */
export const standbyFollows: Check = (subject) => {
  const { provider, standby = [] } = subject.parts.recorder ?? {};
  if (!provider) return [];
  const places = [provider, ...standby].map(placeOf);
  return standby.flatMap((_, index) => {
    const path = ['recorder', 'standby', index];
    const place = places[index + 1];
    const first = places.indexOf(place!);
    if (provider.kind === 'none') {
      return [at(subject, path, 'recorder.provider is none: nobody records, and nobody stands by')];
    }
    if (first === 0) return [at(subject, path, `${place} is recorder.provider already`)];
    if (first <= index) {
      return [at(subject, path, `${place} is recorder.standby[${first - 1}] already`)];
    }
    return [];
  });
};

function placeOf(recorder: RecorderProvider): string {
  return recorder.kind === 'external' ? recorder.server.uri : recorder.kind;
}

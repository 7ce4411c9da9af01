import type { EncodedFrames, StreamFormat } from '../../plane';

type Described = Pick<StreamFormat | EncodedFrames, 'codec' | 'fmtp'>;

/** Parameters by which the same codec becomes other octets, with what they are when nothing is said. */
const LAYOUT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // RFC 4867 §8.1, §8.2.
  AMR: { 'octet-align': '0', crc: '0', 'robust-sorting': '0', interleaving: '' },
  'AMR-WB': { 'octet-align': '0', crc: '0', 'robust-sorting': '0', interleaving: '' },
  // RFC 3952 §4.2.
  ILBC: { mode: '30' },
};

/** True when frames of the listener's codec, packed as their parameters say, are what it can take apart. */
export function canRead(listener: Described, frames: Described): boolean {
  const layout = LAYOUT[listener.codec.toUpperCase()];
  if (!layout) return true;
  const [theirs, ours] = [parameters(listener), parameters(frames)];
  const same = Object.entries(layout).every(
    ([name, otherwise]) => (theirs.get(name) ?? otherwise) === (ours.get(name) ?? otherwise),
  );
  return same && isWithin(theirs.get('mode-set'), ours.get('mode-set'));
}

/** RFC 4867 §8.1: no set is all modes. */
function isWithin(allowed: string | undefined, used: string | undefined): boolean {
  if (!allowed) return true;
  const modes = allowed.split(',');
  return used?.split(',').every((mode) => modes.includes(mode)) ?? false;
}

function parameters({ fmtp = '' }: Described): Map<string, string> {
  return new Map(
    fmtp.split(';').map((pair) => {
      const [name = '', value = ''] = pair.split('=');
      return [name.trim().toLowerCase(), value.replaceAll(' ', '')];
    }),
  );
}

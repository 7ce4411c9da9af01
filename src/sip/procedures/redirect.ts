import { parseNameAddr, parseSipUri, type SipMessage, splitList } from '../../ua';
import type { OwnAddresses, Target } from '../routing';

/** RFC 3261 §8.1.3.4 leaves the number to the client. */
const MOST_TARGETS = 10;

/** The contacts of a redirection that are worth trying, best first (RFC 3261 §20.10). */
export function redirectTargets(
  response: SipMessage,
  from: Target,
  known: readonly Target[],
  own: OwnAddresses,
): readonly Target[] {
  const redirectedBy = [from.uri, ...(from.redirectedBy ?? [])];
  const seen = new Set(known.map(({ uri }) => uri));
  return splitList(response.header('contact') ?? '')
    .map((contact) => {
      const { uri, params } = parseNameAddr(contact);
      const q = /;\s*q\s*=\s*([01](?:\.\d{1,3})?)/i.exec(params)?.[1];
      return { uri, q: q === undefined ? 1 : Number(q) };
    })
    .sort((one, other) => other.q - one.q)
    .flatMap(({ uri }): Target[] => {
      const place = parseSipUri(uri);
      if (!place || own.has(place) || seen.has(uri)) return [];
      seen.add(uri);
      return [{ name: `${place.scheme}:${place.host}`, uri, redirectedBy }];
    })
    .slice(0, Math.max(0, MOST_TARGETS - known.length));
}

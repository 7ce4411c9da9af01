import type { Ids } from '../../core';
import type { Side } from '../../media';
import { sameIdentity } from '../../policy';
import type { RecordedParty } from '../../siprec';
import { parseNameAddr, type SipMessage, splitList } from '../../ua';

/** Who somebody is, as a message tells. */
interface Told {
  readonly uri: string;
  readonly displayName: string | undefined;
}

/**
 * Who is on each side of an answered call. A network that transfers its end of a call tells who is there now in a
 * re-INVITE or UPDATE, or in its answer to one: by P-Asserted-Identity (RFC 3325), by Remote-Party-ID where that is all
 * there is, or by a From that has changed (RFC 4916). What a side said first it is measured by: a callee asserts
 * a number that need not be the one that was dialled.
 */
export class Participants {
  readonly #now: Record<Side, RecordedParty>;
  readonly #asserted: Partial<Record<Side, string>> = {};
  readonly #from: Partial<Record<Side, string>> = {};
  /** Everybody who was there, for who comes back is the same. */
  readonly #known: RecordedParty[];

  constructor(
    private readonly first: Readonly<Record<Side, RecordedParty>>,
    private readonly ids: Ids,
  ) {
    this.#now = { ...first };
    this.#known = [first.a, first.b];
  }

  get a(): RecordedParty {
    return this.#now.a;
  }

  get b(): RecordedParty {
    return this.#now.b;
  }

  /** The party of that side has not changed since the call began. */
  isFirst(side: Side): boolean {
    return this.#now[side].participantId === this.first[side].participantId;
  }

  /** The message by which a side came into the call: its INVITE, or its answer. */
  came(side: Side, message: SipMessage): void {
    const asserted = assertedIn(message);
    if (asserted) this.#asserted[side] = asserted.uri;
    const own = message.header(isResponse(message) ? 'to' : 'from') ?? '';
    this.#from[side] = parseNameAddr(own).uri;
    this.#mark(side, message);
  }

  /** A later message that was taken. True when somebody else is there now, or somebody has become a focus. */
  heard(side: Side, message: SipMessage): boolean {
    const told = this.#changed(side, message);
    if (told) this.#now[side] = this.#partyOf(told, this.#now[side === 'a' ? 'b' : 'a']);
    const marked = this.#mark(side, message);
    return told !== undefined || marked;
  }

  #changed(side: Side, message: SipMessage): Told | undefined {
    const asserted = assertedIn(message);
    const last = this.#asserted[side];
    if (asserted) this.#asserted[side] = asserted.uri;
    const from = isResponse(message) ? undefined : nameOf(message.header('from') ?? '');
    const before = this.#from[side];
    if (from) this.#from[side] = from.uri;
    if (asserted) {
      const same = sameIdentity(asserted.uri, this.#now[side].aor);
      return same || (last !== undefined && sameIdentity(asserted.uri, last))
        ? undefined
        : asserted;
    }
    const moved = from && before !== undefined && !sameIdentity(from.uri, before);
    return moved && !sameIdentity(from.uri, this.#now[side].aor) ? from : undefined;
  }

  #partyOf({ uri, displayName }: Told, other: RecordedParty): RecordedParty {
    const known = this.#known.find(
      (one) => sameIdentity(one.aor, uri) && one.participantId !== other.participantId,
    );
    if (known) return known;
    const party = {
      participantId: this.ids.uuid(),
      aor: uri,
      ...(displayName !== undefined && { displayName }),
    };
    this.#known.push(party);
    return party;
  }

  /** RFC 4579 §5.2: a Contact with `isfocus` is that of a conference. */
  #mark(side: Side, message: SipMessage): boolean {
    const contact = message.header('contact');
    if (contact === undefined) return false;
    const focus = /;\s*isfocus\b/i.test(contact);
    if (focus === (this.#now[side].focus ?? false)) return false;
    const { focus: _, ...party } = this.#now[side];
    this.#now[side] = focus ? { ...party, focus } : party;
    return true;
  }
}

function assertedIn(message: SipMessage): Told | undefined {
  const asserted = splitList(message.header('p-asserted-identity') ?? '')[0];
  if (asserted) return nameOf(asserted);
  // Each end tells of itself; `party` says of whom, where it is said.
  const mine = isResponse(message) ? 'called' : 'calling';
  const remote = splitList(message.header('remote-party-id') ?? '').find((one) => {
    const party = /;\s*party\s*=\s*"?(\w+)/i.exec(one)?.[1]?.toLowerCase();
    return party === undefined || party === mine;
  });
  return remote === undefined ? undefined : nameOf(remote);
}

function nameOf(value: string): Told | undefined {
  const { uri, display } = parseNameAddr(value);
  if (uri === '') return undefined;
  const name = display.replace(/^"(.*)"$/s, '$1').replace(/\\(.)/g, '$1');
  return { uri, displayName: name === '' ? undefined : name };
}

function isResponse(message: SipMessage): boolean {
  return 'status' in message;
}

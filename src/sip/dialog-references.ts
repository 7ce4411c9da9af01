import type { Dialog, SipMessage } from '../ua';

/** Ends of one call as its two dialogs. */
interface Pair {
  readonly caller: Dialog;
  readonly callee: Dialog;
  /** UUID of the calls that belong together. */
  readonly groupId: string;
}

/**
 * References to dialogs in messages that cross: Replaces (RFC 3891), Join (RFC 3911), Target-Dialog
 * (RFC 4538), and the Replaces inside a Refer-To. One side names a dialog it has with us; the other side
 * knows the same call by its own dialog with us, so that is what it is told. References to dialogs of
 * others stay as they are.
 */
export class DialogReferences {
  readonly #pairs = new Map<string, Pair>();

  add(caller: Dialog, callee: Dialog, groupId: string): void {
    const pair = { caller, callee, groupId };
    this.#pairs.set(caller.callId, pair);
    this.#pairs.set(callee.callId, pair);
  }

  remove(caller: Dialog, callee: Dialog): void {
    this.#pairs.delete(caller.callId);
    this.#pairs.delete(callee.callId);
  }

  /** The group of the call that a new one replaces a side of (RFC 3891): the new one belongs to it, too. */
  groupReplacedBy(invite: SipMessage): string | undefined {
    const value = invite.header('replaces');
    return value === undefined ? undefined : this.#named(value, REPLACES_TAGS)?.pair.groupId;
  }

  /** The reference headers of a message, as the other side understands them. */
  carried(message: SipMessage): Record<string, string> {
    const carried: Record<string, string> = {};
    for (const [name, tags] of REFERENCES) {
      const value = message.header(name);
      if (value !== undefined) carried[name] = this.#translated(value, tags);
    }
    const referTo = message.header('refer-to');
    if (referTo !== undefined) carried['Refer-To'] = this.#inUri(referTo);
    return carried;
  }

  #inUri(referTo: string): string {
    return referTo.replace(/([?&]Replaces=)([^&>]*)/i, (all, name: string, value: string) => {
      const decoded = decodedText(value);
      return decoded === undefined
        ? all
        : `${name}${encodeURIComponent(this.#translated(decoded, REPLACES_TAGS))}`;
    });
  }

  #translated(value: string, names: TagNames): string {
    const found = this.#named(value, names);
    if (!found) return value;
    const { pair, named, params } = found;
    const [ours, theirs] = names;
    const other = named === pair.caller ? pair.callee : pair.caller;
    const rest = params.filter((param) => ![ours, theirs].includes(tagParam(param)[0]));
    return [
      other.callId,
      `${ours}=${other.remoteTag}`,
      `${theirs}=${other.localTag}`,
      ...rest.map((param) => param.trim()),
    ].join(';');
  }

  /** The dialog of ours that a reference names. */
  #named(value: string, [ours, theirs]: TagNames) {
    const [callId = '', ...params] = value.split(';');
    const pair = this.#pairs.get(callId.trim());
    if (!pair) return undefined;
    const named = pair.caller.callId === callId.trim() ? pair.caller : pair.callee;
    const tags = new Map(params.map(tagParam));
    const fits = tags.get(ours) === named.localTag && tags.get(theirs) === named.remoteTag;
    return fits ? { pair, named, params } : undefined;
  }
}

/** The tag of the one who is to get the reference, seen from its sender, and the sender's own. */
type TagNames = readonly [theirs: string, own: string];

const REPLACES_TAGS: TagNames = ['to-tag', 'from-tag'];

const REFERENCES: ReadonlyArray<readonly [name: string, tags: TagNames]> = [
  ['Replaces', REPLACES_TAGS],
  ['Join', REPLACES_TAGS],
  ['Target-Dialog', ['remote-tag', 'local-tag']],
];

function tagParam(param: string): [name: string, value: string] {
  const [name = '', value = ''] = param.split('=', 2);
  return [name.trim().toLowerCase(), value.trim()];
}

function decodedText(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}

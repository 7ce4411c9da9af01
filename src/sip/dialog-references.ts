import type { Dialog, SipMessage } from '../ua';

/** Ends of one call as its two dialogs. */
interface Pair {
  readonly caller: Dialog;
  readonly callee: Dialog;
}

/**
 * References to dialogs in messages that cross: Replaces (RFC 3891), Join (RFC 3911), Target-Dialog
 * (RFC 4538), and the Replaces inside a Refer-To. One side names a dialog it has with us; the other side
 * knows the same call by its own dialog with us, so that is what it is told. References to dialogs of
 * others stay as they are.
 */
export class DialogReferences {
  readonly #pairs = new Map<string, Pair>();

  add(caller: Dialog, callee: Dialog): void {
    const pair = { caller, callee };
    this.#pairs.set(caller.callId, pair);
    this.#pairs.set(callee.callId, pair);
  }

  remove(caller: Dialog, callee: Dialog): void {
    this.#pairs.delete(caller.callId);
    this.#pairs.delete(callee.callId);
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

  #translated(value: string, [ours, theirs]: TagNames): string {
    const [callId = '', ...params] = value.split(';');
    const pair = this.#pairs.get(callId.trim());
    if (!pair) return value;
    const named = pair.caller.callId === callId.trim() ? pair.caller : pair.callee;
    const other = named === pair.caller ? pair.callee : pair.caller;
    const tags = new Map(params.map(tagParam));
    if (tags.get(ours) !== named.localTag || tags.get(theirs) !== named.remoteTag) return value;
    const rest = params.filter((param) => ![ours, theirs].includes(tagParam(param)[0]));
    return [
      other.callId,
      `${ours}=${other.remoteTag}`,
      `${theirs}=${other.localTag}`,
      ...rest.map((param) => param.trim()),
    ].join(';');
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

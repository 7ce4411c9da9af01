/** A master key with its salt, and by what mark packets say that they are protected with it. */
export interface MasterKey {
  /** As many octets as the suite's `keyLength`. */
  readonly key: Uint8Array;
  /** As many octets as the suite's `saltLength`. */
  readonly salt: Uint8Array;
  /** Master key identifier (RFC 3711 §3.1) that stands in every packet; undefined where there is none. */
  readonly mki?: Uint8Array | undefined;
}

/** What protects one direction of a stream. May be posted to a worker. */
export interface SrtpKeys {
  /** Name of the suite. */
  readonly suite: string;
  /** One or more; a sender uses the first. */
  readonly masters: readonly MasterKey[];
}

/** Both directions of a stream, as one who sends and receives it sees them. */
export interface SrtpSession {
  /** With what we protect. */
  readonly send: SrtpKeys;
  /** With what the other side protects. */
  readonly receive: SrtpKeys;
}

/** Whether they protect alike, so that a context of the one may go on as one of the other. */
export function sameKeys(one: SrtpKeys | undefined, other: SrtpKeys | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return (
    one.suite === other.suite &&
    one.masters.length === other.masters.length &&
    one.masters.every((master, i) => sameMaster(master, other.masters[i]!))
  );
}

function sameMaster(one: MasterKey, other: MasterKey): boolean {
  return (
    sameOctets(one.key, other.key) &&
    sameOctets(one.salt, other.salt) &&
    sameOctets(one.mki ?? NONE, other.mki ?? NONE)
  );
}

const NONE = new Uint8Array();

function sameOctets(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((octet, i) => octet === other[i]);
}

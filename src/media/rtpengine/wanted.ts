import type { Endpoint, OpenLine, Side, StreamFormat } from '../plane';
import { describe, formatOf } from './line-sdp';

export const SIDES: readonly Side[] = ['a', 'b'];

/** What an m-line is when nobody has said: rtpengine wants at least one format. */
const PCMU: StreamFormat = { payloadType: 0, codec: 'PCMU', clockRate: 8000, channels: 1 };

interface WantedSide {
  endpoint: Endpoint | undefined;
  /** The party was known and wants nothing now. */
  onHold: boolean;
  /** Something is played to the party instead of what the other one says. */
  playedTo: boolean;
  /** In what it is played to, preferred first. */
  preferred: readonly StreamFormat[];
}

/** How a line is to be: what was said of it by `expect`, `describe` and `play`, one over the other. */
export class Wanted {
  readonly #sides: Readonly<Record<Side, WantedSide>> = { a: nothing(), b: nothing() };
  readonly #family: Readonly<Record<Side, 4 | 6>>;
  #clockRates: Readonly<Record<number, number>>;
  #opaque: boolean;
  /** Formats whose names are known, whoever prefers what. */
  #named: readonly StreamFormat[] = [];

  constructor({ bind, clockRates = {}, opaque = false }: OpenLine) {
    this.#family = { a: familyOf(bind.a), b: familyOf(bind.b) };
    this.#clockRates = clockRates;
    this.#opaque = opaque;
  }

  get opaque(): boolean {
    return this.#opaque;
  }

  familyOf(side: Side): 4 | 6 {
    return this.#family[side];
  }

  expect(side: Side, remote: Endpoint | undefined): void {
    const wanted = this.#sides[side];
    wanted.onHold = remote === undefined && wanted.endpoint !== undefined;
    wanted.endpoint = remote ?? wanted.endpoint;
  }

  describe({ clockRates, opaque }: Pick<OpenLine, 'clockRates' | 'opaque'>): void {
    this.#clockRates = clockRates ?? this.#clockRates;
    this.#opaque = opaque ?? this.#opaque;
  }

  /** What some payload types are, by name. */
  know(formats: readonly StreamFormat[]): void {
    this.#named = [...this.#named, ...formats];
  }

  /** From now on the party hears what is played to it, in the first of these formats. */
  playTo(side: Side, formats: readonly StreamFormat[]): void {
    this.#sides[side].playedTo = true;
    this.#sides[side].preferred = formats;
  }

  played(side: Side): void {
    this.#sides[side].playedTo = false;
  }

  /** The other party is not to be heard by this one. */
  deaf(side: Side): boolean {
    return this.#sides[side].onHold || this.#sides[side].playedTo;
  }

  /** What rtpengine is to be told of a side's party. */
  description(side: Side): string {
    const { endpoint } = this.#sides[side];
    const formats = this.#formats(side);
    return describe({ endpoint, formats, opaque: this.#opaque, family: this.#family[side] });
  }

  /** All that passes on the line, by name where that is known, what this side prefers first. */
  #formats(side: Side): readonly StreamFormat[] {
    const { a, b } = this.#sides;
    const known = new Map<number, StreamFormat>();
    for (const [text, clockRate] of Object.entries(this.#clockRates)) {
      known.set(Number(text), formatOf(Number(text), clockRate));
    }
    const named = this.#named.filter(({ payloadType }) => known.has(payloadType));
    for (const format of [...named, ...a.preferred, ...b.preferred])
      known.set(format.payloadType, format);
    const first = this.#sides[side].preferred.map(({ payloadType }) => payloadType);
    const order = new Set([...first, ...known.keys()]);
    const formats = [...order].map((payloadType) => known.get(payloadType)!);
    return formats.length > 0 ? formats : [PCMU];
  }
}

function nothing(): WantedSide {
  return { endpoint: undefined, onHold: false, playedTo: false, preferred: [] };
}

export function familyOf(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4;
}

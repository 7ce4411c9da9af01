/** Longer ones are no telephony: what is made for them does not matter. */
const LONGEST_VIEW = 2048;
/** A packet lies at few places of a memory that packets are worked on in. */
const MOST_PLACES = 16;

/** The octets from one place on, by how many they are. */
interface Place {
  readonly at: number;
  readonly views: Array<Uint8Array | undefined>;
}

const PLACES = Symbol('places');

interface Places {
  /** Octets from a place to the same place in the next part of the memory. */
  readonly stride: number;
  readonly parts: Place[][];
}

/** Memory that packets are copied out of for as long as its thread lives. */
interface SteadyMemory extends Buffer {
  [PLACES]?: Places;
}

/** Memory of so many octets, outside the collector's heap, out of which `copyOctets` copies without making anything. */
export function steadyMemory(size: number): Buffer {
  return steady(Buffer.allocUnsafeSlow(size).fill(0));
}

/** The same of memory that is there already, and that may consist of parts of so many octets. */
export function steady(memory: Buffer, stride = memory.length): Buffer {
  const parts = Array.from({ length: Math.ceil(memory.length / stride) }, (): Place[] => []);
  (memory as SteadyMemory)[PLACES] = { stride, parts };
  return memory;
}

/**
 * As `from.copy(to, toAt, at, at + length)`, which makes a view of its source every time: a hundred octets for the
 * collector. What is copied out of steady memory, or within one memory, costs it nothing.
 */
export function copyOctets(
  from: Buffer,
  at: number,
  to: Buffer,
  toAt: number,
  length: number,
): void {
  if (from === to) {
    to.copyWithin(toAt, at, at + length);
    return;
  }
  const places = (from as SteadyMemory)[PLACES];
  if (places === undefined || length > LONGEST_VIEW) from.copy(to, toAt, at, at + length);
  else to.set(viewOf(from, places, at, length), toAt);
}

function viewOf(memory: Buffer, { stride, parts }: Places, at: number, length: number): Uint8Array {
  const places = parts[(at / stride) | 0]!;
  for (let i = 0; i < places.length; i++) {
    const place = places[i]!;
    if (place.at === at) return (place.views[length] ??= view(memory, at, length));
  }
  if (places.length < MOST_PLACES) places.push({ at, views: [] });
  return view(memory, at, length);
}

function view(memory: Buffer, at: number, length: number): Uint8Array {
  return new Uint8Array(memory.buffer, memory.byteOffset + at, length);
}

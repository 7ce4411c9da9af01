/**
 * Who has which port in the load. Parties and recorders share a few sockets, so that the load reads and
 * writes many datagrams with one system call and costs less than what it measures: relays see as many
 * streams, from as many ports of their own, as they would of parties that each had a socket.
 */
export const PARTY_SOCKETS = 16;
export const RECORDER_SOCKETS = 16;
/** Streams that follow one another and have the same socket, so that one system call sends them. */
const NEIGHBOURS = 16;

/** What the load has bound, by socket. */
export interface LoadPorts {
  readonly parties: readonly number[];
  readonly recorders: readonly number[];
  /** Takes everybody's RTCP. */
  readonly rtcp: number;
}

export interface CallPorts {
  readonly a: number;
  readonly b: number;
  readonly recorderA: number;
  readonly recorderB: number;
  readonly rtcp: number;
}

/** Streams are numbered call by call, caller first: more calls change nothing for those before. */
export function streamsOf(call: number): { readonly a: number; readonly b: number } {
  return { a: 2 * call, b: 2 * call + 1 };
}

export function isCallees(stream: number): boolean {
  return stream % 2 === 1;
}

export function partySocket(stream: number): number {
  return Math.floor(stream / NEIGHBOURS) % PARTY_SOCKETS;
}

/** How many of the streams from `first` on, `most` at the most, have its socket. */
export function neighbours(first: number, most: number): number {
  return Math.min(most, NEIGHBOURS - (first % NEIGHBOURS));
}

/** Of the calls from `from` to before `to`. */
export function planned(
  { parties, recorders, rtcp }: LoadPorts,
  from: number,
  to: number,
): CallPorts[] {
  return Array.from({ length: to - from }, (_, i) => {
    const { a, b } = streamsOf(from + i);
    return {
      a: parties[partySocket(a)]!,
      b: parties[partySocket(b)]!,
      recorderA: recorders[a % RECORDER_SOCKETS]!,
      recorderB: recorders[b % RECORDER_SOCKETS]!,
      rtcp,
    };
  });
}

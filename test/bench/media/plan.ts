/**
 * Who has which port in the load. Parties and recorders share a few sockets, so that the load reads and
 * writes many datagrams with one system call and costs less than what it measures: relays see as many
 * streams, from as many ports of their own, as they would of parties that each had a socket.
 */
export const PARTY_SOCKETS = 16;
export const RECORDER_SOCKETS = 16;
/** Nobody is there: where RTCP goes. */
export const DEAD_PORT = 9;

/** What the load has bound, by socket. */
export interface LoadPorts {
  readonly parties: readonly number[];
  readonly recorders: readonly number[];
}

export interface CallPorts {
  readonly a: number;
  readonly b: number;
  readonly recorderA: number;
  readonly recorderB: number;
}

/** Streams are numbered: those of all callers, then those of all callees. */
function streamsOf(call: number, calls: number): { a: number; b: number } {
  return { a: call, b: calls + call };
}

/** Streams that follow one another have the same socket, so that one system call sends them. */
export function partySocket(stream: number, calls: number): number {
  return Math.floor((stream * PARTY_SOCKETS) / (2 * calls));
}

/** Of each call. */
export function planned({ parties, recorders }: LoadPorts, calls: number): CallPorts[] {
  return Array.from({ length: calls }, (_, call) => {
    const { a, b } = streamsOf(call, calls);
    return {
      a: parties[partySocket(a, calls)]!,
      b: parties[partySocket(b, calls)]!,
      recorderA: recorders[(2 * call) % RECORDER_SOCKETS]!,
      recorderB: recorders[(2 * call + 1) % RECORDER_SOCKETS]!,
    };
  });
}

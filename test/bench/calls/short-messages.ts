/** What the caller's SIPp heard of its calls, from its trace of short messages. */
export interface Heard {
  readonly offered: number;
  /** Calls that were not answered 200 to INVITE and to BYE. */
  readonly failed: number;
  /** Of those, the ones that were turned away with 503. */
  readonly refused: number;
  /** Requests that the caller sent again, and responses that came again. */
  readonly repeated: number;
  /** From INVITE to 180 of each call that rang, in milliseconds, ascending. */
  readonly postDialDelaysMs: readonly number[];
}

interface Call {
  invitedAt?: number;
  ringing: boolean;
  answered: boolean;
  ended: boolean;
  refused: boolean;
  readonly said: Set<string>;
}

/** Lines of `date, time, seconds, S or R, Call-ID, CSeq, start line`, with tabs between. */
export function hear(trace: string, offered: number): Heard {
  const calls = new Map<string, Call>();
  const delays: number[] = [];
  let repeated = 0;
  for (const line of trace.split('\n')) {
    const [, , seconds, direction, callId, cseq, start] = line.split('\t');
    if (!callId || !cseq || !start) continue;
    const call = calls.get(callId) ?? newCall();
    calls.set(callId, call);
    // A provisional response may come twice with different words, and an ACK is sent for each 200.
    const said = `${direction} ${cseq} ${start}`;
    if (call.said.has(said)) repeated += 1;
    call.said.add(said);
    const atMs = Number(seconds) * 1000;
    if (start.startsWith('INVITE')) call.invitedAt ??= atMs;
    else if (start.startsWith('SIP/2.0 180') && !call.ringing) {
      call.ringing = true;
      if (call.invitedAt !== undefined) delays.push(atMs - call.invitedAt);
    } else if (start.startsWith('SIP/2.0 200')) {
      if (cseq.endsWith('INVITE')) call.answered = true;
      else call.ended = true;
    } else if (start.startsWith('SIP/2.0 503')) call.refused = true;
  }
  const all = [...calls.values()];
  const good = all.filter(({ answered, ended }) => answered && ended).length;
  return {
    offered,
    failed: offered - good,
    refused: all.filter(({ refused }) => refused).length,
    repeated,
    postDialDelaysMs: delays.sort((a, b) => a - b),
  };
}

function newCall(): Call {
  return { ringing: false, answered: false, ended: false, refused: false, said: new Set() };
}

/** Of ascending values; 0 < share < 1. */
export function quantile(values: readonly number[], share: number): number {
  return values[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN;
}

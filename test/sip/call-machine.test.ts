import fc from 'fast-check';
import { CallMachine } from '../../src/sip/call/machine';
import type { CallInput } from '../../src/sip/call/signals';

/** A call of `targets` targets, driven in virtual time; what it does is told as text. */
class World {
  readonly machine = new CallMachine({ ringMs: 30_000, setupMs: 100_000 });
  now = 0;

  constructor(targets: number) {
    this.started = this.feed({ kind: 'start', targets });
  }

  readonly started: string[];

  feed(input: CallInput): string[] {
    return this.machine.handle(input, this.now).map(told);
  }

  /** Fires every timer due within `ms`. */
  pass(ms: number): string[] {
    const until = this.now + ms;
    const outputs: string[] = [];
    for (let steps = 0; steps < 100; steps++) {
      const deadline = this.machine.nextDeadline();
      if (deadline === undefined || deadline > until) break;
      this.now = deadline;
      outputs.push(...this.machine.tick(deadline).map(told));
    }
    this.now = until;
    return outputs;
  }
}

function told(output: ReturnType<CallMachine['handle']>[number]): string {
  switch (output.kind) {
    case 'try':
      return `try ${output.attempt} at ${output.target}`;
    case 'cancel':
      return `cancel ${output.attempt} for ${output.why}`;
    case 'fail': {
      const { failure } = output;
      return failure.kind === 'response'
        ? `fail as ${failure.attempt}`
        : `fail ${failure.status ?? failure.fault}`;
    }
    case 'bye':
      return `bye ${output.side} for ${output.cause}`;
    case 'ended':
      return `ended by ${output.end.by} ${output.end.code ?? '-'}`;
    case 'settled':
      return 'settled';
    default:
      return `${output.kind} ${output.attempt}`;
  }
}

function talking(): World {
  const call = new World(1);
  call.feed({ kind: 'accepted', attempt: 0 });
  call.feed({ kind: 'caller-answered' });
  return call;
}

describe('a call', () => {
  it('is tried, relayed, answered and ended', () => {
    const call = new World(1);
    expect(call.started).toEqual(['try 0 at 0']);
    expect(call.feed({ kind: 'progress', attempt: 0 })).toEqual(['relay-progress 0']);
    expect(call.feed({ kind: 'accepted', attempt: 0 })).toEqual(['relay-answer 0']);
    expect(call.feed({ kind: 'caller-answered' })).toEqual(['connected 0']);
    expect(call.feed({ kind: 'dialog-ended', side: 'callee', by: 'peer' })).toEqual([
      'bye caller for peer',
      'ended by callee 200',
      'settled',
    ]);
    expect(call.machine.nextDeadline()).toBeUndefined();
  });

  it.each([408, 500, 503, 504])('goes on to the next target after a %i', (status) => {
    const call = new World(2);
    expect(call.feed({ kind: 'rejected', attempt: 0, status })).toEqual(['try 1 at 1']);
    expect(call.feed({ kind: 'rejected', attempt: 1, status })).toEqual([
      'fail as 1',
      'ended by callee -',
      'settled',
    ]);
  });

  it.each([302, 404, 407, 486, 487, 603])('passes a %i on without trying elsewhere', (status) => {
    const call = new World(2);
    expect(call.feed({ kind: 'rejected', attempt: 0, status })).toEqual([
      'fail as 0',
      'ended by callee -',
      'settled',
    ]);
  });

  it('tries the contacts of a redirection that it follows, before the other targets', () => {
    const call = new World(2);
    const alternatives = { from: 2, count: 2 };
    expect(call.feed({ kind: 'rejected', attempt: 0, status: 302, alternatives })).toEqual([
      'try 1 at 2',
    ]);
    expect(call.feed({ kind: 'rejected', attempt: 1, status: 503 })).toEqual(['try 2 at 3']);
    expect(call.feed({ kind: 'rejected', attempt: 2, status: 503 })).toEqual(['try 3 at 1']);
  });

  it('gives a target that does not answer up, and discards its answer when it comes late', () => {
    const call = new World(2);
    expect(call.pass(29_999)).toEqual([]);
    expect(call.pass(1)).toEqual(['cancel 0 for timeout', 'try 1 at 1']);
    expect(call.feed({ kind: 'accepted', attempt: 0 })).toEqual(['discard 0']);
    expect(call.feed({ kind: 'accepted', attempt: 1 })).toEqual(['relay-answer 1']);
  });

  it('fails with 408 when nobody answers in time, and waits for the last CANCEL to be answered', () => {
    const call = new World(1);
    expect(call.pass(30_000)).toEqual(['cancel 0 for timeout', 'fail 408', 'ended by us 408']);
    expect(call.feed({ kind: 'rejected', attempt: 0, status: 487 })).toEqual(['settled']);
    expect(call.pass(100_000)).toEqual([]);
  });

  it('fails in all when the targets together take too long', () => {
    const call = new World(9);
    const said = call.pass(100_000);
    expect(said.filter((one) => one.startsWith('try'))).toEqual([
      'try 1 at 1',
      'try 2 at 2',
      'try 3 at 3',
    ]);
    expect(said.slice(-3)).toEqual(['cancel 3 for timeout', 'fail 408', 'ended by us 408']);
  });

  it('is settled without the answer to a CANCEL that never comes', () => {
    const call = new World(1);
    call.feed({ kind: 'caller-cancelled' });
    expect(call.pass(2_000)).toEqual(['settled']);
    expect(call.feed({ kind: 'accepted', attempt: 0 })).toEqual(['discard 0']);
    expect(call.pass(100_000)).toEqual([]);
  });

  it('cancels the target when the caller cancels', () => {
    const call = new World(2);
    expect(call.feed({ kind: 'caller-cancelled' })).toEqual([
      'cancel 0 for caller',
      'ended by caller 487',
    ]);
    expect(call.feed({ kind: 'rejected', attempt: 0, status: 487 })).toEqual(['settled']);
  });

  it('discards the 200 that crosses the CANCEL', () => {
    const call = new World(1);
    call.feed({ kind: 'caller-cancelled' });
    expect(call.feed({ kind: 'accepted', attempt: 0 })).toEqual(['discard 0', 'settled']);
  });

  it('discards the callee when the caller goes away while the 200 is passed on', () => {
    const call = new World(1);
    call.feed({ kind: 'accepted', attempt: 0 });
    expect(call.feed({ kind: 'caller-cancelled' })).toEqual([
      'discard 0',
      'ended by caller 487',
      'settled',
    ]);
    expect(call.feed({ kind: 'caller-unreachable' })).toEqual([]);
  });

  it('ends the caller whose 200 left when the call was over already', () => {
    const call = new World(1);
    call.feed({ kind: 'accepted', attempt: 0 });
    call.feed({ kind: 'caller-cancelled' });
    expect(call.feed({ kind: 'caller-answered' })).toEqual(['bye caller for late']);
  });

  it('fails the caller when the callee hangs up before the 200 is passed on', () => {
    const call = new World(1);
    call.feed({ kind: 'accepted', attempt: 0 });
    expect(call.feed({ kind: 'dialog-ended', side: 'callee', by: 'peer' })).toEqual([
      'fail 480',
      'ended by callee 480',
      'settled',
    ]);
  });

  it('survives BYE from both sides at once', () => {
    const call = talking();
    call.feed({ kind: 'dialog-ended', side: 'caller', by: 'peer' });
    expect(call.feed({ kind: 'dialog-ended', side: 'callee', by: 'peer' })).toEqual([]);
  });

  it('ends both sides for a reason of ours', () => {
    expect(talking().feed({ kind: 'hang-up', fault: 'MEDIA_TIMEOUT' })).toEqual([
      'bye caller for MEDIA_TIMEOUT',
      'bye callee for MEDIA_TIMEOUT',
      'ended by us 200',
      'settled',
    ]);
    const ringing = new World(2);
    expect(ringing.feed({ kind: 'hang-up', fault: 'SHUTTING_DOWN' })).toEqual([
      'cancel 0 for us',
      'fail SHUTTING_DOWN',
      'ended by us 503',
    ]);
  });

  it('refuses the caller when the answer cannot be used', () => {
    const call = new World(2);
    call.feed({ kind: 'accepted', attempt: 0 });
    expect(call.feed({ kind: 'unusable', attempt: 0, fault: 'OFFER_NOT_UNDERSTOOD' })).toEqual([
      'discard 0',
      'fail OFFER_NOT_UNDERSTOOD',
      'ended by us 488',
      'settled',
    ]);
  });

  it('has nowhere to go without targets', () => {
    expect(new World(0).started).toEqual(['fail NO_ROUTE', 'ended by us 404', 'settled']);
  });

  it('answers the caller once, and ends and settles once, whatever comes in what order', () => {
    const attempt = fc.nat({ max: 3 });
    const input = fc.oneof(
      attempt.map((one): CallInput => ({ kind: 'progress', attempt: one })),
      attempt.map((one): CallInput => ({ kind: 'accepted', attempt: one })),
      fc
        .tuple(attempt, fc.constantFrom(302, 408, 486, 487, 503))
        .map(([one, status]): CallInput => ({ kind: 'rejected', attempt: one, status })),
      fc.constantFrom<CallInput>(
        { kind: 'caller-answered' },
        { kind: 'caller-cancelled' },
        { kind: 'caller-unreachable' },
        { kind: 'dialog-ended', side: 'caller', by: 'peer' },
        { kind: 'dialog-ended', side: 'callee', by: 'engine' },
        { kind: 'hang-up', fault: 'SHUTTING_DOWN' },
        { kind: 'unusable', attempt: 0, fault: 'PORTS_EXHAUSTED' },
      ),
      fc.constantFrom(1_000, 40_000),
    );
    fc.assert(
      fc.property(fc.array(input, { maxLength: 30 }), fc.nat({ max: 3 }), (inputs, targets) => {
        const call = new World(targets);
        const said = [...call.started];
        for (const one of inputs)
          said.push(...(typeof one === 'number' ? call.pass(one) : call.feed(one)));
        said.push(...call.feed({ kind: 'hang-up', fault: 'SHUTTING_DOWN' }), ...call.pass(200_000));
        const count = (prefix: string) => said.filter((one) => one.startsWith(prefix)).length;
        expect(count('ended')).toBe(1);
        expect(count('settled')).toBe(1);
        expect(count('fail')).toBeLessThanOrEqual(1);
        expect(call.machine.nextDeadline()).toBeUndefined();
      }),
    );
  });
});

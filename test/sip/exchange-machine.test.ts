import { type ExchangeInput, ExchangeMachine } from '../../src/sip/exchange/machine';

class World {
  readonly machine: ExchangeMachine;
  now = 0;

  constructor(random = 0.5, begun?: 'initial') {
    this.machine = new ExchangeMachine(() => random, begun);
  }

  feed(input: ExchangeInput): string[] {
    return this.machine.handle(input, this.now).map(told);
  }

  offer(id: number, from: 'caller' | 'callee', method: 'INVITE' | 'UPDATE' = 'INVITE'): string[] {
    return this.feed({ kind: 'offered', id, from, method });
  }

  answer(id: number, status: number): string[] {
    return this.feed({ kind: 'answered', id, status });
  }

  at(instant: number): string[] {
    this.now = instant;
    return this.machine.tick(instant).map(told);
  }
}

function told(output: ReturnType<ExchangeMachine['handle']>[number]): string {
  if (output.kind === 'tell') return `tell ${output.side}`;
  if (output.kind !== 'refuse') return `${output.kind} ${output.id}`;
  const after = output.retryAfterS === undefined ? '' : ` after ${output.retryAfterS}`;
  return `refuse ${output.id} ${output.status}${after}`;
}

describe('offers and answers of a call', () => {
  it('go from end to end, and the ACK with them', () => {
    const call = new World();
    expect(call.offer(1, 'caller')).toEqual(['relay 1']);
    expect(call.answer(1, 200)).toEqual(['pass 1']);
    expect(call.feed({ kind: 'confirmed', side: 'callee' })).toEqual([]);
    expect(call.feed({ kind: 'confirmed', side: 'caller' })).toEqual(['acknowledge 1']);
    expect(call.offer(2, 'callee', 'UPDATE')).toEqual(['relay 2']);
    expect(call.answer(2, 200)).toEqual(['pass 2']);
    expect(call.machine.state.kind).toBe('idle');
  });

  it('meet 491 from the other side, and 500 with Retry-After from the same side', () => {
    const call = new World(0.99);
    call.offer(1, 'caller');
    expect(call.offer(2, 'callee')).toEqual(['refuse 2 491']);
    expect(call.offer(3, 'caller', 'UPDATE')).toEqual(['refuse 3 500 after 10']);
  });

  it('wait for the ACK when they come before it', () => {
    const call = new World();
    call.offer(1, 'caller');
    call.answer(1, 200);
    expect(call.offer(2, 'callee')).toEqual([]);
    expect(call.feed({ kind: 'confirmed', side: 'caller' })).toEqual(['acknowledge 1', 'relay 2']);
  });

  it.each([
    ['caller', 0, 2_100],
    ['caller', 0.999, 4_000],
    ['callee', 0, 0],
    ['callee', 0.999, 2_000],
  ] as const)(
    'are tried again after a 491 when the %s asked (random %d: %i ms)',
    (side, random, after) => {
      const call = new World(random);
      call.offer(1, side);
      expect(call.answer(1, 491)).toEqual([]);
      expect(call.machine.nextDeadline()).toBe(after);
      expect(call.at(after)).toEqual(['relay 1']);
      expect(call.answer(1, 200)).toEqual(['pass 1']);
    },
  );

  it('pass the 491 on when trying again did not help', () => {
    const call = new World();
    call.offer(1, 'callee');
    for (const time of [1_000, 2_000]) {
      expect(call.answer(1, 491)).toEqual([]);
      call.at(call.machine.nextDeadline() ?? time);
    }
    expect(call.answer(1, 491)).toEqual(['pass 1']);
    expect(call.machine.state.kind).toBe('idle');
  });

  it('refuse the other side while one waits to be tried again', () => {
    const call = new World();
    call.offer(1, 'caller');
    call.answer(1, 491);
    expect(call.offer(2, 'callee')).toEqual(['refuse 2 491']);
  });

  it('are forgotten when the one who asked cancels before the next try', () => {
    const call = new World();
    call.offer(1, 'caller');
    call.answer(1, 491);
    call.feed({ kind: 'withdrawn', id: 1 });
    expect(call.machine.nextDeadline()).toBeUndefined();
    expect(call.offer(2, 'callee')).toEqual(['relay 2']);
  });

  it('wait for the first one of all, of the initial INVITE', () => {
    const call = new World(0, 'initial');
    expect(call.offer(1, 'callee', 'UPDATE')).toEqual(['refuse 1 491']);
    expect(call.offer(2, 'caller', 'UPDATE')).toEqual(['refuse 2 500 after 0']);
    call.feed({ kind: 'settled' });
    expect(call.offer(3, 'caller', 'UPDATE')).toEqual(['relay 3']);
  });

  it.each(['before the answer', 'with the answer'])(
    'wait for the ACK to the initial INVITE, which was settled %s',
    (when) => {
      const call = new World(0, 'initial');
      if (when === 'before the answer') call.feed({ kind: 'settled' });
      call.feed({ kind: 'accepted' });
      call.feed({ kind: 'settled' });
      expect(call.offer(1, 'callee')).toEqual([]);
      expect(call.offer(2, 'callee', 'UPDATE')).toEqual(['refuse 2 500 after 0']);
      expect(call.feed({ kind: 'confirmed', side: 'callee' })).toEqual([]);
      expect(call.feed({ kind: 'confirmed', side: 'caller' })).toEqual(['relay 1']);
    },
  );
});

describe('notices of the recording', () => {
  const notice = { kind: 'notice' } as const;
  const told = (side: 'caller' | 'callee', status = 200) =>
    ({ kind: 'told', side, status }) as const;

  it('go to both sides at once, and again when there is something else to tell', () => {
    const call = new World();
    expect(call.feed(notice)).toEqual(['tell caller', 'tell callee']);
    expect(call.feed(notice)).toEqual([]);
    expect(call.feed(notice)).toEqual([]);
    expect(call.feed(told('caller'))).toEqual([]);
    expect(call.feed(told('callee', 488))).toEqual(['tell caller', 'tell callee']);
    call.feed(told('caller'));
    expect(call.feed(told('callee'))).toEqual([]);
    expect(call.machine.state.kind).toBe('idle');
  });

  it.each([
    ['relayed', (call: World) => call.offer(1, 'caller')],
    [
      'waiting for its ACK',
      (call: World) => {
        call.offer(1, 'caller');
        call.answer(1, 200);
      },
    ],
  ])('wait for an exchange that is %s', (_, begin) => {
    const call = new World();
    begin(call);
    expect(call.feed(notice)).toEqual([]);
    call.answer(1, 200);
    expect(call.feed({ kind: 'confirmed', side: 'caller' })).toEqual([
      'acknowledge 1',
      'tell caller',
      'tell callee',
    ]);
  });

  it('let an offer that waits go first', () => {
    const call = new World();
    call.offer(1, 'caller');
    call.answer(1, 200);
    call.offer(2, 'callee', 'UPDATE');
    call.feed(notice);
    expect(call.feed({ kind: 'confirmed', side: 'caller' })).toEqual(['acknowledge 1', 'relay 2']);
    expect(call.answer(2, 200)).toEqual(['pass 2', 'tell caller', 'tell callee']);
  });

  it('make the other side’s offer wait, and one that crosses them meet 491', () => {
    const call = new World();
    call.feed(notice);
    call.feed(told('caller'));
    expect(call.offer(1, 'callee')).toEqual(['refuse 1 491']);
    expect(call.offer(2, 'caller')).toEqual([]);
    expect(call.offer(3, 'caller')).toEqual(['refuse 3 500 after 5']);
    expect(call.feed(told('callee'))).toEqual(['relay 2']);
  });

  it.each([
    ['caller', 0, 0],
    ['caller', 0.999, 2_000],
    ['callee', 0, 2_100],
    ['callee', 0.999, 4_000],
  ] as const)(
    'are told again after a 491 of the %s (random %d: %i ms), three times in all',
    (side, random, after) => {
      const call = new World(random);
      const other = side === 'caller' ? 'callee' : 'caller';
      call.feed(notice);
      call.feed(told(other));
      for (const tries of [1, 2]) {
        expect(call.feed(told(side, 491))).toEqual([]);
        expect(call.machine.nextDeadline()).toBe(call.now + after);
        expect(call.at(call.now + after)).toEqual([`tell ${side}`]);
        expect(tries).toBeLessThan(3);
      }
      expect(call.feed(told(side, 491))).toEqual([]);
      expect(call.machine.nextDeadline()).toBeUndefined();
    },
  );

  it('stay in their backoff when something else is to be told meanwhile', () => {
    const call = new World(0);
    call.feed(notice);
    call.feed(told('caller'));
    call.feed(told('callee', 491));
    expect(call.feed(notice)).toEqual(['tell caller']);
    expect(call.feed(told('caller'))).toEqual([]);
    expect(call.at(2_100)).toEqual(['tell callee']);
  });

  it('leave the way to others while they back off', () => {
    const call = new World(0);
    call.feed(notice);
    call.feed(told('caller'));
    call.feed(told('callee', 491));
    expect(call.offer(1, 'callee', 'UPDATE')).toEqual(['relay 1']);
    expect(call.at(2_100)).toEqual([]);
    expect(call.answer(1, 200)).toEqual(['pass 1', 'tell callee']);
  });
});

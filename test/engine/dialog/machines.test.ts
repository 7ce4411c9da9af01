import type { Machine } from '../../../src/core';
import {
  Accepted,
  OfferGate,
  ReliableProvisionals,
  ReliableSequence,
  SessionTimer,
} from '../../../src/engine/dialog';

/** Fires every timer up to an instant; says when and what. */
function run<Output extends { kind: string }>(
  machine: Machine<never, Output>,
  until: number,
): string[] {
  const happened: string[] = [];
  for (;;) {
    const deadline = machine.nextDeadline();
    if (deadline === undefined || deadline > until) return happened;
    for (const { kind } of machine.tick(deadline)) happened.push(`${deadline} ${kind}`);
  }
}

describe('a 2xx that waits for its ACK', () => {
  test('is repeated at T1 doubling to T2, and given up after 64·T1', () => {
    const accepted = new Accepted<string>(500, 4000);
    accepted.handle({ kind: 'sent', reply: '200' }, 0);
    expect(run(accepted as never, 40_000)).toEqual([
      '500 transmit',
      '1500 transmit',
      '3500 transmit',
      '7500 transmit',
      '11500 transmit',
      '15500 transmit',
      '19500 transmit',
      '23500 transmit',
      '27500 transmit',
      '31500 transmit',
      '32000 unacknowledged',
    ]);
    expect(accepted.pending).toBe(false);
  });

  test('is quiet once acknowledged', () => {
    const accepted = new Accepted<string>(500, 4000);
    accepted.handle({ kind: 'sent', reply: '200' }, 0);
    accepted.handle({ kind: 'acknowledged' }, 100);
    expect(accepted.nextDeadline()).toBeUndefined();
  });
});

describe('reliable provisional responses', () => {
  const machine = () => new ReliableProvisionals<string>(10, 500);

  test('are repeated at T1 doubling without a ceiling, and given up after 64·T1', () => {
    const it = machine();
    it.handle({ kind: 'send', rseq: it.nextRSeq(), reply: 'a' }, 0);
    expect(run(it as never, 40_000)).toEqual([
      '500 transmit',
      '1500 transmit',
      '3500 transmit',
      '7500 transmit',
      '15500 transmit',
      '31500 transmit',
      '32000 unacknowledged',
    ]);
  });

  test('count their numbers up by one', () => {
    const it = machine();
    expect([it.nextRSeq(), it.nextRSeq()]).toEqual([10, 11]);
  });

  test('wait for each other', () => {
    const it = machine();
    expect(it.handle({ kind: 'send', rseq: 10, reply: 'a' }, 0)).toHaveLength(1);
    expect(it.handle({ kind: 'send', rseq: 11, reply: 'b' }, 0)).toEqual([]);
    expect(it.handle({ kind: 'prack', rseq: 11 }, 1)).toEqual([]);
    expect(it.handle({ kind: 'prack', rseq: 10 }, 1)).toEqual([]);
    expect(it.nextDeadline()).toBeUndefined();
    expect(it.handle({ kind: 'prack-answered' }, 2)).toEqual([{ kind: 'transmit', reply: 'b' }]);
    expect(it.handle({ kind: 'prack', rseq: 11 }, 3)).toEqual([]);
    expect(it.pending).toBe(true);
    expect(it.handle({ kind: 'prack-answered' }, 4)).toEqual([{ kind: 'settled' }]);
    expect(it.pending).toBe(false);
  });

  test('are all forgotten at the final response', () => {
    const it = machine();
    it.handle({ kind: 'send', rseq: 10, reply: 'a' }, 0);
    it.handle({ kind: 'send', rseq: 11, reply: 'b' }, 0);
    it.handle({ kind: 'stop' }, 1);
    expect(it.nextDeadline()).toBeUndefined();
    expect(it.handle({ kind: 'prack', rseq: 10 }, 2)).toEqual([]);
  });

  test('do not queue without bound', () => {
    const it = machine();
    for (let n = 0; n < 33; n++) it.handle({ kind: 'send', rseq: 10 + n, reply: 'x' }, 0);
    expect(it.open).toBe(false);
  });

  test('received are taken in order, once each', () => {
    const sequence = new ReliableSequence();
    expect([5, 5, 7, 6, 7].map((rseq) => sequence.take(rseq))).toEqual([
      true,
      false,
      false,
      true,
      true,
    ]);
  });
});

describe('the session timer', () => {
  const timer = (refresher: 'us' | 'them', seconds = 90) => {
    const it = new SessionTimer();
    it.handle({ kind: 'session', session: { seconds, refresher } }, 0);
    return it;
  };

  test('asks for a refresh at half its interval, and ends a third or 32 s early', () => {
    expect(run(timer('us') as never, 100_000)).toEqual(['45000 refresh', '60000 expired']);
    expect(run(timer('us', 1800) as never, 2_000_000)).toEqual([
      '900000 refresh',
      '1768000 expired',
    ]);
  });

  test('only waits when the peer refreshes', () => {
    expect(run(timer('them') as never, 100_000)).toEqual(['60000 expired']);
  });

  test('begins again with each 2xx, and ends with one that says nothing of it', () => {
    const it = timer('us');
    it.handle({ kind: 'session', session: { seconds: 90, refresher: 'them' } }, 45_000);
    expect(run(it as never, 104_000)).toEqual([]);
    it.handle({ kind: 'session', session: undefined }, 104_000);
    expect(it.nextDeadline()).toBeUndefined();
  });

  test.each([408, 481])('gives up when a refresh gets %d', (status) => {
    expect(timer('us').handle({ kind: 'refresh-failed', status }, 45_000)).toEqual([
      { kind: 'expired' },
    ]);
  });

  test('tries again after another failure', () => {
    const it = timer('us');
    it.tick(45_000);
    it.handle({ kind: 'refresh-failed', status: 491 }, 45_100);
    expect(run(it as never, 50_000)).toEqual(['49100 refresh']);
  });

  test('of longer than a day is watched after a day', () => {
    const it = timer('them', 4_000_000_000);
    expect(it.nextDeadline()).toBeLessThan(2 ** 31);
  });
});

describe('offers and answers', () => {
  /** `local INVITE offer`, `remote UPDATE 200 body`, `ack` ... one step a line. */
  function gate(...steps: string[]): OfferGate {
    const it = new OfferGate();
    for (const step of steps) {
      const [by, method, what, body] = step.split(' ');
      if (by === 'ack') it.acknowledged();
      else if (what === 'offer' || what === undefined) {
        it.request(by as 'local', method as 'INVITE', what === 'offer');
      } else it.response(by as 'local', method as 'INVITE', Number(what), body === 'body');
    }
    return it;
  }

  test.each([
    ['nothing under way', [], undefined, undefined, undefined],
    ['our INVITE out', ['local INVITE offer'], 491, 491, undefined],
    ['our INVITE without offer out', ['local INVITE'], 491, undefined, undefined],
    [
      'our INVITE answered',
      ['local INVITE offer', 'local INVITE 200 body'],
      undefined,
      undefined,
      undefined,
    ],
    [
      'our INVITE refused',
      ['local INVITE offer', 'local INVITE 488'],
      undefined,
      undefined,
      undefined,
    ],
    [
      'our INVITE answered early',
      ['local INVITE offer', 'local INVITE 183 body'],
      491,
      undefined,
      undefined,
    ],
    ['our UPDATE with an offer out', ['local UPDATE offer'], 491, 491, undefined],
    ['our UPDATE without one out', ['local UPDATE'], undefined, undefined, undefined],
    ['their INVITE unanswered', ['remote INVITE offer'], 500, 500, undefined],
    [
      'their INVITE answered early',
      ['remote INVITE offer', 'remote INVITE 183 body'],
      500,
      undefined,
      undefined,
    ],
    ['their UPDATE unanswered', ['remote UPDATE offer'], 500, 500, 500],
    ['their empty UPDATE unanswered', ['remote UPDATE'], undefined, 500, 500],
    [
      'our offer in a 2xx, not acknowledged',
      ['remote INVITE', 'remote INVITE 200 body'],
      491,
      491,
      undefined,
    ],
    [
      'our offer in a 2xx, acknowledged',
      ['remote INVITE', 'remote INVITE 200 body', 'ack'],
      undefined,
      undefined,
      undefined,
    ],
    [
      'our early offer, answered in PRACK',
      ['remote INVITE', 'remote INVITE 183 body', 'remote PRACK offer', 'remote PRACK 200'],
      500,
      undefined,
      undefined,
    ],
    [
      'the 2xx repeating an early answer',
      ['local INVITE offer', 'local INVITE 183 body', 'local INVITE 200 body'],
      undefined,
      undefined,
      undefined,
    ],
    [
      'a second offer in PRACK, unanswered',
      ['local INVITE offer', 'local INVITE 183 body', 'local PRACK offer'],
      491,
      491,
      undefined,
    ],
  ])('with %s: re-INVITE %s%s', (_, steps, invite, update, emptyUpdate) => {
    const it = gate(...(steps as string[]));
    expect(it.admit('INVITE', true)?.status).toBe(invite);
    expect(it.admit('UPDATE', true)?.status).toBe(update);
    expect(it.admit('UPDATE', false)?.status).toBe(emptyUpdate);
  });

  test.each([
    ['nothing under way', [], true, true],
    ['our INVITE out', ['local INVITE offer'], false, false],
    ['their INVITE unanswered', ['remote INVITE'], false, true],
    ['their UPDATE with an offer unanswered', ['remote UPDATE offer'], false, false],
    ['our UPDATE out', ['local UPDATE'], true, false],
  ])('with %s we may or may not begin', (_, steps, invite, update) => {
    const it = gate(...(steps as string[]));
    expect(it.mayBegin('INVITE', true)).toBe(invite);
    expect(it.mayBegin('UPDATE', true)).toBe(update);
  });
});

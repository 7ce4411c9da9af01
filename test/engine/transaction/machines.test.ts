import { Client } from '../../../src/engine/transaction/client';
import { InviteClient } from '../../../src/engine/transaction/invite-client';
import { InviteServer } from '../../../src/engine/transaction/invite-server';
import type { ClientInput, ServerInput } from '../../../src/engine/transaction/machine';
import { Server } from '../../../src/engine/transaction/server';
import { DEFAULT_TIMERS } from '../../../src/engine/transaction/timers';
import { Rig, rows } from './golden';

function clientInput(word: string): ClientInput<string> {
  if (/^\d+$/.test(word)) return { kind: 'response', status: Number(word), response: word };
  if (word === 'start' || word === 'transport-failed' || word === 'cancelled') {
    return { kind: word };
  }
  throw new Error(word);
}

function serverInput(word: string): ServerInput<string, string> {
  if (/^\d+$/.test(word)) return { kind: 'respond', status: Number(word), reply: word };
  if (word === 'ack') return { kind: 'ack', request: word };
  if (word === 'retransmission' || word === 'transport-failed') return { kind: word };
  throw new Error(word);
}

const PATHS: Record<string, Record<string, string[]>> = {
  'INVITE client': {
    initial: [],
    calling: ['start'],
    proceeding: ['start', '180'],
    completed: ['start', '486'],
    accepted: ['start', '200'],
    terminated: ['start', 'transport-failed'],
  },
  client: {
    initial: [],
    trying: ['start'],
    proceeding: ['start', '100'],
    completed: ['start', '200'],
    terminated: ['start', 'transport-failed'],
  },
  'INVITE server': {
    proceeding: [],
    completed: ['486'],
    confirmed: ['486', 'ack'],
    accepted: ['200'],
    terminated: ['486', 'ack', 'I'],
  },
  server: {
    trying: [],
    proceeding: ['100'],
    completed: ['200'],
    terminated: ['200', 'J'],
  },
};

const TABLES: Record<string, string> = {
  'INVITE client': `
    initial    | start            | calling    | transmit
    initial    | 200              | initial    |
    initial    | transport-failed | initial    |
    calling    | start            | calling    |
    calling    | 100              | proceeding | report
    calling    | 200              | accepted   | report
    calling    | 486              | completed  | acknowledge report
    calling    | A                | calling    | transmit
    calling    | B                | terminated | timed-out terminated
    calling    | transport-failed | terminated | failed terminated
    calling    | cancelled        | calling    |
    proceeding | 180              | proceeding | report
    proceeding | 200              | accepted   | report
    proceeding | 302              | completed  | acknowledge report
    proceeding | cancelled        | proceeding |
    proceeding | transport-failed | proceeding |
    completed  | 180              | completed  |
    completed  | 200              | completed  |
    completed  | 486              | completed  | acknowledge
    completed  | D                | terminated | terminated
    completed  | transport-failed | terminated | terminated
    completed  | cancelled        | completed  |
    accepted   | 180              | accepted   |
    accepted   | 200              | accepted   | report
    accepted   | 486              | accepted   |
    accepted   | M                | terminated | terminated
    accepted   | transport-failed | accepted   |
    terminated | 200              | terminated |
    terminated | transport-failed | terminated |`,
  client: `
    initial    | start            | trying     | transmit
    initial    | 200              | initial    |
    initial    | transport-failed | initial    |
    trying     | start            | trying     |
    trying     | 100              | proceeding | report
    trying     | 200              | completed  | report
    trying     | 404              | completed  | report
    trying     | E                | trying     | transmit
    trying     | F                | terminated | timed-out terminated
    trying     | transport-failed | terminated | failed terminated
    trying     | cancelled        | trying     |
    proceeding | 183              | proceeding | report
    proceeding | 200              | completed  | report
    proceeding | E                | proceeding | transmit
    proceeding | F                | terminated | timed-out terminated
    proceeding | transport-failed | terminated | failed terminated
    completed  | 200              | completed  |
    completed  | K                | terminated | terminated
    completed  | transport-failed | completed  |
    terminated | 200              | terminated |`,
  'INVITE server': `
    proceeding | retransmission   | proceeding |
    proceeding | 100              | proceeding | transmit
    proceeding | 200              | accepted   | transmit
    proceeding | 486              | completed  | transmit
    proceeding | ack              | proceeding |
    proceeding | transport-failed | proceeding | failed
    completed  | retransmission   | completed  | transmit
    completed  | 200              | completed  |
    completed  | ack              | confirmed  |
    completed  | G                | completed  | transmit
    completed  | H                | terminated | unacknowledged terminated
    completed  | transport-failed | completed  | failed
    confirmed  | retransmission   | confirmed  |
    confirmed  | ack              | confirmed  |
    confirmed  | I                | terminated | terminated
    accepted   | retransmission   | accepted   |
    accepted   | ack              | accepted   | report-ack
    accepted   | 200              | accepted   | transmit
    accepted   | 180              | accepted   |
    accepted   | 486              | accepted   |
    accepted   | L                | terminated | terminated
    accepted   | transport-failed | accepted   | failed
    terminated | retransmission   | terminated |
    terminated | ack              | terminated |
    terminated | 200              | terminated |
    terminated | transport-failed | terminated |`,
  server: `
    trying     | retransmission   | trying     |
    trying     | 100              | proceeding | transmit
    trying     | 200              | completed  | transmit
    trying     | ack              | trying     |
    trying     | transport-failed | trying     | failed
    proceeding | retransmission   | proceeding | transmit
    proceeding | 183              | proceeding | transmit
    proceeding | 500              | completed  | transmit
    completed  | retransmission   | completed  | transmit
    completed  | 500              | completed  |
    completed  | J                | terminated | terminated
    completed  | transport-failed | completed  | failed
    terminated | retransmission   | terminated |
    terminated | 200              | terminated |
    terminated | transport-failed | terminated |`,
};

function rig(machine: string, reliable = false) {
  switch (machine) {
    case 'INVITE client':
      return new Rig(new InviteClient<string>(DEFAULT_TIMERS, reliable), clientInput);
    case 'client':
      return new Rig(new Client<string>(DEFAULT_TIMERS, reliable), clientInput);
    case 'INVITE server':
      return new Rig(new InviteServer<string, string>(DEFAULT_TIMERS, reliable), serverInput);
    default:
      return new Rig(new Server<string, string>(DEFAULT_TIMERS, reliable), serverInput);
  }
}

for (const [name, table] of Object.entries(TABLES)) {
  describe(`${name} transaction`, () => {
    for (const [state, input, next, outputs] of rows(table)) {
      test(`${state}, on ${input}: to ${next}${outputs && `, ${outputs}`}`, () => {
        const it = rig(name);
        for (const word of PATHS[name]![state]!) it.say(word);
        expect(it.machine.state).toBe(state);
        expect(it.say(input)).toBe(outputs);
        expect(it.machine.state).toBe(next);
      });
    }

    test('every state of the table can be reached and is left without a timer at its end', () => {
      for (const [state, path] of Object.entries(PATHS[name]!)) {
        const it = rig(name);
        for (const word of path) it.say(word);
        expect(it.machine.state).toBe(state);
        if (state === 'terminated') expect(it.machine.nextDeadline()).toBeUndefined();
        expect(it.machine.finished).toBe(state === 'terminated');
      }
    });
  });
}

/** Fires timers to the end and tells when the machine transmitted. */
function transmissions(it: ReturnType<typeof rig>): number[] {
  const times: number[] = [];
  while (it.machine.nextDeadline() !== undefined) {
    if (it.say('timer').includes('transmit')) times.push(it.now);
  }
  return times;
}

describe('timers', () => {
  test('INVITE is repeated at T1 doubling until 64·T1', () => {
    const it = rig('INVITE client');
    it.say('start');
    expect(transmissions(it)).toEqual([500, 1500, 3500, 7500, 15_500, 31_500]);
    expect(it.now).toBe(32_000);
  });

  test('another request is repeated at T1 doubling up to T2, and at T2 after a provisional', () => {
    const it = rig('client');
    it.say('start');
    expect(transmissions(it).slice(0, 6)).toEqual([500, 1500, 3500, 7500, 11_500, 15_500]);
    const other = rig('client');
    other.say('start');
    other.say('100');
    expect(transmissions(other).slice(0, 3)).toEqual([500, 4500, 8500]);
  });

  test('a final response to INVITE is repeated at T1 doubling up to T2 until 64·T1', () => {
    const it = rig('INVITE server');
    it.say('486');
    expect(transmissions(it)).toEqual([
      500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500,
    ]);
  });

  test('a stream transport repeats nothing and absorbs nothing', () => {
    for (const [name, path] of [
      ['INVITE client', ['start', '486']],
      ['client', ['start', '200']],
      ['INVITE server', ['486', 'ack']],
      ['server', ['200']],
    ] as const) {
      const it = rig(name, true);
      for (const word of path) it.say(word);
      expect(it.machine.state).toBe('terminated');
    }
    const calling = rig('INVITE client', true);
    calling.say('start');
    expect(transmissions(calling)).toEqual([]);
    expect(calling.now).toBe(32_000);
  });

  test('an accepted INVITE lives 64·T1 on a stream too', () => {
    for (const name of ['INVITE client', 'INVITE server']) {
      const it = rig(name, true);
      if (name === 'INVITE client') it.say('start');
      it.say('200');
      expect(it.machine.nextDeadline()).toBe(32_000);
    }
  });

  test('a cancelled INVITE waits 64·T1 for its final response', () => {
    const it = rig('INVITE client');
    it.say('start');
    it.say('180');
    expect(it.machine.nextDeadline()).toBeUndefined();
    it.say('cancelled');
    expect(it.say('cancel-wait')).toBe('timed-out terminated');
    expect(it.now).toBe(32_000);
  });

  test('a retransmitted INVITE gets the last provisional', () => {
    const it = rig('INVITE server');
    it.say('100');
    it.say('183');
    expect(it.machine.handle({ kind: 'retransmission' } as never, 0)).toEqual([
      { kind: 'transmit', reply: '183' },
    ]);
  });
});

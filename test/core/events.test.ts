import { Events } from '../../src/core';

type Happenings = { started: number; ended: string };

describe('events', () => {
  it('reach every listener, in the order they began to listen', () => {
    const events = new Events<Happenings>();
    const heard: string[] = [];
    events.on('started', (at) => heard.push(`first ${at}`));
    events.on('started', (at) => heard.push(`second ${at}`));
    events.on('ended', (why) => heard.push(why));
    events.emit('started', 3);
    expect(heard).toEqual(['first 3', 'second 3']);
  });

  it('reach nobody who stopped listening, or who wanted but one', () => {
    const events = new Events<Happenings>();
    const heard: string[] = [];
    const off = events.on('started', () => heard.push('on'));
    events.once('started', () => heard.push('once'));
    events.emit('started', 1);
    off();
    off();
    events.emit('started', 2);
    expect(heard).toEqual(['on', 'once']);
  });

  it('reach those who listened when it happened, though listeners come and go meanwhile', () => {
    const events = new Events<Happenings>();
    const heard: string[] = [];
    events.on('started', () => {
      heard.push('first');
      events.on('started', () => heard.push('late'));
    });
    const off = events.on('started', () => heard.push('second'));
    events.once('started', () => off());
    events.emit('started', 1);
    expect(heard).toEqual(['first', 'second']);
  });

  it('a listener that throws is reported, and harms neither the others nor the one who emits', () => {
    const reported: string[] = [];
    const events = new Events<Happenings>((error, event) => {
      reported.push(`${event}: ${(error as Error).message}`);
    });
    const heard: number[] = [];
    events.on('started', () => {
      throw new Error('a bug');
    });
    events.on('started', (at) => heard.push(at));
    expect(() => events.emit('started', 5)).not.toThrow();
    expect(heard).toEqual([5]);
    expect(reported).toEqual(['started: a bug']);
  });

  it('without anyone to report to, the error surfaces outside the stack of the one who emits', () => {
    const postponed: Array<() => void> = [];
    const queue = jest.spyOn(globalThis, 'queueMicrotask').mockImplementation((task) => {
      postponed.push(task);
    });
    try {
      const events = new Events<Happenings>();
      events.on('ended', () => {
        throw new Error('a bug');
      });
      events.emit('ended', 'bye');
      expect(postponed).toHaveLength(1);
      expect(postponed[0]).toThrow('a bug');
    } finally {
      queue.mockRestore();
    }
  });

  it('nobody listening is fine', () => {
    expect(() => new Events<Happenings>().emit('ended', 'bye')).not.toThrow();
  });
});

import { createLog } from '../../../src/core';
import type { PlaneEvent } from '../../../src/media';
import { Seat, type SeatLink } from '../../../src/media/relay/seat';
import type { LinkOwner } from '../../../src/media/relay/worker-link';
import { VirtualClock } from '../../support/virtual-clock';

/** A worker that lives and dies as it is told. */
class FakeLink implements SeatLink {
  alive = true;
  closed = false;
  readonly kernelDrops = undefined;

  constructor(private readonly owner: LinkOwner) {}

  runs(): void {
    this.owner.onReady({
      kind: 'ready',
      backend: 'epoll',
      because: undefined,
      precedence: 'none',
    });
  }

  dies(): void {
    this.alive = false;
    this.owner.onDeath('a bug');
  }

  ask(): Promise<never> {
    return new Promise(() => {});
  }

  tell(): void {}

  async close(): Promise<void> {
    this.alive = false;
    this.closed = true;
  }
}

function furnished() {
  const clock = new VirtualClock();
  const links: FakeLink[] = [];
  const events: PlaneEvent[] = [];
  const lines: Record<string, unknown>[] = [];
  const seat = new Seat({
    birth: {
      backend: 'epoll',
      ports: { min: 10_000, max: 10_099 },
      quarantineMs: 0,
      rtpTimeoutMs: 1,
      rtpHoldTimeoutMs: 1,
      forkBufferMs: 1,
      forkBufferOctets: 1,
      batchForks: false,
    },
    emit: (event) => events.push(event),
    clock,
    log: createLog('info', { write: (line) => lines.push(JSON.parse(line)) }),
    spawn: (_birth, owner) => {
      const link = new FakeLink(owner);
      links.push(link);
      return link;
    },
  });
  const newest = () => links.at(-1)!;
  /** When the next worker is born, after the death of this one now. */
  const pause = (): number => {
    const [born, died] = [links.length, clock.now()];
    newest().dies();
    while (links.length === born) clock.advance(1);
    return clock.now() - died;
  };
  return { clock, links, events, lines, seat, newest, pause };
}

describe('the seat of a media worker', () => {
  it('waits longer after each death of a worker that does not live, up to half a minute', () => {
    const { pause } = furnished();
    const pauses = Array.from({ length: 11 }, pause);
    expect(pauses).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
  });

  it('waits no longer than the first time after the death of one that has lived a minute', () => {
    const { clock, newest, pause } = furnished();
    pause();
    pause();
    newest().runs();
    clock.advance(59_999);
    expect(pause()).toBe(400);
    clock.advance(60_000);
    expect(pause()).toBe(100);
    expect(pause()).toBe(200);
  });

  it('tells each death by one event, with what it cost and when the next is born', () => {
    const { newest, lines, events, seat, pause } = furnished();
    newest().runs();
    seat.enter('one');
    seat.enter('two');
    seat.enter('two');
    pause();
    pause();
    expect(lines.filter(({ msg }) => msg === 'media-worker-lost')).toMatchObject([
      { reason: 'a bug', calls: 2, deaths: 1, againInMs: 100 },
      { reason: 'a bug', calls: 0, deaths: 2, againInMs: 200 },
    ]);
    expect(events).toEqual([{ kind: 'worker-lost', callIds: ['one', 'two'] }]);
    expect([seat.lines, seat.deaths]).toEqual([0, 2]);
  });

  it('runs from when its worker says so until its death', () => {
    const { newest, seat, pause } = furnished();
    expect(seat.runs).toBe(false);
    newest().runs();
    expect(seat.runs).toBe(true);
    pause();
    expect(seat.runs).toBe(false);
    newest().runs();
    expect(seat.runs).toBe(true);
  });

  it('stays empty once it is closed, whatever it waited for', async () => {
    const { clock, links, newest, seat } = furnished();
    newest().dies();
    await seat.close();
    clock.advance(3_600_000);
    expect(links).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });
});

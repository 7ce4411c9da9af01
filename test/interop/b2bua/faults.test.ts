import { Fault } from '../../../src/core';
import type { Fork, MediaLine, MediaPlane, PlaneEvent } from '../../../src/media';
import { House } from './house';
import { instead } from './instead';
import { audio, Party } from './party';

/** A plane whose n-th answer is a failure; every call of it, and of its lines and forks, counts. */
class FaultyPlane implements MediaPlane {
  asked = 0;
  readonly #listeners: Array<(event: PlaneEvent) => void> = [];

  constructor(
    private readonly plane: MediaPlane,
    private readonly failing: number,
  ) {}

  async open(options: Parameters<MediaPlane['open']>[0]): Promise<MediaLine> {
    this.#count();
    return this.#line(await this.plane.open(options));
  }

  onEvent(listener: (event: PlaneEvent) => void): () => void {
    this.#listeners.push(listener);
    return this.plane.onEvent(listener);
  }

  say(event: PlaneEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  usage() {
    return this.plane.usage();
  }

  close() {
    return this.plane.close();
  }

  #line(line: MediaLine): MediaLine {
    return instead(line, {
      fork: async (side, options) => {
        this.#count();
        return this.#fork(await line.fork(side, options));
      },
      play: (side, program) => line.play(side, program),
      stats: async () => {
        this.#count();
        return line.stats();
      },
      close: async () => {
        const stats = await line.close();
        this.#count();
        return stats;
      },
    });
  }

  #fork(fork: Fork): Fork {
    return instead(fork, {
      close: async () => {
        const stats = await fork.close();
        this.#count();
        return stats;
      },
    });
  }

  #count(): void {
    this.asked += 1;
    if (this.asked === this.failing) throw new Fault('PORTS_EXHAUSTED');
  }
}

describe('a recorded call on a failing media plane', () => {
  let alice: Party;
  let bob: Party;
  let house: House;
  let plane: FaultyPlane;

  beforeEach(async () => {
    [alice, bob] = await Promise.all([Party.open(), Party.open()]);
  });

  afterEach(async () => {
    await house.close();
    await Promise.all([alice.close(), bob.close()]);
  });

  async function open(failing: number): Promise<string> {
    house = await House.open({
      targets: [bob.place],
      users: [{ aor: 'sip:bob@127.0.0.1', mode: 'always' }],
      recordings: {
        start: () => {
          throw new Error('a bug in a recorder');
        },
      },
      between: (real) => {
        plane = new FaultyPlane(real, failing);
        return plane;
      },
    });
    return `sip:bob@127.0.0.1:${house.port('udp')}`;
  }

  it.each([1, 2, 3, 4, 5, 6])('ends in order when its call number %i fails', async (failing) => {
    const through = await open(failing);
    const outgoing = alice.agent.invite({ uri: through, body: audio() });
    const ringing = bob.nextCall().then((incoming) => incoming.accept({ body: audio() }));
    const final = await outgoing.final;
    if (final.kind === 'accepted') {
      final.ack();
      (await ringing).onReinvite = (request) => void request.respond(200, { body: audio() });
      const change = await final.dialog.reinvite({ body: audio('sendonly', 2) });
      if (change.kind === 'accepted') change.ack();
      await final.dialog.bye();
    } else {
      expect([failing, final.response.status]).toEqual([1, 503]);
    }
    await house.empty();
    expect(house.records).toHaveLength(1);
    const recorded = final.kind === 'accepted' ? [{ recorded: 'not' }] : [];
    expect(house.records[0]!.recordings).toMatchObject(recorded);
    expect([alice.dialogs, bob.dialogs]).toEqual([0, 0]);
  });

  it('ends when the worker that carries it dies', async () => {
    const through = await open(0);
    const outgoing = alice.agent.invite({ uri: through, body: audio() });
    await (await bob.nextCall()).accept({ body: audio() });
    const final = await outgoing.final;
    if (final.kind !== 'accepted') throw new Error('refused');
    final.ack();
    const ended = new Promise((resolve) => {
      final.dialog.onEnd = resolve;
    });
    const [call] = house.b2bua.calls();
    plane.say({ kind: 'worker-lost', callIds: [call!.id, 'another'] });
    await ended;
    await house.empty();
    expect(house.records[0]!.end).toMatchObject({ by: 'us', fault: 'MEDIA_WORKER_LOST' });
  });
});

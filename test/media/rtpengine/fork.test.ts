import type { Endpoint } from '../../../src/media';
import { type NgSocket, UdpNgSocket } from '../../../src/media/rtpengine/ng';
import type { Party } from '../support/party';
import { Stage, until } from './stage';

const BIND = { bind: '127.0.0.1' };

function octets({ rtp }: Party): number[] {
  return rtp.received.map(({ bytes }) => bytes[12]!);
}

function say(party: Party, to: Endpoint, octet: number): Buffer {
  return party.speak(to, { payload: Buffer.alloc(160, octet) });
}

/** A packet a millisecond, each with the octet of the moment. */
class Stream {
  octet = 1;
  readonly #timer: NodeJS.Timeout;

  constructor(party: Party, to: Endpoint) {
    this.#timer = setInterval(() => say(party, to, this.octet), 1);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

describe('a fork in rtpengine', () => {
  let stage: Stage;
  let stream: Stream | undefined;
  afterEach(async () => {
    stream?.stop();
    await stage.close();
  });

  test('copies what one side sends, as it is, from the port it has named', async () => {
    stage = await Stage.open();
    const { line, caller, callee } = await stage.call();
    const recorder = await stage.party();
    const fork = await line.fork('b', BIND);
    fork.start(recorder.endpoint);
    await fork.stats();
    await until('the copy flows', () => {
      say(callee, line.local.b, 1);
      return recorder.rtp.received.length > 0;
    });
    const sent = say(callee, line.local.b, 2);
    await until('the last word is copied', () => octets(recorder).includes(2));
    const { bytes, from } = recorder.rtp.received.at(-1)!;
    expect(bytes).toEqual(sent);
    expect(from.port).toBe(fork.local.rtpPort);
    say(caller, line.local.a, 66);
    await until('the caller is heard', () => octets(callee).includes(66));
    expect(octets(recorder)).not.toContain(66);
  });

  test('keeps each side apart, and both at the same recorder', async () => {
    stage = await Stage.open();
    const { line, caller, callee } = await stage.call();
    const [one, two] = [await stage.party(), await stage.party()];
    const forks = await Promise.all([line.fork('a', BIND), line.fork('b', BIND)]);
    forks[0].start(one.endpoint);
    forks[1].start(two.endpoint);
    await until('both copies flow', () => {
      say(caller, line.local.a, 1);
      say(callee, line.local.b, 2);
      return one.rtp.received.length > 2 && two.rtp.received.length > 2;
    });
    expect(new Set(octets(one))).toEqual(new Set([1]));
    expect(new Set(octets(two))).toEqual(new Set([2]));
    expect(await stage.plane.usage()).toMatchObject({ lines: 1, forks: 2, portsInUse: 8 });
  });

  test('says how much of the beginning it could not keep', async () => {
    stage = await Stage.open();
    const { line, caller, callee } = await stage.call();
    const recorder = await stage.party();
    const fork = await line.fork('a', BIND);
    for (const octet of [1, 2, 3]) {
      say(caller, line.local.a, octet);
      await callee.rtp.next();
    }
    fork.start(recorder.endpoint);
    await fork.stats();
    for (const octet of [4, 5]) {
      say(caller, line.local.a, octet);
      await recorder.rtp.next();
    }
    expect(octets(recorder)).toEqual([4, 5]);
    expect(await fork.stats()).toMatchObject({ packets: 2, octets: 344, dropped: 3 });
  });

  test('lets not one packet through once it has paused, while the call goes on', async () => {
    stage = await Stage.open();
    const { line, caller, callee } = await stage.call();
    const recorder = await stage.party();
    const fork = await line.fork('a', BIND);
    fork.start(recorder.endpoint);
    stream = new Stream(caller, line.local.a);
    for (let round = 0; round < 20; round++) {
      const [open, shut] = [10 + 2 * round, 11 + 2 * round];
      stream.octet = open;
      await until('the copy flows', () => octets(recorder).includes(open));
      await fork.pause();
      stream.octet = shut;
      await until(
        'the call goes on',
        () => octets(callee).filter((one) => one === shut).length > 20,
      );
      expect(octets(recorder)).not.toContain(shut);
      // What has been said of the line meanwhile opens no gate.
      if (round % 4 === 0) line.describe({ clockRates: { 0: 8000, [96 + round]: 8000 } });
      const port = recorder.rtp.received.at(-1)!.from.port;
      expect(port).toBe(fork.local.rtpPort);
      stream.octet = 1;
      await until('the secret is over', () => octets(callee).at(-1) === 1);
      fork.resume();
    }
    const heard = octets(recorder);
    for (let round = 0; round < 20; round++) expect(heard).not.toContain(11 + 2 * round);
  });

  test('is shut before it has ever flowed, and then has nothing to say of the paused time', async () => {
    stage = await Stage.open();
    const { line, caller, callee } = await stage.call();
    const recorder = await stage.party();
    const fork = await line.fork('a', BIND);
    await fork.pause();
    fork.start(recorder.endpoint);
    for (const octet of [1, 2]) {
      say(caller, line.local.a, octet);
      await callee.rtp.next();
    }
    expect(await fork.stats()).toMatchObject({ packets: 0, dropped: 0 });
    fork.resume();
    await until('the copy flows', () => {
      say(caller, line.local.a, 3);
      return recorder.rtp.received.length > 0;
    });
    expect(octets(recorder)).not.toContain(2);
  });

  test('has not paused while rtpengine has not said so', async () => {
    const wires: DeafWire[] = [];
    stage = await Stage.open({
      timeoutMs: 300,
      socket: (address) => {
        wires.push(new DeafWire(new UdpNgSocket(address)));
        return wires.at(-1)!;
      },
    });
    const { line, caller } = await stage.call();
    const recorder = await stage.party();
    const fork = await line.fork('a', BIND);
    fork.start(recorder.endpoint);
    await fork.stats();
    stream = new Stream(caller, line.local.a);
    await until('the copy flows', () => recorder.rtp.received.length > 0);
    for (const wire of wires) wire.deaf = true;
    let paused = false;
    const pausing = fork.pause().then(() => {
      paused = true;
    });
    const heard = recorder.rtp.received.length;
    await until('the command is lost, and lost again', () => wires[0]!.lost > 4);
    expect(paused).toBe(false);
    expect(recorder.rtp.received.length).toBeGreaterThan(heard);
    for (const wire of wires) wire.deaf = false;
    await pausing;
    stream.octet = 99;
    await until('the party goes on', async () => {
      const { packets } = (await line.stats()).a;
      return packets > heard + 200;
    });
    expect(octets(recorder)).not.toContain(99);
  });

  test('moves to another recorder in mid-stream', async () => {
    stage = await Stage.open();
    const { line, caller } = await stage.call();
    const [one, two] = [await stage.party(), await stage.party()];
    const fork = await line.fork('a', BIND);
    fork.start(one.endpoint);
    stream = new Stream(caller, line.local.a);
    await until('the first hears', () => one.rtp.received.length > 0);
    fork.start(two.endpoint);
    await until('the second hears', () => two.rtp.received.length > 0);
    stream.octet = 2;
    await until('the second hears on', () => octets(two).includes(2));
    expect(octets(one)).not.toContain(2);
    expect(two.rtp.received[0]!.from.port).toBe(fork.local.rtpPort);
  });

  test('has no memory for what is said between two recorders, and says how much it is', async () => {
    stage = await Stage.open();
    const { line, caller, callee } = await stage.call();
    const [one, two] = [await stage.party(), await stage.party()];
    const fork = await line.fork('a', BIND);
    fork.start(one.endpoint);
    await fork.stats();
    say(caller, line.local.a, 1);
    await Promise.all([one.rtp.next(), callee.rtp.next()]);
    fork.keep();
    await fork.stats();
    await until('it is shut', async () => {
      const before = octets(one).length;
      say(caller, line.local.a, 2);
      await callee.rtp.next();
      return octets(one).length === before;
    });
    const { dropped } = await fork.stats();
    expect(dropped).toBeGreaterThan(0);
    fork.start(two.endpoint);
    await until('the second hears', () => {
      say(caller, line.local.a, 3);
      return octets(two).includes(3);
    });
    expect(octets(two)).not.toContain(2);
    expect(two.rtp.received[0]!.from.port).toBe(fork.local.rtpPort);
  });

  test.each([false, true])(
    'sends nothing to a recorder that is gone when another one follows; paused meanwhile: %s',
    async (pauses) => {
      stage = await Stage.open();
      const { line, caller, callee } = await stage.call();
      const fork = await line.fork('a', BIND);
      stream = new Stream(caller, line.local.a);
      let before = await stage.party();
      fork.start(before.endpoint);
      for (let octet = 2; octet < 22; octet++) {
        await until('the one before hears', () => octets(before).length > 0);
        if (pauses) await fork.pause();
        fork.keep();
        await until('it is shut', async () => {
          const [heard, said] = [octets(before).length, octets(callee).length];
          await until('the call goes on', () => octets(callee).length > said + 5);
          return octets(before).length === heard;
        });
        stream.octet = octet;
        await until('the call goes on', () => octets(callee).includes(octet));
        const next = await stage.party();
        fork.start(next.endpoint);
        if (pauses) fork.resume();
        await until('the next hears', () => octets(next).length > 0);
        expect(octets(before)).not.toContain(octet);
        before = next;
      }
    },
  );

  test('goes on when its line is negotiated anew', async () => {
    stage = await Stage.open();
    const { line, caller, callee } = await stage.call();
    const recorder = await stage.party();
    const fork = await line.fork('a', BIND);
    fork.start(recorder.endpoint);
    await fork.stats();
    line.expect('b', undefined);
    line.describe({ clockRates: { 8: 8000, 101: 8000 } });
    await line.stats();
    for (const octet of [1, 2, 3]) {
      say(caller, line.local.a, octet);
      await recorder.rtp.next();
    }
    expect(octets(recorder)).toEqual([1, 2, 3]);
    expect(octets(callee)).toEqual([]);
  });

  test('ends with nothing more sent, by itself or with its line', async () => {
    stage = await Stage.open();
    const { line, caller, callee } = await stage.call();
    const [one, two] = [await stage.party(), await stage.party()];
    const [first, second] = [await line.fork('a', BIND), await line.fork('a', BIND)];
    first.start(one.endpoint);
    second.start(two.endpoint);
    await Promise.all([first.stats(), second.stats()]);
    say(caller, line.local.a, 1);
    await Promise.all([one.rtp.next(), two.rtp.next(), callee.rtp.next()]);
    expect(await first.close()).toMatchObject({ packets: 1, dropped: 0 });
    say(caller, line.local.a, 2);
    await Promise.all([two.rtp.next(), callee.rtp.next()]);
    expect(octets(one)).toEqual([1]);
    await line.close();
    expect(await second.close()).toMatchObject({ packets: 2 });
    expect(await second.stats()).toMatchObject({ packets: 2 });
    expect(await stage.plane.usage()).toMatchObject({ forks: 0, packetsForked: 3 });
  });
});

/** A way to a node that loses what shuts gates. */
class DeafWire implements NgSocket {
  deaf = false;
  lost = 0;
  onMessage: (bytes: Buffer) => void = () => {};
  onRefused: (why: string) => void = () => {};

  constructor(private readonly wire: NgSocket) {
    wire.onMessage = (bytes) => this.onMessage(bytes);
    wire.onRefused = (why) => this.onRefused(why);
  }

  send(bytes: Buffer): void {
    const shuts = bytes.includes('11:unsubscribe') || bytes.includes('16:subscribe answer');
    if (this.deaf && shuts) this.lost += 1;
    else this.wire.send(bytes);
  }

  close(): void {
    this.wire.close();
  }
}

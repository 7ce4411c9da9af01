import { createSocket, Socket } from 'node:dgram';
import { Fault } from '../../../src/core';
import { createRelayPlane } from '../../../src/media';
import { socketAddress } from '../../../src/media/relay/address';
import { Agenda } from '../../../src/media/relay/agenda';
import { BugReport } from '../../../src/media/relay/bug-report';
import type { CarrierOf } from '../../../src/media/relay/carrier';
import type { DatagramSink, DatagramSocket, SocketSet } from '../../../src/media/relay/datagram';
import { DgramSockets } from '../../../src/media/relay/dgram-sockets';
import { EpollCarrier } from '../../../src/media/relay/epoll-carrier';
import { Fork } from '../../../src/media/relay/fork';
import { ForkReports } from '../../../src/media/relay/fork-reports';
import { KeptMemory } from '../../../src/media/relay/kept-memory';
import { KernelSockets } from '../../../src/media/relay/kernel-sockets';
import { loadLibc } from '../../../src/media/relay/libc';
import { Lifeline } from '../../../src/media/relay/lifeline';
import type { Pacing } from '../../../src/media/relay/pace';
import { PacketQueue } from '../../../src/media/relay/packet-queue';
import { type PortPair, PortPairs } from '../../../src/media/relay/port-pairs';
import { PortRange } from '../../../src/media/relay/port-range';
import { RingCarrier } from '../../../src/media/relay/ring-carrier';
import { timedAgenda } from '../../../src/media/relay/timed-agenda';
import { captureLog } from '../../support/captured-log';
import { freeRange } from '../../support/ports';
import { hasRings, ringRefusal } from '../../support/rings';
import { Party } from '../support/party';

/** A backend in this thread: `run` moves datagrams until `done` says so. */
interface Backend {
  readonly sockets: SocketSet;
  readonly bugs: unknown[];
  run(done: () => boolean): Promise<void>;
}

const PATIENCE_MS = 20_000;

/** What the kernel backend holds when a test is over. */
const lifelines: Lifeline[] = [];

afterEach(() => {
  for (const lifeline of lifelines.splice(0)) lifeline.closeLeftovers();
});

const CARRIERS: Array<[string, CarrierOf]> = [['epoll', EpollCarrier.on]];
if (hasRings()) {
  CARRIERS.push(['io_uring', RingCarrier.on], ['io_uring as on Linux 6.1', RingCarrier.napping]);
}

function kernel(
  carrierOf: CarrierOf,
  slots = 8,
  libc = loadLibc(),
  pace?: Pacing,
): Backend & { readonly sockets: KernelSockets } {
  const bugs: unknown[] = [];
  const lifeline = Lifeline.forSlots(slots);
  lifelines.push(lifeline);
  const onBug = (error: unknown): void => void bugs.push(error);
  const sockets = new KernelSockets(libc, lifeline, onBug, carrierOf, pace);
  return {
    sockets,
    bugs,
    async run(done) {
      const agenda = new Agenda((error) => bugs.push(error));
      const until = performance.now() + PATIENCE_MS;
      const look = (): void => {
        if (done() || performance.now() > until) sockets.stop();
        else agenda.at(performance.now() + 1, look);
      };
      look();
      sockets.run(agenda, () => {});
    },
  };
}

function dgram(): Backend {
  const bugs: unknown[] = [];
  const sockets = new DgramSockets((error) => bugs.push(error));
  return {
    sockets,
    bugs,
    async run(done) {
      const until = performance.now() + PATIENCE_MS;
      while (!done() && performance.now() < until) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    },
  };
}

function open(sockets: SocketSet, port: number, sink: DatagramSink, address = '127.0.0.1') {
  return new Promise<DatagramSocket>((resolve, reject) => {
    sockets.open(address, port, sink, (socket, refusal) =>
      socket ? resolve(socket) : reject(new Error(refusal)),
    );
  });
}

const deaf: DatagramSink = { onDatagram() {} };

/** Notes a datagram that was heard, or refused, as text. */
function noting(texts: string[]) {
  return (bytes: Buffer, offset: number, length: number): void => {
    texts.push(bytes.toString('latin1', offset, offset + length));
  };
}

/** So many sockets, and what each has heard by its port. */
async function openMany(sockets: SocketSet, count: number) {
  const { min } = await freeRange(count + 200);
  const heard = new Map<number, string[]>();
  const ears: DatagramSocket[] = [];
  for (let port = min; ears.length < count; port++) {
    const texts: string[] = [];
    const sink: DatagramSink = {
      onDatagram(bytes, offset, length) {
        const text = bytes.toString('latin1', offset, offset + length);
        // Somebody else's relay may still send reports to whoever had the port before.
        if (text.endsWith(` ${port}`)) texts.push(text);
      },
    };
    // Among so many somebody else may have one.
    const ear = await open(sockets, port, sink).catch(() => undefined);
    if (!ear) continue;
    ears.push(ear);
    heard.set(port, texts);
  }
  return { ears, heard };
}

/** Sends to each of those ports so many times, by turns. */
async function sendToAll(ports: Iterable<number>, times: number): Promise<void> {
  const mouth = createSocket('udp4');
  const all = [...ports];
  for (let turn = 0; turn < times; turn++) {
    for (const port of all) {
      await new Promise((resolve) => mouth.send(`${turn} ${port}`, port, '127.0.0.1', resolve));
    }
  }
  mouth.close();
}

/** Waits for more than ever come at once, after the first look. */
const busy = (): Pacing => ({
  enough: 1,
  patience: 5_000,
  after() {
    this.enough = 50;
  },
});

/** The system, and who is told of each wait for more than one datagram: for how long at most, in microseconds. */
function watching(onNap: (us: number) => void): ReturnType<typeof loadLibc> {
  const libc = loadLibc();
  return {
    ...libc,
    usleep(us) {
      onNap(us);
      return libc.usleep(us);
    },
    io_uring_enter(fd, submit, complete, flags, argument, size) {
      if (complete > 1) {
        // struct io_uring_getevents_arg has a pointer to a struct timespec behind its 16 octets.
        const at = Number(new BigInt64Array(libc.view(argument, 24))[2]);
        const [seconds, nanoseconds] = new BigInt64Array(libc.view(at, 16));
        onNap(Number(seconds) * 1_000_000 + Number(nanoseconds) / 1_000);
      }
      return libc.io_uring_enter(fd, submit, complete, flags, argument, size);
    },
  };
}

describe.each<[string, () => Backend]>([
  ...CARRIERS.map(([name, carrierOf]): [string, () => Backend] => [name, () => kernel(carrierOf)]),
  ['dgram', dgram],
])('sockets of the %s backend', (_name, backend) => {
  test.each(['127.0.0.1', '::1'])('carry datagrams of every size on %s', async (address) => {
    const { sockets, bugs, run } = backend();
    const { min } = await freeRange(4);
    const got: Array<{ length: number; right: boolean; from: number }> = [];
    const ear = await open(
      sockets,
      min,
      {
        onDatagram(bytes, offset, length, source) {
          const right = bytes.subarray(offset, offset + length).every((octet) => octet === 7);
          const octets = Buffer.from(source.buffer, source.byteOffset, 4);
          got.push({ length, right, from: octets.readUInt16BE(2) });
        },
      },
      address,
    );
    const mouth = await open(sockets, min + 1, deaf, address);
    const to = socketAddress(address, min)!;
    const bytes = Buffer.alloc(70_000, 7);
    for (const length of [0, 1, 172, 1_400, 65_000]) {
      mouth.send(bytes, 1, length, to);
    }
    await run(() => got.length === 5);
    expect(got).toEqual(
      [0, 1, 172, 1_400, 65_000].map((length) => ({ length, right: true, from: min + 1 })),
    );
    expect(bugs).toEqual([]);
    ear.close();
    mouth.close();
  });

  test('name what the system refuses', async () => {
    const { sockets, run } = backend();
    const { min } = await freeRange(4);
    const first = await open(sockets, min, deaf);
    await expect(open(sockets, min, deaf)).rejects.toThrow('EADDRINUSE');
    await expect(open(sockets, min, deaf, '192.0.2.77')).rejects.toThrow('EADDRNOTAVAIL');
    first.close();
    await run(() => true);
  });

  test('send nothing to another family', async () => {
    const { sockets, run } = backend();
    const { min } = await freeRange(4);
    const refused: number[] = [];
    const sink: DatagramSink = {
      ...deaf,
      onRefused: (_bytes, _at, length) => refused.push(length),
    };
    const socket = await open(sockets, min, sink);
    socket.send(Buffer.alloc(4), 0, 4, socketAddress('::1', 9)!);
    expect(refused).toEqual([4]);
    socket.close();
    await run(() => true);
  });

  test('carry what may wait for others whole, in order, however lengths change', async () => {
    const { sockets, bugs, run } = backend();
    const { min } = await freeRange(4);
    const got: string[] = [];
    const ear = await open(sockets, min, {
      onDatagram(bytes, offset, length) {
        got.push(bytes.toString('latin1', offset, offset + length));
      },
    });
    let refused = 0;
    const mouth = await open(sockets, min + 1, { ...deaf, onRefused: () => (refused += 1) });
    const to = socketAddress('127.0.0.1', min)!;
    const lengths = [172, 172, 172, 172, 172, 172, 172, 13, 172, 200, 200, 900, 172, 0, 60, 60];
    const said = lengths.map((length, i) => String.fromCharCode(97 + i).repeat(length));
    for (const text of said) mouth.sendLater(Buffer.from(`  ${text}`), 2, text.length, to);
    // The last two have nothing more behind them, and nobody flushes.
    await run(() => got.length === said.length);
    expect(got).toEqual(said);
    expect(refused).toBe(0);
    expect(bugs).toEqual([]);
    ear.close();
    mouth.close();
  });

  test('send what waits when they are told to, and leave alone what is sent at once', async () => {
    const { sockets, run } = backend();
    const { min } = await freeRange(4);
    const got: number[] = [];
    const ear = await open(sockets, min, {
      onDatagram(_bytes, _offset, length) {
        got.push(length);
      },
    });
    const refused: number[] = [];
    const mouth = await open(sockets, min + 1, {
      ...deaf,
      onRefused: (_bytes, _offset, length) => refused.push(length),
    });
    const to = socketAddress('127.0.0.1', min)!;
    for (let i = 0; i < 7; i++) mouth.sendLater(Buffer.alloc(172), 0, 172, to);
    mouth.flush();
    mouth.send(Buffer.alloc(1_000), 0, 1_000, to);
    mouth.sendLater(Buffer.alloc(4), 0, 4, socketAddress('::1', 9)!);
    expect(refused).toEqual([4]);
    await run(() => got.length === 8);
    expect(got).toEqual([...Array(7).fill(172), 1_000]);
    ear.close();
    mouth.close();
  });

  test('give their next owner nothing of what came before it', async () => {
    const { sockets, run } = backend();
    const { min } = await freeRange(4);
    const pairs = new PortPairs(sockets, new PortRange(min, min + 1), 0);
    const taken = () =>
      new Promise<PortPair>((resolve, reject) => {
        pairs.open('127.0.0.1', (opened) =>
          opened instanceof Fault ? reject(opened) : resolve(opened),
        );
      });
    const mouth = await open(sockets, min + 2, deaf);
    const say = (word: string): void => {
      for (const port of [min, min + 1]) {
        mouth.send(Buffer.from(word), 0, word.length, socketAddress('127.0.0.1', port)!);
      }
    };
    const first = await taken();
    pairs.retire(first);
    // Nobody has a chance to read it.
    say('old');
    const got: string[] = [];
    const sink: DatagramSink = { onDatagram: noting(got) };
    const second = await taken();
    second.rtp.sink = sink;
    second.rtcp.sink = sink;
    say('new');
    await run(() => got.length >= 2);
    expect(got).toEqual(['new', 'new']);
    expect([second.rtp.port, second.rtcp.port]).toEqual([min, min + 1]);
    for (const socket of [mouth, second.rtp, second.rtcp]) socket.close();
  });

  test('lose no more than the packet when a sink throws', async () => {
    const { sockets, bugs, run } = backend();
    const { min } = await freeRange(4);
    let heard = 0;
    const ear = await open(sockets, min, {
      onDatagram() {
        heard += 1;
        if (heard === 1) throw new Error('a bug');
      },
    });
    const to = socketAddress('127.0.0.1', min)!;
    for (let i = 0; i < 2; i++) ear.send(Buffer.from('x'), 0, 1, to);
    await run(() => heard === 2);
    expect(heard).toBe(2);
    expect(bugs).toHaveLength(1);
    ear.close();
  });
});

describe('the kernel’s calls', () => {
  test('are refused with the reason where they cannot be had', () => {
    const platform = Object.getOwnPropertyDescriptor(process, 'platform')!;
    Object.defineProperty(process, 'platform', { value: 'darwin' });
    try {
      expect(() => loadLibc()).toThrow('no epoll on darwin');
    } finally {
      Object.defineProperty(process, 'platform', platform);
    }
  });
});

describe('what Node has not yet sent', () => {
  const held: Array<() => void> = [];

  afterEach(() => jest.restoreAllMocks());

  /** Keeps what is given to Node to send, as where the network is slow to take it. */
  function hold(): void {
    const { send } = Socket.prototype;
    jest.spyOn(Socket.prototype, 'send').mockImplementation(function (
      this: Socket,
      ...args: unknown[]
    ) {
      held.push(() => Reflect.apply(send, this, args));
    });
  }

  test('is out before the pause of a fork is in force', async () => {
    const sockets = new DgramSockets(() => {});
    const { min } = await freeRange(4);
    const pair = { rtp: await open(sockets, min, deaf), rtcp: await open(sockets, min + 1, deaf) };
    const identity = { cname: 'call', wallOffset: 0 };
    const now = () => 0;
    const reports = new ForkReports(identity, pair.rtp.row, now, () => 8000);
    const queue = new PacketQueue(5_000, new KeptMemory(0));
    const agenda = new Agenda(() => {});
    const fork = new Fork(pair, reports, agenda, now, queue, false);
    const [party, recorder] = [await Party.open(), await Party.open()];
    fork.start(recorder.endpoint);
    hold();
    const said = [party.packet(), party.packet()];
    for (const bytes of said) fork.onPacket(bytes, 0, bytes.length, 0);
    let paused = false;
    fork.pause(() => {
      paused = true;
    });
    const late = party.packet();
    fork.onPacket(late, 0, late.length, 0);
    const [report, first, last, ...others] = held;
    expect(others).toEqual([]);
    for (const send of [report!, first!]) send();
    expect((await recorder.rtp.next()).bytes).toEqual(said[0]);
    expect(paused).toBe(false);
    last!();
    expect((await recorder.rtp.next()).bytes).toEqual(said[1]);
    while (!paused) await new Promise((resolve) => setImmediate(resolve));
    jest.restoreAllMocks();
    fork.close();
    for (const one of [pair.rtp, pair.rtcp, party, recorder]) one.close();
  });
});

test('an agenda in Node’s loop is kept in time', async () => {
  const agenda = timedAgenda({ now: () => performance.now() } as SocketSet, (error) => {
    throw error;
  });
  const begun = performance.now();
  const waited = await new Promise<number>((resolve) => {
    agenda.at(begun + 20, () => resolve(performance.now() - begun));
  });
  expect(waited).toBeGreaterThanOrEqual(20);
});

test.each(CARRIERS)(
  'a socket by %s is as new for its next owner: nothing unread, nothing cut',
  async (_name, carrierOf) => {
    const { sockets, run } = kernel(carrierOf);
    const { min } = await freeRange(4);
    const got: number[] = [];
    const heard: number[] = [];
    const ear = await open(sockets, min, {
      onDatagram: (_bytes, _offset, length) => got.push(length),
    });
    const mouth = await open(sockets, min + 1, {
      onDatagram: (_bytes, _offset, length) => heard.push(length),
    });
    const to = socketAddress('127.0.0.1', min)!;
    for (let i = 0; i < 5; i++) mouth.sendLater(Buffer.alloc(80), 0, 80, to);
    mouth.flush();
    ear.send(Buffer.alloc(7), 0, 7, socketAddress('127.0.0.1', min + 1)!);
    expect(mouth.renew()).toBe(true);
    for (const length of [60, 120, 150, 60]) mouth.send(Buffer.alloc(length), 0, length, to);
    await run(() => got.length === 9);
    expect(got.slice(5)).toEqual([60, 120, 150, 60]);
    expect(heard).toEqual([]);
    ear.close();
    mouth.close();
  },
);

test.each(CARRIERS)(
  'what has waited is sent by %s, however long its worker has lived',
  async (_name, carrierOf) => {
    const { min } = await freeRange(4);
    const libc = loadLibc();
    let slab: Buffer = Buffer.alloc(0);
    let base = 0;
    let laterSeconds = 0;
    const lifeline = Lifeline.forSlots(4);
    lifelines.push(lifeline);
    const sockets = new KernelSockets(
      {
        ...libc,
        addressOf(memory) {
          const address = libc.addressOf(memory);
          if (base === 0) [slab, base] = [memory, address];
          return address;
        },
        clock_gettime(clock, time) {
          const result = libc.clock_gettime(clock, time);
          const at = time - base;
          slab.writeInt32LE(slab.readInt32LE(at) + laterSeconds, at);
          return result;
        },
      },
      lifeline,
      () => {},
      carrierOf,
    );
    // Beyond 2^31 ms, and some more than 32 bits have room for.
    laterSeconds = 25 * 86_400;
    const got: number[] = [];
    const agenda = new Agenda(() => {});
    const until = sockets.now() + PATIENCE_MS;
    agenda.every(5, sockets.now() + 5, (now) => {
      if (got.length === 3 || now > until) sockets.stop();
    });
    const ear = await open(sockets, min, {
      onDatagram: (_bytes, _offset, length) => got.push(length),
    });
    const mouth = await open(sockets, min + 1, deaf);
    const to = socketAddress('127.0.0.1', min)!;
    for (let i = 0; i < 3; i++) mouth.sendLater(Buffer.alloc(172), 0, 172, to);
    sockets.run(agenda, () => {});
    expect(got).toEqual([172, 172, 172]);
    ear.close();
    mouth.close();
  },
);

describe.each(CARRIERS)('sockets by %s', (_name, carrierOf) => {
  test('lose nothing of what comes at once to more of them than the kernel has buffers for', async () => {
    const EACH = 4;
    const { sockets, bugs, run } = kernel(carrierOf, 302);
    const { ears, heard: got } = await openMany(sockets, 300);
    await sendToAll(got.keys(), EACH);
    await run(() => [...got.values()].every(({ length }) => length === EACH));
    for (const [port, texts] of got) {
      expect(texts).toEqual(Array.from({ length: EACH }, (_, turn) => `${turn} ${port}`));
    }
    expect(bugs).toEqual([]);
    for (const ear of ears) ear.close();
  });

  test('wait for nothing while more waits than could be taken at once', async () => {
    const naps: number[] = [];
    const libc = watching(() => naps.push(heardSoFar()));
    const { sockets, run } = kernel(carrierOf, 602, libc, busy());
    const { ears, heard } = await openMany(sockets, 600);
    const heardSoFar = (): number => [...heard.values()].filter(({ length }) => length > 0).length;
    await sendToAll(heard.keys(), 1);
    await run(() => heardSoFar() === 600);
    expect(naps.filter((so) => so < 600)).toEqual([]);
    for (const ear of ears) ear.close();
  });

  test('wait no longer for many than a few milliseconds, and no longer than until something is due', async () => {
    const DUE = 0;
    const naps: number[] = [];
    // Ten after it: what holds the machine up makes some of them shorter.
    const libc = watching((us) => {
      naps.push(us);
      if (naps.at(-11) === DUE) sockets.stop();
    });
    const { sockets } = kernel(carrierOf, 8, libc, busy());
    const { min } = await freeRange(4);
    let heard = 0;
    const ear = await open(sockets, min, { onDatagram: () => (heard += 1) });
    const mouth = await open(sockets, min + 1, deaf);
    const agenda = new Agenda(() => {});
    agenda.at(sockets.now(), () => {
      mouth.send(Buffer.alloc(9), 0, 9, socketAddress('127.0.0.1', min)!);
      agenda.at(sockets.now() + 2, () => naps.push(DUE));
    });
    sockets.run(agenda, () => {});
    expect(heard).toBe(1);
    const due = naps.indexOf(DUE);
    expect(Math.max(0, ...naps.slice(0, due))).toBeLessThanOrEqual(2_000);
    const longest = Math.max(...naps.slice(due));
    expect(longest).toBeGreaterThan(500);
    expect(longest).toBeLessThanOrEqual(5_000);
    ear.close();
    mouth.close();
  });

  test('tell what was refused in the middle of a look though nothing is due and nothing comes', async () => {
    const { sockets } = kernel(carrierOf);
    const { min } = await freeRange(4);
    const toldAt: number[] = [];
    const refused: string[] = [];
    const note = noting(refused);
    const mouth = await open(sockets, min, {
      ...deaf,
      onRefused(bytes, offset, length) {
        toldAt.push(performance.now());
        note(bytes, offset, length);
      },
    });
    // A broadcast that nobody has asked leave for: EACCES.
    const nobody = socketAddress('255.255.255.255', 9)!;
    const texts = Array.from({ length: 20 }, (_, i) => String(i));
    const ear = await open(sockets, min + 1, {
      onDatagram() {
        for (const text of texts) mouth.send(Buffer.from(text), 0, text.length, nobody);
      },
    });
    const agenda = new Agenda(() => {});
    mouth.send(Buffer.alloc(9), 0, 9, socketAddress('127.0.0.1', min + 1)!);
    const until = performance.now() + 450;
    agenda.at(sockets.now() + 450, () => sockets.stop());
    sockets.run(agenda, () => {});
    expect(refused).toEqual(texts);
    expect(toldAt.filter((at) => at < until - 100)).toHaveLength(20);
    ear.close();
    mouth.close();
  });

  test('tell their owner what the system has refused, and of a batch send the rest singly', async () => {
    const { sockets, run } = kernel(carrierOf);
    const { min } = await freeRange(4);
    const refused: string[] = [];
    const mouth = await open(sockets, min, { ...deaf, onRefused: noting(refused) });
    // A broadcast that nobody has asked leave for: EACCES.
    const nobody = socketAddress('255.255.255.255', 9)!;
    mouth.send(Buffer.from('  one'), 2, 3, nobody);
    const words = ['alpha', 'bravo', 'chars', 'delta'];
    for (const word of words) mouth.sendLater(Buffer.from(word), 0, word.length, nobody);
    mouth.flush();
    expect(refused).toEqual(['one', ...words]);
    let heard = 0;
    const ear = await open(sockets, min + 1, { onDatagram: () => (heard += 1) });
    for (let i = 0; i < 9; i++) {
      mouth.sendLater(Buffer.alloc(172), 0, 172, socketAddress('127.0.0.1', min + 1)!);
    }
    await run(() => heard === 9);
    expect(refused).toHaveLength(1 + words.length);
    expect(heard).toBe(9);
    ear.close();
    mouth.close();
  });

  test('tell each of a thousand refusals once and whole, and cut what goes elsewhere as it is to be', async () => {
    const { sockets, run } = kernel(carrierOf);
    const { min } = await freeRange(4);
    const refused: string[] = [];
    const sink: DatagramSink = { ...deaf, onRefused: noting(refused) };
    const mouths = [await open(sockets, min, sink), await open(sockets, min + 1, sink)];
    const got: string[] = [];
    const ear = await open(sockets, min + 2, { onDatagram: noting(got) });
    // A broadcast that nobody has asked leave for: EACCES.
    const nobody = socketAddress('255.255.255.255', 9)!;
    const somebody = socketAddress('127.0.0.1', min + 2)!;
    const bad: string[] = [];
    const good: string[] = [];
    for (let i = 0; i < 1_500; i++) {
      const text = String(i).padStart(172, '.');
      // Now and then a batch that arrives among many that do not.
      const arrives = i % 60 < 10;
      (arrives ? good : bad).push(text);
      mouths[i % 2]!.sendLater(Buffer.from(text), 0, text.length, arrives ? somebody : nobody);
    }
    for (const mouth of mouths) mouth.flush();
    expect(refused.sort()).toEqual(bad.sort());
    await run(() => got.length >= good.length);
    expect(got.sort()).toEqual(good.sort());
    for (const socket of [...mouths, ear]) socket.close();
  });

  test('send nothing that was refused on its way to one place to the next', async () => {
    const { sockets, run } = kernel(carrierOf);
    const { min } = await freeRange(4);
    const refused: string[] = [];
    const mouth = await open(sockets, min, { ...deaf, onRefused: noting(refused) });
    const got: string[] = [];
    const ear = await open(sockets, min + 1, { onDatagram: noting(got) });
    // A broadcast that nobody has asked leave for: EACCES.
    const nobody = socketAddress('255.255.255.255', 9)!;
    const somebody = socketAddress('127.0.0.1', min + 1)!;
    const bad = Array.from({ length: 12 }, (_, i) => `${i}`.padStart(172, 'b'));
    const good = Array.from({ length: 5 }, (_, i) => `${i}`.padStart(172, 'g'));
    for (const text of bad) mouth.sendLater(Buffer.from(text), 0, text.length, nobody);
    for (const text of good) mouth.sendLater(Buffer.from(text), 0, text.length, somebody);
    mouth.flush();
    await run(() => got.length >= good.length);
    expect(got).toEqual(good);
    expect(refused.sort()).toEqual(bad.sort());
    ear.close();
    mouth.close();
  });

  test('hear nothing while they do not listen, and again when they do', async () => {
    const { sockets, bugs, run } = kernel(carrierOf);
    const { min } = await freeRange(4);
    const got: string[] = [];
    const ear = await open(sockets, min, { onDatagram: noting(got) });
    const mouth = await open(sockets, min + 1, deaf);
    const say = (word: string): void => {
      mouth.send(Buffer.from(word), 0, word.length, socketAddress('127.0.0.1', min)!);
    };
    const opened: Array<DatagramSocket | undefined> = [];
    let turn = 0;
    await run(() => {
      turn += 1;
      if (turn === 5) {
        say('unread');
        ear.listen(false);
        ear.listen(false);
      }
      if (turn === 10) {
        ear.listen(true);
        say('heard');
      }
      if (turn < 10 || !got.includes('heard')) return false;
      // Its port is free at once.
      ear.close();
      sockets.open('127.0.0.1', min, deaf, (socket) => opened.push(socket));
      return true;
    });
    expect(bugs).toEqual([]);
    expect(got.at(-1)).toBe('heard');
    expect(opened.map((socket) => socket?.port)).toEqual([min]);
    for (const socket of [...opened, mouth]) socket?.close();
  });
});

test('on a machine that has no rings for us the relay says why, and on one that has them it uses them', async () => {
  const captured = captureLog('info');
  const plane = await createRelayPlane({
    ports: await freeRange(8),
    quarantineMs: 0,
    rtpTimeoutMs: 60_000,
    log: captured.log,
  });
  await plane.close();
  const refusal = ringRefusal();
  expect(captured.events('media-worker-ready')).toMatchObject([
    refusal ? { backend: 'epoll', because: refusal } : { backend: 'io_uring' },
  ]);
});

test('bugs are reported at most once a second', () => {
  let now = 0;
  const reported: string[] = [];
  const bugs = new BugReport(
    () => now,
    (error) => reported.push(error.split('\n', 1)[0]!),
  );
  for (const at of [0, 10, 999, 1_000]) {
    now = at;
    bugs.add(new Error(`at ${at}`));
  }
  expect(reported).toEqual(['Error: at 0', 'Error: at 1000']);
});

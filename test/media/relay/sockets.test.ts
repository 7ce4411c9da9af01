import { Socket } from 'node:dgram';
import { Fault } from '../../../src/core';
import { socketAddress } from '../../../src/media/relay/address';
import { Agenda } from '../../../src/media/relay/agenda';
import { BugReport } from '../../../src/media/relay/bug-report';
import type { DatagramSink, DatagramSocket, SocketSet } from '../../../src/media/relay/datagram';
import { DgramSockets } from '../../../src/media/relay/dgram-sockets';
import { Fork } from '../../../src/media/relay/fork';
import { ForkReports } from '../../../src/media/relay/fork-reports';
import { KeptMemory } from '../../../src/media/relay/kept-memory';
import { KernelSockets } from '../../../src/media/relay/kernel-sockets';
import { loadLibc } from '../../../src/media/relay/libc';
import { Lifeline } from '../../../src/media/relay/lifeline';
import { PacketQueue } from '../../../src/media/relay/packet-queue';
import { type PortPair, PortPairs } from '../../../src/media/relay/port-pairs';
import { PortRange } from '../../../src/media/relay/port-range';
import { timedAgenda } from '../../../src/media/relay/timed-agenda';
import { freeRange } from '../../support/ports';
import { Party } from '../support/party';

/** A backend in this thread: `run` moves datagrams until `done` says so. */
interface Backend {
  readonly sockets: SocketSet;
  readonly bugs: unknown[];
  run(done: () => boolean): Promise<void>;
}

const PATIENCE_MS = 20_000;

function kernel(): Backend {
  const bugs: unknown[] = [];
  const lifeline = Lifeline.forSlots(8);
  const sockets = new KernelSockets(loadLibc(), lifeline, (error) => bugs.push(error));
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
      lifeline.closeLeftovers();
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

describe.each([
  ['kernel', kernel],
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
      expect(mouth.send(bytes, 1, length, to)).toBe(true);
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
    const socket = await open(sockets, min, deaf);
    expect(socket.send(Buffer.alloc(4), 0, 4, socketAddress('::1', 9)!)).toBe(false);
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
    const mouth = await open(sockets, min + 1, deaf);
    const to = socketAddress('127.0.0.1', min)!;
    const lengths = [172, 172, 172, 172, 172, 172, 172, 13, 172, 200, 200, 900, 60, 60];
    const said = lengths.map((length, i) => String.fromCharCode(97 + i).repeat(length));
    let refused = 0;
    for (const text of said) {
      refused += mouth.sendLater(Buffer.from(`  ${text}`), 2, text.length, to);
    }
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
    const mouth = await open(sockets, min + 1, deaf);
    const to = socketAddress('127.0.0.1', min)!;
    for (let i = 0; i < 7; i++) mouth.sendLater(Buffer.alloc(172), 0, 172, to);
    expect(mouth.flush()).toBe(0);
    expect(mouth.send(Buffer.alloc(1_000), 0, 1_000, to)).toBe(true);
    expect(mouth.sendLater(Buffer.alloc(4), 0, 4, socketAddress('::1', 9)!)).toBe(1);
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
    const sink: DatagramSink = {
      onDatagram: (bytes, offset, length) =>
        got.push(bytes.toString('latin1', offset, offset + length)),
    };
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

test('a socket of the kernel backend is as new for its next owner: nothing unread, nothing cut', async () => {
  const { sockets, run } = kernel();
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
  expect(mouth.flush()).toBe(0);
  ear.send(Buffer.alloc(7), 0, 7, socketAddress('127.0.0.1', min + 1)!);
  expect(mouth.renew()).toBe(true);
  for (const length of [60, 120, 150, 60]) mouth.send(Buffer.alloc(length), 0, length, to);
  await run(() => got.length === 9);
  expect(got.slice(5)).toEqual([60, 120, 150, 60]);
  expect(heard).toEqual([]);
  ear.close();
  mouth.close();
});

test('the kernel backend sends what has waited, however long its worker has lived', async () => {
  const { min } = await freeRange(4);
  const libc = loadLibc();
  let slab: Buffer = Buffer.alloc(0);
  let base = 0;
  let laterSeconds = 0;
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
    Lifeline.forSlots(4),
    () => {},
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

/**
 * The load: N calls of two parties and a recorder, on the kernel's own calls, in a thread that does
 * nothing else. Each packet carries the time it was sent, so that delay is measured on one clock.
 */
import { performance } from 'node:perf_hooks';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type * as Address from '../../../src/media/relay/address';
import type * as Appointments from '../../../src/media/relay/agenda';
import type { DatagramSocket } from '../../../src/media/relay/datagram';
import type * as Kernel from '../../../src/media/relay/kernel-sockets';
import type * as System from '../../../src/media/relay/libc';
import type * as Life from '../../../src/media/relay/lifeline';
import type * as Pacing from '../../../src/media/relay/pace';
import { Histogram } from './histogram';
import { product } from './product';

const { socketAddress } = product<typeof Address>('media/relay/address');
const { Agenda } = product<typeof Appointments>('media/relay/agenda');
const { KernelSockets } = product<typeof Kernel>('media/relay/kernel-sockets');
const { loadLibc } = product<typeof System>('media/relay/libc');
const { Pace } = product<typeof Pacing>('media/relay/pace');
const { Lifeline } = product<typeof Life>('media/relay/lifeline');

/** 20 ms of G.711 with its RTP header; the send time takes the place of the first samples. */
const PACKET = 172;
const TIME_AT = 12;
const FRAME_MS = 20;
const ADDRESS = '127.0.0.1';

export interface GeneratorBirth {
  readonly calls: number;
  readonly firstPort: number;
  readonly lifeline: SharedArrayBuffer;
}

export type ToGenerator =
  /** Where each call's parties send to: a, then b. */
  | { readonly kind: 'start'; readonly targets: ReadonlyArray<readonly [number, number]> }
  | { readonly kind: 'reset' }
  | { readonly kind: 'stop' };

export interface GeneratorResult {
  readonly sent: number;
  readonly partiesGot: number;
  readonly recordersGot: number;
  /** Microseconds, within the window since `reset`. */
  readonly delay: ReturnType<Histogram['summary']>;
  readonly recorderDelay: ReturnType<Histogram['summary']>;
  /** How late the generator itself was, in ms: it must not be what gives out first. */
  readonly latestMs: number;
}

interface Stream {
  readonly socket: DatagramSocket;
  target: Address.SocketAddress | undefined;
  sequence: number;
}

function run(birth: GeneratorBirth): void {
  const port = parentPort!;
  const bug = (error: unknown): never => {
    throw error;
  };
  const lifeline = new Lifeline(birth.lifeline);
  // Never pausing: it has a core of its own, and must see each packet when it comes.
  const sockets = new KernelSockets(loadLibc(), lifeline, bug, new Pace(0));
  const agenda = new Agenda(bug);
  const [delay, recorderDelay] = [new Histogram(), new Histogram()];
  const packet = Buffer.alloc(PACKET, 0x55);
  packet[0] = 0x80;
  packet[1] = 0;
  let [sent, partiesGot, recordersGot, latestMs] = [0, 0, 0, 0];
  let sending = false;

  const open = (at: number, onPacket: (bytes: Buffer, offset: number, now: number) => void) => {
    let opened: DatagramSocket | undefined;
    const sink = {
      onDatagram: (bytes: Buffer, offset: number, length: number, _from: unknown, now: number) => {
        if (length === PACKET) onPacket(bytes, offset, now);
      },
    };
    sockets.open(ADDRESS, at, sink, (socket, refusal) => {
      if (!socket) throw new Error(`port ${at}: ${refusal}`);
      opened = socket;
    });
    return opened!;
  };
  const atParty = (bytes: Buffer, offset: number, now: number): void => {
    partiesGot += 1;
    delay.add((now - bytes.readDoubleLE(offset + TIME_AT)) * 1000);
  };
  const atRecorder = (bytes: Buffer, offset: number, now: number): void => {
    recordersGot += 1;
    recorderDelay.add((now - bytes.readDoubleLE(offset + TIME_AT)) * 1000);
  };

  // Four sockets a call: party a, party b, and the recorder's for each.
  const streams: Stream[] = [];
  for (let call = 0; call < birth.calls; call++) {
    const base = birth.firstPort + 4 * call;
    streams.push({ socket: open(base, atParty), target: undefined, sequence: 0 });
    streams.push({ socket: open(base + 1, atParty), target: undefined, sequence: 0 });
    open(base + 2, atRecorder);
    open(base + 3, atRecorder);
  }

  const send = (stream: Stream, index: number): void => {
    if (!stream.target) return;
    stream.sequence = (stream.sequence + 1) & 0xffff;
    packet.writeUInt16BE(stream.sequence, 2);
    packet.writeUInt32BE((stream.sequence * 160) >>> 0, 4);
    packet.writeUInt32BE(index + 1, 8);
    packet.writeDoubleLE(performance.now(), TIME_AT);
    if (stream.socket.send(packet, 0, PACKET, stream.target)) sent += 1;
  };

  // Streams are spread evenly over the frame; what is due is sent once a millisecond.
  let begun = 0;
  let cursor = 0;
  const tick = (): void => {
    if (!sending) return;
    const now = performance.now();
    const due = Math.floor(((now - begun) / FRAME_MS) * streams.length);
    latestMs = Math.max(latestMs, ((due - cursor) / streams.length) * FRAME_MS - 1);
    for (; cursor < due; cursor++) {
      const index = cursor % streams.length;
      send(streams[index]!, index);
    }
    agenda.at(now, tick);
  };

  const obey = (message: ToGenerator): void => {
    switch (message.kind) {
      case 'start':
        message.targets.forEach(([a, b], call) => {
          streams[2 * call]!.target = socketAddress(ADDRESS, a);
          streams[2 * call + 1]!.target = socketAddress(ADDRESS, b);
        });
        sending = true;
        begun = performance.now();
        tick();
        break;
      case 'reset':
        delay.clear();
        recorderDelay.clear();
        latestMs = 0;
        break;
      case 'stop':
        sending = false;
        // What is under way still counts.
        agenda.at(performance.now() + 500, () => {
          const result: GeneratorResult = {
            sent,
            partiesGot,
            recordersGot,
            delay: delay.summary(),
            recorderDelay: recorderDelay.summary(),
            latestMs,
          };
          port.postMessage(result);
        });
        break;
    }
  };
  const takeAll = (): void => {
    for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
      obey(next.message as ToGenerator);
    }
  };
  port.postMessage('ready');
  takeAll();
  sockets.run(agenda, takeAll);
}

run(workerData as GeneratorBirth);

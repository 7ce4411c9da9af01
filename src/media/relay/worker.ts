/** Entry of a media worker's thread: builds the relay on a backend and gives it the message port. */
import { performance } from 'node:perf_hooks';
import {
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  workerData,
} from 'node:worker_threads';
import type { PlaneEvent } from '../plane';
import { Agenda } from './agenda';
import { BugReport } from './bug-report';
import type { CarrierOf } from './carrier';
import { Desk } from './desk';
import { DgramSockets } from './dgram-sockets';
import { EpollCarrier } from './epoll-carrier';
import { KernelSockets } from './kernel-sockets';
import { type Libc, loadLibc } from './libc';
import { Lifeline } from './lifeline';
import type { Backend, FromWorker, ToWorker, WorkerBirth } from './messages';
import { takePrecedence } from './precedence';
import { Relay } from './relay';
import { RingCarrier } from './ring-carrier';
import { timedAgenda } from './timed-agenda';

class MediaWorker {
  readonly #bugs: BugReport;
  /** While messages of control are taken: what is posted when all of them are. */
  #answers: FromWorker[] | undefined;

  constructor(
    private readonly port: MessagePort,
    private readonly birth: WorkerBirth,
  ) {
    this.#bugs = new BugReport(
      () => performance.now(),
      (error) => this.#post({ kind: 'bug', error }),
    );
  }

  run(): void {
    const { backend } = this.birth;
    if (backend === 'dgram') {
      this.#runOnDgram(undefined);
      return;
    }
    let libc: Libc;
    try {
      libc = loadLibc();
    } catch (error) {
      if (backend !== 'auto') throw error;
      this.#runOnDgram(String(error));
      return;
    }
    this.#runOnKernel(libc);
  }

  /** Does not return before the end: Node's loop of this thread stands still. */
  #runOnKernel(libc: Libc): void {
    const { sockets, backend, because } = this.#kernelSockets(libc);
    const agenda = new Agenda(this.#bugs.add);
    const { relay, desk } = this.#office(sockets, agenda);
    const precedence = takePrecedence(libc);
    const end = (): void => {
      relay.close();
      sockets.stop();
    };
    const takeAll = (): void => {
      for (;;) {
        const received = receiveMessageOnPort(this.port);
        if (!received) return;
        this.#take(received.message as readonly ToWorker[], desk, end);
      }
    };
    this.#post({ kind: 'ready', backend, because, precedence });
    takeAll();
    sockets.run(agenda, takeAll);
    sockets.end();
    process.exit(0);
  }

  /** By rings where the kernel has them for us and nobody has said otherwise: containers often forbid them. */
  #kernelSockets(libc: Libc): {
    readonly sockets: KernelSockets;
    readonly backend: Backend;
    readonly because: string | undefined;
  } {
    const lifeline = new Lifeline(this.birth.lifeline);
    const on = (carrierOf: CarrierOf) =>
      new KernelSockets(libc, lifeline, this.#bugs.add, carrierOf);
    let because: string | undefined;
    if (this.birth.backend !== 'epoll') {
      try {
        return { sockets: on(RingCarrier.on), backend: 'io_uring', because };
      } catch (error) {
        if (this.birth.backend === 'io_uring') throw error;
        because = String(error);
      }
    }
    return { sockets: on(EpollCarrier.on), backend: 'epoll', because };
  }

  #runOnDgram(because: string | undefined): void {
    const sockets = new DgramSockets(this.#bugs.add);
    const { relay, desk } = this.#office(sockets, timedAgenda(sockets, this.#bugs.add));
    const end = (): void => {
      relay.close();
      // A turn later, so that the last packets are out.
      setImmediate(() => process.exit(0));
    };
    this.port.on('message', (messages: readonly ToWorker[]) => this.#take(messages, desk, end));
    this.#post({ kind: 'ready', backend: 'dgram', because, precedence: 'none' });
  }

  #office(sockets: KernelSockets | DgramSockets, agenda: Agenda): { relay: Relay; desk: Desk } {
    const emit = (event: PlaneEvent): void => this.#post({ kind: 'event', event });
    const relay = new Relay(sockets, agenda, this.birth, emit);
    return { relay, desk: new Desk(relay, (message) => this.#post(message), this.#bugs.add) };
  }

  #take(messages: readonly ToWorker[], desk: Desk, end: () => void): void {
    const answers: FromWorker[] = [];
    this.#answers = answers;
    for (const message of messages) {
      if (message.kind === 'shutdown') end();
      else desk.take(message);
    }
    this.#answers = undefined;
    if (answers.length > 0) this.port.postMessage(answers);
  }

  #post(message: FromWorker): void {
    if (this.#answers) this.#answers.push(message);
    else this.port.postMessage([message]);
  }
}

if (parentPort) new MediaWorker(parentPort, workerData as WorkerBirth).run();

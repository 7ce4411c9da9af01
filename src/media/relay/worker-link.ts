import { Worker } from 'node:worker_threads';
import { Fault, soon } from '../../core';
import type { PlaneEvent } from '../plane';
import { SocketDrops } from './kernel-drops';
import { Lifeline } from './lifeline';
import type {
  FromWorker,
  Order,
  Ready,
  RequestName,
  Requests,
  ToWorker,
  WorkerBirth,
} from './messages';

/** What a worker is born with, but for what links it to its link. */
export type Birth = Omit<WorkerBirth, 'lifeline'>;

/** What a link tells its owner. */
export interface LinkOwner {
  onReady(ready: Ready): void;
  onEvent(event: PlaneEvent): void;
  onUnreachable(callId: string, address: string): void;
  onBug(error: string): void;
  /** The worker is gone without having been asked to go. Said once; the link is then dead. */
  onDeath(reason: string): void;
}

interface Waiting {
  resolve(body: unknown): void;
  reject(fault: Fault): void;
}

/**
 * What may wait for the end of the running turn, and for others: nothing that an offer waits for, and nothing that is
 * said to hold for the next packet, such as where a party is, its keys, or that it is not to be recorded now.
 */
const PATIENT: ReadonlySet<Order['kind'] | RequestName> = new Set([
  'fork',
  'start',
  'describe',
  'lineStats',
  'forkStats',
  'closeLine',
  'closeFork',
  'usage',
] as const);

/** How long a worker may take to take leave of its recorders. */
const SHUTDOWN_PATIENCE = 1_000;

/** File descriptors of a worker besides its sockets: its epoll set. */
const OWN_DESCRIPTORS = 1;

/** One media worker as control sees it: requests with answers, orders without, and its death. */
export class WorkerLink {
  readonly #worker: Worker;
  readonly #lifeline: Lifeline;
  readonly #waiting = new Map<number, Waiting>();
  #nextNumber = 1;
  /** What is posted at the end of the running turn of the event loop, or of what runs now. */
  #outbox: ToWorker[] = [];
  #hurries = false;
  #onKernel = false;
  #drops: SocketDrops | undefined;
  #state: 'alive' | 'closing' | 'dead' = 'alive';
  #lastError = '';

  constructor(
    birth: Birth,
    private readonly owner: LinkOwner,
  ) {
    const { min, max } = birth.ports;
    this.#lifeline = Lifeline.forSlots(max - min + 1 + OWN_DESCRIPTORS);
    this.#worker = spawn({ ...birth, lifeline: this.#lifeline.memory });
    this.#worker.on('message', (messages: readonly FromWorker[]) => {
      for (const message of messages) this.#hear(message);
    });
    this.#worker.on('error', (error) => {
      this.#lastError = String(error);
    });
    this.#worker.once('exit', (code) => this.#gone(this.#lastError || `exit code ${code}`));
  }

  get alive(): boolean {
    return this.#state === 'alive';
  }

  /** Datagrams that its sockets had no room for; undefined where they cannot be asked, being Node's. */
  get kernelDrops(): number | undefined {
    if (!this.#onKernel) return undefined;
    this.#drops ??= new SocketDrops(this.#lifeline);
    return this.#drops.sum();
  }

  /** Rejects with the worker's fault, or with MEDIA_WORKER_LOST when it dies before answering. */
  ask<Name extends RequestName>(
    name: Name,
    body: Requests[Name]['ask'],
  ): Promise<Requests[Name]['answer']> {
    if (!this.alive) return Promise.reject(new Fault('MEDIA_WORKER_LOST'));
    const number = this.#nextNumber++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve: resolve as (body: unknown) => void, reject });
      this.#post({ kind: 'ask', number, name, body } as ToWorker, PATIENT.has(name));
    });
  }

  tell(order: Order): void {
    if (this.alive) this.#post(order, PATIENT.has(order.kind));
  }

  /** Ends every line of the worker, then the worker. */
  async close(): Promise<void> {
    if (!this.alive) return;
    const exited = new Promise<void>((resolve) => this.#worker.once('exit', () => resolve()));
    this.#state = 'closing';
    this.#post({ kind: 'shutdown' }, false);
    const impatient = setTimeout(() => void this.#worker.terminate(), SHUTDOWN_PATIENCE);
    await exited;
    clearTimeout(impatient);
  }

  /**
   * One message for many, and one wake-up of a thread that sleeps: each costs as much as what is in it. What may not
   * wait is posted as soon as what runs now has come to its end, and so before anything that is to follow it.
   */
  #post(message: ToWorker, mayWait: boolean): void {
    const first = this.#outbox.push(message) === 1;
    if (!mayWait && !this.#hurries) {
      this.#hurries = true;
      soon(this.#flush);
    } else if (first) setImmediate(this.#flush);
  }

  readonly #flush = (): void => {
    this.#hurries = false;
    if (this.#outbox.length === 0 || this.#state === 'dead') return;
    const messages = this.#outbox;
    this.#outbox = [];
    this.#worker.postMessage(messages);
    this.#lifeline.wake();
  };

  #hear(message: FromWorker): void {
    switch (message.kind) {
      case 'answer':
        this.#takeWaiting(message.number)?.resolve(message.body);
        break;
      case 'refusal':
        this.#takeWaiting(message.number)?.reject(new Fault(message.code, message.detail));
        break;
      case 'event':
        this.owner.onEvent(message.event);
        break;
      case 'ready':
        this.#onKernel = message.backend !== 'dgram';
        this.owner.onReady(message);
        break;
      case 'bug':
        this.owner.onBug(message.error);
        break;
      case 'unreachable':
        this.owner.onUnreachable(message.callId, message.address);
        break;
    }
  }

  #takeWaiting(number: number): Waiting | undefined {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    return waiting;
  }

  #gone(reason: string): void {
    const unasked = this.#state === 'alive';
    this.#state = 'dead';
    this.#lifeline.closeLeftovers();
    for (const { reject } of this.#waiting.values()) {
      reject(new Fault('MEDIA_WORKER_LOST', reason));
    }
    this.#waiting.clear();
    if (unasked) this.owner.onDeath(reason);
  }
}

/** From the built product the worker is JavaScript; in tests and under tsx it is the source itself. */
function spawn(workerData: WorkerBirth): Worker {
  if (__filename.endsWith('.js')) return new Worker(`${__dirname}/worker.js`, { workerData });
  const execArgv = ['--require', require.resolve('tsx/cjs')];
  return new Worker(`${__dirname}/worker.ts`, { workerData, execArgv });
}

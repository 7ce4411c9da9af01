import { Worker } from 'node:worker_threads';
import { Fault } from '../../core';
import type {
  FromIntake,
  IntakeBirth,
  RequestName,
  Requests,
  TakeReport,
  ToIntake,
} from './messages';

/** What the thread tells its owner. */
export interface IntakeOwner {
  onFailed(id: string, reason: string): void;
  onProgress(id: string, report: TakeReport): void;
  onBug(error: string): void;
  /** The thread is gone without having been asked to go, with everything that was open. Said once. */
  onDeath(reason: string): void;
}

interface Waiting {
  resolve(body: unknown): void;
  reject(fault: Fault): void;
}

/** The intake as control sees it: a thread of its own that receives, decodes and writes. */
export class IntakeThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #nextNumber = 1;
  #state: 'alive' | 'closing' | 'dead' = 'alive';
  #lastError = '';

  constructor(
    birth: IntakeBirth,
    private readonly owner: IntakeOwner,
  ) {
    this.#worker = spawn(birth);
    this.#worker.on('message', (message: FromIntake) => this.#hear(message));
    this.#worker.on('error', (error) => {
      this.#lastError = String(error);
    });
    this.#worker.once('exit', (code) => this.#gone(this.#lastError || `exit code ${code}`));
  }

  /**
   * Rejects with the thread's fault (PORTS_EXHAUSTED, RECORDING_NOT_WRITABLE), or with
   * MEDIA_WORKER_LOST when it is gone.
   */
  ask<Name extends RequestName>(
    name: Name,
    body: Requests[Name]['ask'],
  ): Promise<Requests[Name]['answer']> {
    if (this.#state !== 'alive') return Promise.reject(new Fault('MEDIA_WORKER_LOST'));
    const number = this.#nextNumber++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve: resolve as (body: unknown) => void, reject });
      this.#worker.postMessage({ number, name, body } as ToIntake);
    });
  }

  /** Ends the thread; recordings are to be finished before. */
  async close(): Promise<void> {
    if (this.#state !== 'alive') return;
    this.#state = 'closing';
    await this.#worker.terminate();
  }

  #hear(message: FromIntake): void {
    switch (message.kind) {
      case 'answer':
        this.#takeWaiting(message.number)?.resolve(message.body);
        break;
      case 'refusal':
        this.#takeWaiting(message.number)?.reject(new Fault(message.code, message.detail));
        break;
      case 'failed':
        this.owner.onFailed(message.id, message.reason);
        break;
      case 'bug':
        this.owner.onBug(message.error);
        break;
      case 'progress':
        this.owner.onProgress(message.id, message.report);
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
    for (const { reject } of this.#waiting.values()) reject(new Fault('MEDIA_WORKER_LOST', reason));
    this.#waiting.clear();
    if (unasked) this.owner.onDeath(reason);
  }
}

/** From the built product the thread runs JavaScript; in tests and under tsx the source itself. */
function spawn(workerData: IntakeBirth): Worker {
  if (__filename.endsWith('.js')) return new Worker(`${__dirname}/worker.js`, { workerData });
  const execArgv = ['--require', require.resolve('tsx/cjs')];
  return new Worker(`${__dirname}/worker.ts`, { workerData, execArgv });
}

import { Worker } from 'node:worker_threads';
import { Fault, type FaultCode } from '../../core';
import type { NewPrompt } from '../../policy';
import type { ReadyWav } from './ready';

export interface ToWorker {
  readonly name: string;
  readonly file: Uint8Array;
}

export type FromWorker =
  | { readonly ready: ReadyWav }
  | { readonly refused: { readonly code: FaultCode; readonly detail: string | undefined } };

/** A prompt as somebody gives it: a WAV file, or words where `speaks` says that somebody can speak them. */
export type Upload =
  | { readonly kind: 'wav'; readonly file: Buffer }
  | { readonly kind: 'text'; readonly text: string; readonly speaks: boolean };

/**
 * What is kept of a prompt that was given. A minute of rich sound takes a second of work: a thread of its
 * own does it, so that no call waits. Rejects with Fault SOUND_NOT_USABLE that says what to do.
 */
export async function uploadedPrompt(name: string, upload: Upload): Promise<NewPrompt> {
  if (upload.kind === 'wav') return converted({ name, file: upload.file });
  if (upload.speaks) return { kind: 'text', text: upload.text };
  throw new Fault(
    'SOUND_NOT_USABLE',
    `prompt ${name}: text is spoken only by FreeSWITCH: give a WAV file, or set announcements.source to freeswitch`,
  );
}

function converted(workerData: ToWorker): Promise<NewPrompt> {
  return new Promise((resolve, reject) => {
    const worker = spawn(workerData);
    worker.once('message', (message: FromWorker) => {
      if ('ready' in message) {
        resolve({ ...message.ready, wav: Buffer.from(message.ready.wav) });
      } else reject(new Fault(message.refused.code, message.refused.detail));
    });
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the thread ended with ${code}`)));
  });
}

/** From the built product the worker is JavaScript; in tests and under tsx it is the source itself. */
function spawn(workerData: ToWorker): Worker {
  if (__filename.endsWith('.js')) return new Worker(`${__dirname}/worker.js`, { workerData });
  const execArgv = ['--require', require.resolve('tsx/cjs')];
  return new Worker(`${__dirname}/worker.ts`, { workerData, execArgv });
}

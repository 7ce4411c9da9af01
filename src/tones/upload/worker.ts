/** Entry of the thread that makes one WAV file ready. */
import { parentPort, workerData } from 'node:worker_threads';
import { Fault } from '../../core';
import { readyWav } from './ready';
import type { FromWorker, ToWorker } from './upload';

if (parentPort) {
  const { name, file } = workerData as ToWorker;
  parentPort.postMessage(answer(name, Buffer.from(file)));
}

function answer(name: string, file: Buffer): FromWorker {
  try {
    return { ready: readyWav(name, file) };
  } catch (error) {
    if (error instanceof Fault) return { refused: { code: error.code, detail: error.detail } };
    throw error;
  }
}

/** The generator's process: starts the loop in a thread of its own and speaks to the benchmark. */
import { Worker } from 'node:worker_threads';

const worker = new Worker(`${__dirname}/generator-loop.js`, {
  workerData: JSON.parse(process.argv[2]!),
});

worker.on('message', (message) => process.send?.(message));
process.on('message', (message) => worker.postMessage(message));
process.on('disconnect', () => process.exit(0));

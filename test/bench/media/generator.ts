/** The generator's process: starts the loop in a thread of its own and speaks to the benchmark. */
import { Worker } from 'node:worker_threads';
import { Lifeline } from '../../../src/media/relay/lifeline';
import type { GeneratorBirth, ToGenerator } from './generator-loop';

const [calls, firstPort] = process.argv.slice(2).map(Number) as [number, number];
const lifeline = Lifeline.forSlots(4 * calls + 1);
const workerData: GeneratorBirth = { calls, firstPort, lifeline: lifeline.memory };
const execArgv = ['--require', require.resolve('tsx/cjs')];
const worker = new Worker(`${__dirname}/generator-loop.ts`, { workerData, execArgv });

worker.on('message', (message) => process.send?.(message));
process.on('message', (message: ToGenerator) => {
  worker.postMessage(message);
  lifeline.wake();
});
process.on('disconnect', () => process.exit(0));

/** The generator's process: starts the loop in a thread of its own and speaks to the benchmark. */
import { Worker } from 'node:worker_threads';
import type { GeneratorBirth } from './generator-loop';

const [calls, protocol] = process.argv.slice(2);
const workerData: GeneratorBirth = { calls: Number(calls), srtp: protocol === 'srtp' };
const execArgv = ['--require', require.resolve('tsx/cjs')];
const worker = new Worker(`${__dirname}/generator-loop.ts`, { workerData, execArgv });

worker.on('message', (message) => process.send?.(message));
process.on('message', (message) => worker.postMessage(message));
process.on('disconnect', () => process.exit(0));

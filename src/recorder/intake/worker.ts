/** Entry of the intake's thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { Intake } from './intake';
import type { IntakeBirth, ToIntake } from './messages';

if (parentPort) {
  const port = parentPort;
  const intake = new Intake(workerData as IntakeBirth, (message) => port.postMessage(message));
  process.on('uncaughtException', (error) => {
    port.postMessage({ kind: 'bug', error: String(error?.stack ?? error) });
  });
  port.on('message', (message: ToIntake) => void intake.take(message));
}

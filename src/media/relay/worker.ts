/** Entry of a media worker's thread: builds the relay on a backend and gives it the message port. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { Agenda } from './agenda';
import { Desk } from './desk';
import { DgramSockets } from './dgram-sockets';
import type { FromWorker, ToWorker, WorkerBirth } from './messages';
import { Relay } from './relay';

function runOnDgram(port: MessagePort, birth: WorkerBirth): void {
  const sockets = new DgramSockets();
  const post = (message: FromWorker): void => port.postMessage(message);
  let timer: NodeJS.Timeout | undefined;

  const arm = (): void => {
    clearTimeout(timer);
    const next = agenda.next();
    if (next !== undefined) timer = setTimeout(fire, Math.max(0, next - sockets.now()));
  };
  const fire = (): void => {
    agenda.run(sockets.now());
    arm();
  };
  const agenda: Agenda = new Agenda(arm);
  const relay = new Relay(sockets, agenda, birth, (event) => post({ kind: 'event', event }));
  const desk = new Desk(relay, post);

  port.on('message', (message: ToWorker) => {
    if (message.kind !== 'shutdown') {
      desk.take(message);
      return;
    }
    relay.close();
    // One turn later, so that the last packets are out.
    setImmediate(() => process.exit(0));
  });
  post({ kind: 'ready', backend: 'dgram', because: undefined });
}

if (parentPort) runOnDgram(parentPort, workerData as WorkerBirth);

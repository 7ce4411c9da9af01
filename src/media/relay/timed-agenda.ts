import { Agenda } from './agenda';
import type { SocketSet } from './datagram';

/** The longest a timer of Node's can wait. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Keeps the appointments of a worker that lives in Node's own loop. */
export function timedAgenda(sockets: SocketSet, onBug: (error: unknown) => void): Agenda {
  let timer: NodeJS.Timeout | undefined;
  const arm = (): void => {
    clearTimeout(timer);
    const next = agenda.next();
    if (next === undefined) return;
    const delay = Math.max(0, Math.min(LONGEST_TIMER, next - sockets.now()));
    timer = setTimeout(() => {
      agenda.run(sockets.now());
      arm();
    }, delay);
  };
  const agenda = new Agenda(onBug, arm);
  return agenda;
}

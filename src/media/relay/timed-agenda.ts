import { Agenda } from './agenda';
import type { SocketSet } from './datagram';

/** Keeps the appointments of a worker that lives in Node's own loop. */
export function timedAgenda(sockets: SocketSet, onBug: (error: unknown) => void): Agenda {
  let timer: NodeJS.Timeout | undefined;
  const arm = (): void => {
    clearTimeout(timer);
    const next = agenda.next();
    if (next === undefined) return;
    timer = setTimeout(
      () => {
        agenda.run(sockets.now());
        arm();
      },
      Math.max(0, next - sockets.now()),
    );
  };
  const agenda = new Agenda(onBug, arm);
  return agenda;
}

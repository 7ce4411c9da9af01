import { Server } from 'node:net';
import type { Control } from './control';
import { LoopSocket } from './loop-socket';

/** How drachtio-srf of this process reaches the engine: `srf.listen({ server, secret })`. */
export interface InProcess {
  /** Never listens: it only emits 'connection'. */
  readonly server: Server;
  readonly secret: string;
  /** Connects; to be called once srf listens on `server`, and again after the link was closed. */
  open(): void;
}

export function inProcess(control: Control): InProcess {
  const server = new Server();
  let current: LoopSocket | undefined;
  const open = () => {
    if (current && !current.destroyed) return;
    const socket = new LoopSocket();
    current = socket;
    const session = control.accept({
      peer: 'in-process',
      takesAll: true,
      write: (payload) => socket.deliver(payload),
      close: () => process.nextTick(() => socket.end()),
    });
    socket.join(session);
    server.emit('connection', socket);
  };
  return { server, secret: control.secret, open };
}

import { createServer, type Server, type Socket } from 'node:net';
import type { LocalEnd } from './address';
import type { InterfaceAddress } from './interfaces';
import { type Binding, BoundEnd } from './listener';

export interface TcpHandlers {
  onAccept(socket: Socket, local: LocalEnd): void;
  onError(error: Error, end: BoundEnd | undefined): void;
}

/** One listening TCP socket. */
export class TcpListener {
  private constructor(
    private readonly server: Server,
    readonly end: BoundEnd,
  ) {}

  /** Rejects when the address cannot be bound. */
  static async bind(
    binding: Binding,
    interfaces: () => readonly InterfaceAddress[],
    handlers: TcpHandlers,
  ): Promise<TcpListener> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: binding.address, port: binding.port, ipv6Only: true }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    const bound = server.address();
    const port = typeof bound === 'object' && bound ? bound.port : binding.port;
    const end = new BoundEnd(binding, port, interfaces);
    server.on('connection', (socket) => {
      handlers.onAccept(socket, end.towards(socket.remoteAddress ?? binding.address));
    });
    server.on('error', (error) => handlers.onError(error, end));
    return new TcpListener(server, end);
  }

  /** Takes no more connections. Resolves at once: those open are closed by their owner. */
  async close(): Promise<void> {
    this.server.close();
  }
}

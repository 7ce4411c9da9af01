import { createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../../core';
import { formatHostPort } from '../message';
import type { Control } from './control';
import { bytesOf, FrameReader } from './frame';
import {
  AUTHENTICATE_WITHIN_MS,
  KEEPALIVE_MS,
  MAX_CONNECTIONS,
  MAX_FRAME_BYTES,
  MAX_STRANGER_FRAME_BYTES,
  MAX_UNREAD_BYTES,
} from './limits';
import type { Link, Session } from './session';

/** The TCP port on which drachtio applications connect. */
export class AdminPort {
  readonly #server: Server;
  readonly #sessions = new Map<Socket, Session>();

  private constructor(
    private readonly control: Control,
    private readonly clock: Clock,
  ) {
    this.#server = createServer({ noDelay: true }, (socket) => this.#welcome(socket));
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /** Rejects when the port cannot be had. */
  static async open(
    control: Control,
    clock: Clock,
    place: { readonly host: string; readonly port: number },
  ): Promise<AdminPort> {
    const admin = new AdminPort(control, clock);
    await new Promise<void>((resolve, reject) => {
      admin.#server.once('error', reject);
      admin.#server.listen(place.port, place.host, () => {
        admin.#server.off('error', reject);
        admin.#server.on('error', (error) => {
          control.log.error({ reason: error.message }, 'admin port failed');
        });
        resolve();
      });
    });
    return admin;
  }

  get address(): { readonly host: string; readonly port: number } {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') return { host: '', port: 0 };
    return { host: address.address, port: address.port };
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const [socket, session] of this.#sessions) {
      session.dismiss();
      socket.destroy();
    }
    await closed;
  }

  #welcome(socket: Socket): void {
    socket.setKeepAlive(true, KEEPALIVE_MS);
    const session = this.control.accept(linkTo(socket, this.control));
    this.#sessions.set(socket, session);
    const stopTimer = this.clock.after(AUTHENTICATE_WITHIN_MS, () => {
      if (!session.connected) session.broken('not authenticated in time');
    });
    const receive = (payload: Buffer) => {
      session.receive(payload);
      if (session.connected) reader.limit = MAX_FRAME_BYTES;
    };
    const broken = (reason: string) => session.broken(reason);
    const reader = new FrameReader({ receive, broken }, MAX_STRANGER_FRAME_BYTES);
    socket.on('data', (chunk) => reader.push(chunk));
    // What follows an error is 'close'.
    socket.on('error', (error) => {
      this.control.log.debug({ reason: error.message }, 'application link failed');
    });
    socket.on('close', () => {
      stopTimer();
      this.#sessions.delete(socket);
      session.closed();
    });
  }
}

function linkTo(socket: Socket, control: Control): Link {
  const peer = formatHostPort(socket.remoteAddress ?? '', socket.remotePort);
  return {
    peer,
    takesAll: false,
    write: (payload) => {
      if (socket.destroyed || socket.writableEnded) return;
      socket.write(bytesOf(payload));
      if (socket.writableLength <= MAX_UNREAD_BYTES) return;
      control.log.error({ peer, unread: socket.writableLength }, 'application does not read');
      socket.destroy();
    },
    close: () => {
      socket.end();
      socket.resume();
    },
  };
}

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import type { Address } from './address';
import { type OnFailure, reasonOf, sendFailure } from './failure';
import type { InterfaceAddress } from './interfaces';
import { type Binding, BoundEnd } from './listener';

/** Room for bursts: what the kernel keeps while the process is busy elsewhere. */
const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;
/** 65,535 less the IPv4 and UDP headers. */
export const MAX_DATAGRAM_BYTES = 65_507;

export interface UdpHandlers {
  onDatagram(datagram: Buffer, remote: RemoteInfo, end: BoundEnd): void;
  onError(error: Error, end: BoundEnd | undefined): void;
}

/** One bound UDP socket. */
export class UdpListener {
  private constructor(
    private readonly socket: Socket,
    readonly end: BoundEnd,
  ) {}

  /** Rejects when the address cannot be bound. */
  static async bind(
    binding: Binding,
    interfaces: () => readonly InterfaceAddress[],
    handlers: UdpHandlers,
  ): Promise<UdpListener> {
    const type = binding.address.includes(':') ? 'udp6' : 'udp4';
    const socket = createSocket({ type, ipv6Only: type === 'udp6', lookup: numericOnly });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ address: binding.address, port: binding.port, exclusive: true }, () => {
        socket.off('error', reject);
        resolve();
      });
    });
    enlargeBuffers(socket);
    const end = new BoundEnd(binding, socket.address().port, interfaces);
    socket.on('message', (datagram, remote) => handlers.onDatagram(datagram, remote, end));
    socket.on('error', (error) => handlers.onError(error, end));
    return new UdpListener(socket, end);
  }

  /** Never throws; `onSent` or `onFailure` is called later. */
  send(bytes: Buffer, to: Address, onSent: () => void, onFailure: OnFailure): void {
    try {
      this.socket.send(bytes, to.port, to.address, (error) => {
        if (error) onFailure(sendFailure(reasonOf(error), to, error.message));
        else onSent();
      });
    } catch (error) {
      // A port of 0, or a closed socket: node tells these at once.
      const detail = error instanceof Error ? error.message : String(error);
      queueMicrotask(() => onFailure(sendFailure('unreachable', to, detail)));
    }
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.socket.close(() => resolve()));
  }
}

/** Addresses are numeric here: node's own look-up would only cost a turn of the event loop. */
function numericOnly(
  address: string,
  _options: unknown,
  callback: (error: null, address: string, family: number) => void,
): void {
  callback(null, address, address.includes(':') ? 6 : 4);
}

function enlargeBuffers(socket: Socket): void {
  try {
    socket.setRecvBufferSize(SOCKET_BUFFER_BYTES);
    socket.setSendBufferSize(SOCKET_BUFFER_BYTES);
  } catch {
    // The system gives less: calls still pass, bursts are shorter.
  }
}

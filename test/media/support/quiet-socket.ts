import { isIPv6 } from 'node:net';
import type { SocketAddress } from '../../../src/media/relay/address';
import { type DatagramSink, type DatagramSocket, drain } from '../../../src/media/relay/datagram';
import { Row } from '../../../src/media/relay/row';

/** A socket that is nowhere: it hears what its sink is given, and what it sends is its heirs' to keep. */
export class QuietSocket implements DatagramSocket {
  readonly family: 4 | 6;

  constructor(
    readonly port: number,
    public sink: DatagramSink = drain,
    readonly row = new Row(),
    readonly address = '127.0.0.1',
  ) {
    this.family = isIPv6(address) ? 6 : 4;
  }

  listen(_on: boolean): void {}

  send(_bytes: Buffer, _offset: number, _length: number, _to: SocketAddress): void {}

  sendLater(bytes: Buffer, offset: number, length: number, to: SocketAddress): void {
    this.send(bytes, offset, length, to);
  }

  flush(): void {}

  renew(): boolean {
    this.row.renew();
    return true;
  }

  drained(done: () => void): void {
    done();
  }

  close(): void {}
}

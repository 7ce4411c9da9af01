import { socketAddress } from '../../../src/media/relay/address';
import type { Carrier } from '../../../src/media/relay/carrier';
import {
  AF_INET,
  loadLibc,
  MSG_DONTWAIT,
  SOCK_DGRAM,
  SOCKADDR_IN,
} from '../../../src/media/relay/libc';
import { RingCarrier } from '../../../src/media/relay/ring-carrier';
import { freeRange } from '../../support/ports';
import { hasRings } from '../../support/rings';

/** As many as the carrier has. */
const BUFFERS = 128;
const EAR = 1;
const LATE = 2;
const MOUTH = 3;

/** A carrier, and sockets that it does not know of until it is told. */
class Stage {
  readonly libc = loadLibc();
  readonly refused: string[] = [];
  readonly carrier: Carrier;
  readonly fds: number[] = [];
  readonly #bytes = Buffer.allocUnsafeSlow(256).fill(0);
  readonly #at = this.libc.addressOf(this.#bytes);

  constructor(readonly port: number) {
    this.carrier = RingCarrier.on(this.libc, 8, 256, (_slot, bytes, offset, length) =>
      this.refused.push(bytes.toString('latin1', offset, offset + length)),
    );
    for (let i = 0; i < 5; i++) this.fds.push(this.#open(port + i));
  }

  #open(port: number): number {
    const fd = this.libc.socket(AF_INET, SOCK_DGRAM, 0);
    this.#address('127.0.0.1', port);
    expect(this.libc.bind(fd, this.#at, SOCKADDR_IN)).toBe(0);
    return fd;
  }

  #address(host: string, port: number): void {
    const { words } = socketAddress(host, port)!;
    new Int32Array(this.#bytes.buffer, this.#bytes.byteOffset, words.length).set(words);
  }

  say(text: string, index: number): void {
    this.#address('127.0.0.1', this.port + index);
    this.#bytes.write(text, 64, 'latin1');
    const { length } = text;
    const fd = this.fds[MOUTH]!;
    expect(this.libc.sendto(fd, this.#at + 64, length, 0, this.#at, SOCKADDR_IN)).toBe(length);
  }

  hear(index: number): string {
    const length = this.libc.recvfrom(this.fds[index]!, this.#at + 64, 128, MSG_DONTWAIT, 0, 0);
    return length < 0 ? '' : this.#bytes.toString('latin1', 64, 64 + length);
  }

  /** Sends on what is at hand. */
  relay(host: string, port: number): void {
    const { carrier } = this;
    this.#address(host, port);
    this.#bytes.copy(carrier.bytes, carrier.room, 0, SOCKADDR_IN);
    const { at, length } = carrier;
    carrier.relay(MOUTH, this.fds[MOUTH]!, at, length, 0, carrier.room, SOCKADDR_IN);
  }

  /** Takes what is left of a look. */
  drain(): void {
    while (this.carrier.next());
  }

  close(): void {
    this.carrier.close();
    for (const fd of this.fds) this.libc.close(fd);
    for (const { address, length } of this.carrier.mappings) this.libc.munmap(address, length);
    this.libc.close(this.carrier.fd);
  }
}

(hasRings() ? describe : describe.skip)('what is queued out of a receive buffer', () => {
  let stage: Stage;

  beforeEach(async () => {
    stage = new Stage((await freeRange(8)).min);
    stage.carrier.watch(EAR, stage.fds[EAR]!);
    stage.carrier.wait(0, 1);
    stage.drain();
  });

  afterEach(() => stage.close());

  /** So many come, and the first of a look that takes all there is room for is at hand. */
  function fill(count: number): void {
    for (let i = 0; i < count; i++) stage.say(`${i} of one call`, EAR);
    expect(stage.carrier.wait(0, 1)).toBe(true);
    expect(stage.carrier.next()).toBe(true);
  }

  test('leaves as it came, though in the same look a socket is watched that something waits in', () => {
    const { carrier } = stage;
    stage.say('of another call', LATE);
    fill(BUFFERS);
    // The first of those that are to be watched is the one that ran out of buffers.
    carrier.watch(LATE, stage.fds[LATE]!);
    carrier.watch(0, stage.fds[0]!);
    stage.relay('127.0.0.1', stage.port + 4);
    stage.drain();
    carrier.wait(0, 1);
    expect(stage.hear(4)).toBe('0 of one call');
    stage.drain();
  });

  test('leaves as it came, though something else has come since that may have the buffer next', () => {
    const { carrier } = stage;
    carrier.watch(LATE, stage.fds[LATE]!);
    carrier.wait(0, 1);
    stage.drain();
    fill(BUFFERS);
    stage.relay('127.0.0.1', stage.port + 4);
    stage.drain();
    stage.say('of another call', LATE);
    carrier.wait(0, 1);
    expect(stage.hear(4)).toBe('0 of one call');
    stage.drain();
  });

  test('is told as it was when it is refused, though more comes than there is room for', () => {
    const { carrier } = stage;
    fill(BUFFERS + 12);
    // A broadcast that nobody has asked leave for: EACCES.
    stage.relay('255.255.255.255', 9);
    stage.drain();
    carrier.wait(0, 1);
    stage.drain();
    carrier.settle();
    expect(stage.refused).toEqual(['0 of one call']);
  });
});

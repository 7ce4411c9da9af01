import { NgClient } from '../../../src/media/rtpengine/ng';
import { decode, encode, type Writable } from '../../../src/media/rtpengine/ng/bencode';
import { VirtualClock } from '../../support/virtual-clock';

/** A line to a node that does only what it is told. */
class Wire {
  readonly sent: Array<{ cookie: string; command: unknown; at: number }> = [];
  onMessage: (bytes: Buffer) => void = () => {};
  onRefused: (why: string) => void = () => {};
  closed = false;

  constructor(private readonly clock: VirtualClock) {}

  send(bytes: Buffer): void {
    const space = bytes.indexOf(' ');
    const cookie = bytes.toString('utf8', 0, space);
    this.sent.push({ cookie, command: decode(bytes.subarray(space + 1)), at: this.clock.now() });
  }

  answer(cookie: string, body: Record<string, Writable>): void {
    this.onMessage(Buffer.concat([Buffer.from(`${cookie} `), encode(body)]));
  }

  close(): void {
    this.closed = true;
  }
}

describe('a client of rtpengine', () => {
  let clock: VirtualClock;
  let wire: Wire;
  let client: NgClient;

  beforeEach(() => {
    clock = new VirtualClock();
    wire = new Wire(clock);
    client = new NgClient({ socket: wire, clock, cookies: 'us', timeoutMs: 2_000 });
  });

  test('repeats a command under its cookie until it is answered, and then no more', async () => {
    const outcome = client.ask({ command: 'ping' });
    clock.advance(700);
    expect(wire.sent.map(({ at }) => at)).toEqual([0, 200, 600]);
    expect(new Set(wire.sent.map(({ cookie }) => cookie)).size).toBe(1);
    wire.answer(wire.sent[0]!.cookie, { result: 'pong' });
    expect(await outcome).toMatchObject({ kind: 'ok' });
    clock.advance(10_000);
    expect(wire.sent).toHaveLength(3);
    expect(clock.pending).toBe(0);
  });

  test('gives up in time', async () => {
    const outcome = client.ask({ command: 'ping' });
    clock.advance(2_000);
    expect(await outcome).toEqual({ kind: 'silent', reason: 'no answer within 2000 ms' });
    expect(clock.pending).toBe(0);
  });

  test('hears an answer once, and one that comes late not at all', async () => {
    const first = client.ask({ command: 'ping' });
    const { cookie } = wire.sent[0]!;
    clock.advance(2_000);
    wire.answer(cookie, { result: 'pong' });
    expect((await first).kind).toBe('silent');
    const second = client.ask({ command: 'query' });
    const again = wire.sent.at(-1)!.cookie;
    wire.answer(again, { result: 'ok', created: 'first' });
    wire.answer(again, { result: 'ok', created: 'second' });
    expect(await second).toMatchObject({ body: { created: 'first' } });
    expect(client.strays).toBe(2);
  });

  test('gives each answer to the command it belongs to', async () => {
    const outcomes = [client.ask({ command: 'offer' }), client.ask({ command: 'answer' })];
    const [one, two] = wire.sent.map(({ cookie }) => cookie);
    wire.answer(two!, { result: 'ok', sdp: 'two' });
    wire.answer(one!, { result: 'ok', sdp: 'one' });
    expect(await Promise.all(outcomes)).toMatchObject([
      { body: { sdp: 'one' } },
      { body: { sdp: 'two' } },
    ]);
  });

  test('tells a refusal from a node that is full', async () => {
    const refused = client.ask({ command: 'offer' });
    wire.answer(wire.sent[0]!.cookie, { result: 'error', 'error-reason': 'Unknown call-ID' });
    expect(await refused).toEqual({ kind: 'refused', reason: 'Unknown call-ID' });
    const full = client.ask({ command: 'offer' });
    wire.answer(wire.sent[1]!.cookie, { result: 'load limit', message: 'enough' });
    expect(await full).toEqual({ kind: 'busy', reason: 'enough' });
  });

  test('waits no longer when nobody listens there', async () => {
    const outcome = client.ask({ command: 'ping' });
    wire.onRefused('ECONNREFUSED');
    expect(await outcome).toEqual({ kind: 'silent', reason: 'ECONNREFUSED' });
    expect(clock.pending).toBe(0);
  });

  test('is not troubled by garbage', async () => {
    const outcome = client.ask({ command: 'ping' });
    const { cookie } = wire.sent[0]!;
    for (const garbage of ['', ' ', cookie, `${cookie} `, `${cookie} i1e`, `${cookie} l`, 'x d']) {
      wire.onMessage(Buffer.from(garbage));
    }
    wire.answer(cookie, { result: 'pong' });
    expect((await outcome).kind).toBe('ok');
  });

  test.each<Record<string, Writable>>([
    {},
    { result: { toString: 'x', valueOf: 'x' } },
    { result: 'error', 'error-reason': { toString: 'x', valueOf: 'x' } },
    { result: 'error', 'error-reason': [{ toString: 'x', valueOf: 'x' }] },
    { result: 'load limit', message: { toString: 'x', valueOf: 'x' } },
  ])('takes an answer that says nothing legible for a refusal: %j', async (body) => {
    const outcome = client.ask({ command: 'ping' });
    wire.answer(wire.sent[0]!.cookie, body);
    expect(['refused', 'busy']).toContain((await outcome).kind);
  });

  test('leaves nobody waiting when it is closed', async () => {
    const outcome = client.ask({ command: 'ping' });
    client.close();
    expect((await outcome).kind).toBe('silent');
    expect(wire.closed).toBe(true);
    expect(clock.pending).toBe(0);
  });
});

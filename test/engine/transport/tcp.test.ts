import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { SystemClock } from '../../../src/core';
import { badRequestResponse, responseTo, serialize } from '../../../src/engine/message';
import { responseDestination } from '../../../src/engine/transport';
import { VirtualClock } from '../../support/virtual-clock';
import { bytes } from '../message/messages';
import { Station } from './station';

const REQUEST = bytes({ replace: { Via: 'SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK1' } });

const stations: Station[] = [];
const peers: Array<Socket | Server> = [];

async function station(
  options: ConstructorParameters<typeof Station>[0] = {},
  ...bindings: Parameters<Station['listen']>
): Promise<Station> {
  const one = new Station(options);
  stations.push(one);
  return one.listen(...(bindings.length === 0 ? [{ protocol: 'tcp' as const }] : bindings));
}

async function caller(to: Station): Promise<Socket> {
  const socket = connect({ host: to.end().address, port: to.end().port });
  peers.push(socket);
  await once(socket, 'connect');
  return socket;
}

/** A server of another kind; what connects to it is in `sockets`. */
async function server(
  onConnection: (socket: Socket) => void = () => {},
): Promise<{ port: number }> {
  const one = createServer((socket) => {
    peers.push(socket);
    socket.on('error', () => {});
    onConnection(socket);
  });
  peers.push(one);
  one.listen(0, '127.0.0.1');
  await once(one, 'listening');
  return one.address() as { port: number };
}

const toPort = (port: number) => ({ protocol: 'tcp', address: '127.0.0.1', port }) as const;

/** What a socket received, once it ends with `end`. */
async function heard(socket: Socket, end: string): Promise<string> {
  let text = '';
  while (!text.endsWith(end)) text += String((await once(socket, 'data'))[0]);
  return text;
}

function answering(ours: Station): Station {
  ours.onMessage = (inbound) => {
    if (inbound.message.kind !== 'request') return;
    ours.transport.send(
      serialize(responseTo(inbound.message, 200)),
      responseDestination(inbound.message, inbound),
      ours.failures.add,
    );
  };
  ours.onMalformed = (malformed) => {
    const { partial, error } = malformed;
    const response = partial && badRequestResponse(partial, error);
    if (partial && response) {
      ours.transport.send(serialize(response), responseDestination(partial, malformed));
    }
  };
  return ours;
}

afterEach(async () => {
  for (const peer of peers.splice(0)) 'destroy' in peer ? peer.destroy() : peer.close();
  await Promise.all(stations.splice(0).map(({ transport }) => transport.close()));
});

it.each(['127.0.0.1', '::1'])(
  'carries requests and responses over one connection on %s',
  async (address) => {
    const ours = await station({}, { protocol: 'tcp', address });
    const theirs = answering(await station({}, { protocol: 'tcp', address }));
    for (let turn = 0; turn < 3; turn++) {
      ours.transport.send(REQUEST, { ...theirs.end() }, ours.failures.add);
      const { message, connection, source } = await ours.messages.next();
      expect(message).toMatchObject({ kind: 'response', status: 200 });
      expect(connection).toBe(1);
      expect(source).toEqual({ protocol: 'tcp', address, port: theirs.end().port });
    }
    expect(ours.transport.stats()).toMatchObject({
      connections: 1,
      connectionsOpened: 1,
      sent: 3,
      received: 3,
    });
    expect(theirs.transport.stats()).toMatchObject({ connections: 1, connectionsAccepted: 1 });
  },
);

it('takes requests cut anywhere, and several at once', async () => {
  const ours = answering(await station());
  const phone = await caller(ours);
  phone.setNoDelay(true);
  phone.write(REQUEST.subarray(0, 10));
  phone.write(Buffer.concat([REQUEST.subarray(10), REQUEST, REQUEST.subarray(0, 50)]));
  phone.write(REQUEST.subarray(50));
  const text = await heard(phone, '\r\n\r\n');
  let count = text.split('SIP/2.0 200 OK').length - 1;
  while (count < 3)
    count += String((await once(phone, 'data'))[0]).split('SIP/2.0 200 OK').length - 1;
  expect(count).toBe(3);
});

it('opens a connection to the sent-by when the request’s own is gone', async () => {
  const ours = await station();
  const phone = await caller(ours);
  const accepted = new Promise<Socket>((resolve) => {
    void server(resolve).then(({ port }) => {
      phone.write(bytes({ replace: { Via: `SIP/2.0/TCP 127.0.0.1:${port};branch=z9hG4bK1` } }));
    });
  });
  const inbound = await ours.messages.next();
  phone.destroy();
  await ours.closed.next();
  if (inbound.message.kind !== 'request') throw new Error('not a request');
  const response = serialize(responseTo(inbound.message, 200));
  ours.transport.send(response, responseDestination(inbound.message, inbound), ours.failures.add);
  expect(await heard(await accepted, '\r\n\r\n')).toMatch(/^SIP\/2\.0 200/);
});

it('sends requests over a connection that the peer opened', async () => {
  const ours = await station();
  const phone = await caller(ours);
  phone.write(REQUEST);
  const { source } = await ours.messages.next();
  ours.transport.send(bytes({ start: 'BYE sip:a@b SIP/2.0', replace: { CSeq: '1 BYE' } }), source);
  expect(await heard(phone, '\r\n\r\n')).toMatch(/^BYE /);
  expect(ours.transport.stats().connectionsOpened).toBe(0);
});

it('answers a ping with a pong', async () => {
  const ours = await station();
  const phone = await caller(ours);
  phone.write('\r\n\r\n');
  expect(await heard(phone, '\r\n')).toBe('\r\n');
  expect(ours.transport.stats()).toMatchObject({ keepalives: 1, sent: 0 });
});

it('answers a message without Content-Length with 400 and closes', async () => {
  const ours = answering(await station());
  const phone = await caller(ours);
  phone.write(bytes({ replace: { 'Content-Length': undefined } }));
  expect(await heard(phone, '\r\n\r\n')).toMatch(/^SIP\/2\.0 400 Missing Content-Length/);
  await once(phone, 'close');
  expect(ours.transport.stats()).toMatchObject({
    malformed: 1,
    connectionsShed: 1,
    connections: 0,
  });
});

it('gives its whole answer to an INVITE without Content-Length whose body follows', async () => {
  const ours = answering(await station());
  const phone = await caller(ours);
  const errors: Error[] = [];
  phone.on('error', (error) => errors.push(error));
  phone.write(bytes({ replace: { 'Content-Length': undefined }, body: 'v=0\r\n'.repeat(200) }));
  const answer = await heard(phone, '\r\n\r\n');
  expect(answer).toMatch(/^SIP\/2\.0 400 Missing Content-Length\r\n/);
  expect(answer).toContain('CSeq: 314159 INVITE');
  phone.write('a=late\r\n'.repeat(200));
  await once(phone, 'close');
  expect(errors).toEqual([]);
});

it('closes on what is no SIP', async () => {
  const ours = answering(await station());
  const phone = await caller(ours);
  phone.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  phone.resume();
  await once(phone, 'close');
  expect(ours.transport.stats()).toMatchObject({ malformed: 1, dropped: 1 });
});

it('answers a malformed message whose end is known, and reads on', async () => {
  const ours = answering(await station());
  const phone = await caller(ours);
  phone.write(Buffer.concat([bytes({ replace: { CSeq: 'x' } }), REQUEST]));
  await ours.malformed.next();
  await ours.messages.next();
  expect(ours.transport.stats()).toMatchObject({ malformed: 1, received: 1, connections: 1 });
});

it('reports a refused connection, for every message that waited for it', async () => {
  const { port } = await server();
  for (const peer of peers.splice(0))
    if ('close' in peer) await new Promise((done) => (peer as Server).close(done));
  const ours = await station();
  ours.transport.send(REQUEST, toPort(port), ours.failures.add);
  ours.transport.send(REQUEST, toPort(port), ours.failures.add);
  expect(await ours.failures.next()).toMatchObject({ reason: 'refused', to: toPort(port) });
  expect(await ours.failures.next()).toMatchObject({ reason: 'refused' });
  expect(ours.transport.stats()).toMatchObject({
    connectionsOpened: 1,
    connections: 0,
    sendFailures: 2,
  });
});

it('gives a connection up that does not come up in time, sooner when it was only tried', async () => {
  const { port } = await server();
  const clock = new VirtualClock();
  const ours = await station({ clock });
  ours.transport.send(REQUEST, toPort(port), ours.failures.add);
  clock.advance(4_000);
  expect(await ours.failures.next()).toMatchObject({ reason: 'timeout' });
  ours.transport.send(REQUEST, { ...toPort(port), opportunistic: true }, ours.failures.add);
  clock.advance(1_000);
  expect(await ours.failures.next()).toMatchObject({ reason: 'timeout' });
});

it('remembers who refused TCP that was tried for the size only', async () => {
  const ours = await station({}, { protocol: 'tcp' }, { protocol: 'udp' });
  const theirs = await station({}, { protocol: 'udp' });
  const { port } = theirs.end();
  const hops = [{ protocol: 'udp', address: '127.0.0.1', port, fixed: false }] as const;
  const [first, second] = ours.transport.candidates(hops, 2_000);
  expect([first?.protocol, second?.protocol]).toEqual(['tcp', 'udp']);
  if (!first || !second) throw new Error('no candidates');
  ours.transport.send(REQUEST, first, ours.failures.add);
  expect(await ours.failures.next()).toMatchObject({ reason: 'refused' });
  ours.transport.send(REQUEST, second, ours.failures.add);
  await theirs.messages.next();
  expect(ours.transport.candidates(hops, 2_000).map(({ protocol }) => protocol)).toEqual(['udp']);
});

it('tells when a connection is gone', async () => {
  const { port } = await server((socket) => socket.once('data', () => socket.destroy()));
  const ours = await station();
  ours.transport.send(REQUEST, toPort(port), ours.failures.add);
  expect(await ours.closed.next()).toBe(1);
  expect(ours.transport.stats().connections).toBe(0);
});

it('does not feed a peer that does not read', async () => {
  const { port } = await server((socket) => socket.pause());
  const ours = await station({ limits: { writeBufferBytes: 200_000 } });
  const large = bytes({ body: 'x'.repeat(50_000) });
  // One message a turn of the event loop, so that it is the kernel's buffers that fill up.
  for (;;) {
    ours.transport.send(large, toPort(port), ours.failures.add);
    if (ours.transport.stats().connectionsShed > 0) break;
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(ours.transport.stats().connections).toBe(0);
  expect(await ours.failures.next()).toMatchObject({ reason: 'congested' });
});

it('closes a connection that is quiet for long, and keeps one that talks', async () => {
  const clock = new VirtualClock();
  const ours = await station({ clock, limits: { idleMs: 100_000, stalledMs: 30_000 } });
  const phone = await caller(ours);
  phone.write(REQUEST);
  await ours.messages.next();
  clock.advance(90_000);
  phone.write(REQUEST);
  await ours.messages.next();
  clock.advance(90_000);
  expect(ours.transport.stats().connections).toBe(1);
  clock.advance(60_000);
  expect(ours.transport.stats().connections).toBe(0);
  phone.resume();
  await once(phone, 'close');
});

it('closes a connection that says nothing, or only half of something', async () => {
  const clock = new VirtualClock();
  const ours = await station({ clock });
  const silent = await caller(ours);
  const talker = await caller(ours);
  talker.write(REQUEST);
  await ours.messages.next();
  clock.advance(32_000);
  silent.resume();
  await once(silent, 'close');
  expect(ours.transport.stats().connections).toBe(1);

  // The pong shows that the half message behind the ping has been read.
  talker.write(Buffer.concat([Buffer.from('\r\n\r\n'), REQUEST.subarray(0, 30)]));
  await heard(talker, '\r\n');
  clock.advance(64_000);
  await once(talker, 'close');
  expect(ours.transport.stats().connections).toBe(0);
});

it('takes no more connections than its bound, but closes a quiet one for a new one', async () => {
  const clock = new VirtualClock();
  const ours = await station({ clock, maxConnections: 2, limits: { stalledMs: 1e9 } });
  const first = await caller(ours);
  first.write(REQUEST);
  await ours.messages.next();
  clock.advance(1_000);
  const second = await caller(ours);
  second.write(REQUEST);
  await ours.messages.next();

  const refused = connect(toPort(ours.end().port));
  peers.push(refused);
  refused.resume();
  await once(refused, 'close');
  expect(ours.transport.stats()).toMatchObject({ connections: 2, connectionsShed: 1 });
  ours.transport.send(REQUEST, toPort(ours.end().port), ours.failures.add);
  expect(await ours.failures.next()).toMatchObject({ reason: 'congested' });

  clock.advance(60_000);
  const third = await caller(ours);
  third.write(REQUEST);
  await ours.messages.next();
  first.resume();
  await once(first, 'close');
  expect(ours.transport.stats().connections).toBe(2);
});

it('survives a peer that resets in the middle of everything', async () => {
  const ours = answering(await station());
  for (let turn = 0; turn < 20; turn++) {
    const phone = await caller(ours);
    phone.on('error', () => {});
    phone.write(Buffer.concat([REQUEST, REQUEST.subarray(0, 40)]));
    phone.resetAndDestroy();
    await ours.closed.next();
  }
  expect(ours.transport.stats().connections).toBe(0);
});

it('lets what was written leave before it closes', async () => {
  const theirs = await station();
  const ours = await station({ clock: new SystemClock() });
  ours.transport.send(REQUEST, { ...theirs.end() }, ours.failures.add);
  await ours.transport.close();
  await theirs.messages.next();
  expect(ours.failures.unread).toBe(0);
});

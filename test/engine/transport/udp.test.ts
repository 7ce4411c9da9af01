import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import {
  asSipUri,
  badRequestResponse,
  header,
  parse,
  responseTo,
  serialize,
  topVia,
} from '../../../src/engine/message';
import { responseDestination } from '../../../src/engine/transport';
import { bytes } from '../message/messages';
import { Station } from './station';

const stations: Station[] = [];
const sockets: Socket[] = [];

async function station(...bindings: Parameters<Station['listen']>): Promise<Station> {
  const one = new Station();
  stations.push(one);
  return one.listen(...bindings);
}

async function peer(address = '127.0.0.1'): Promise<Socket> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  sockets.push(socket);
  socket.bind(0, address);
  await once(socket, 'listening');
  return socket;
}

async function heard(socket: Socket): Promise<string> {
  const [datagram] = (await once(socket, 'message')) as [Buffer];
  return datagram.toString();
}

afterEach(async () => {
  await Promise.all(stations.splice(0).map(({ transport }) => transport.close()));
  for (const socket of sockets.splice(0)) socket.close();
});

it.each(['127.0.0.1', '::1'])(
  'hands up a request from %s and sends its response back there',
  async (address) => {
    const ours = await station({ protocol: 'udp', address });
    ours.onMessage = (inbound) => {
      const { message } = inbound;
      if (message.kind !== 'request') return;
      ours.transport.send(
        serialize(responseTo(message, 200)),
        responseDestination(message, inbound),
      );
    };
    const phone = await peer(address);
    const { port } = phone.address();
    phone.send(
      bytes({ replace: { Via: 'SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bK1' } }),
      ours.end().port,
      address,
    );

    const answer = parse(Buffer.from(await heard(phone)));
    if (!answer.ok) throw new Error(answer.error.reason);
    expect(answer.message).toMatchObject({ kind: 'response', status: 200 });
    expect(topVia(answer.message)).toMatchObject({ rport: port, received: address });

    expect(await ours.messages.next()).toMatchObject({
      source: { protocol: 'udp', address, port },
      local: { protocol: 'udp', address, port: ours.end().port, advertised: { address } },
      connection: undefined,
    });
    expect(ours.transport.stats()).toMatchObject({ received: 1, sent: 1, malformed: 0 });
  },
);

it('answers from the end the request came to', async () => {
  const ours = await station({ protocol: 'udp' }, { protocol: 'udp' });
  ours.onMessage = (inbound) => {
    if (inbound.message.kind !== 'request') return;
    ours.transport.send(
      serialize(responseTo(inbound.message, 200)),
      responseDestination(inbound.message, inbound),
    );
  };
  const phone = await peer();
  phone.send(bytes(), ours.end(1).port, '127.0.0.1');
  const [, remote] = (await once(phone, 'message')) as [Buffer, { port: number }];
  expect(remote.port).toBe(ours.end(1).port);
});

it('sends between two of its kind over a wildcard, and says who it is towards the peer', async () => {
  const ours = await station(
    { protocol: 'udp', address: '0.0.0.0' },
    { protocol: 'udp', address: '::' },
  );
  const theirs = await station({ protocol: 'udp' }, { protocol: 'udp', address: '::1' });
  expect(ours.transport.localFor('udp', '127.0.0.1')?.advertised).toEqual({
    address: '127.0.0.1',
    port: ours.end().port,
  });
  expect(ours.transport.localFor('udp', '::1')?.advertised.address).toBe('::1');
  ours.transport.send(bytes(), { ...theirs.end(0) }, ours.failures.add);
  expect((await theirs.messages.next()).source.port).toBe(ours.end(0).port);
  ours.transport.send(bytes(), { ...theirs.end(1) }, ours.failures.add);
  expect((await theirs.messages.next()).source.port).toBe(ours.end(1).port);
});

it('hands up what is malformed with what can be answered, and goes on', async () => {
  const ours = await station({ protocol: 'udp' });
  ours.onMalformed = (malformed) => {
    const { partial, error } = malformed;
    const response = partial && badRequestResponse(partial, error, 'tag');
    if (partial && response) {
      ours.transport.send(serialize(response), responseDestination(partial, malformed));
    }
  };
  const phone = await peer();
  const { port } = ours.end();
  phone.send(Buffer.from([0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4, 5]), port, '127.0.0.1');
  phone.send(bytes({ start: 'SIP/2.0 200 OK', replace: { CSeq: undefined } }), port, '127.0.0.1');
  phone.send(bytes({ replace: { CSeq: '1 BYE' } }), port, '127.0.0.1');
  expect(await heard(phone)).toMatch(/^SIP\/2\.0 400 CSeq Method Mismatch\r\n/);
  phone.send(bytes(), port, '127.0.0.1');
  await ours.messages.next();
  expect(ours.transport.stats()).toMatchObject({ received: 1, malformed: 3, dropped: 2, sent: 1 });
});

it('takes keep-alives for what they are', async () => {
  const ours = await station({ protocol: 'udp' });
  const phone = await peer();
  for (const text of ['\r\n\r\n', '\0', '\0\0\0\0', ''])
    phone.send(text, ours.end().port, '127.0.0.1');
  phone.send(bytes(), ours.end().port, '127.0.0.1');
  await ours.messages.next();
  expect(ours.transport.stats()).toMatchObject({ keepalives: 4, malformed: 0, received: 1 });
});

it('reports what cannot be sent, later and once, and never throws', async () => {
  const ours = await station({ protocol: 'udp' });
  const { send } = ours.transport;
  const to = { protocol: 'udp', address: '127.0.0.1', port: 5060 } as const;
  const attempts = [
    [Buffer.alloc(65_508), to, 'too-large'],
    [bytes(), { ...to, port: 0 }, 'unreachable'],
    [bytes(), { ...to, address: '::1' }, 'unreachable'],
    [bytes(), { ...to, protocol: 'tls' as const }, 'unreachable'],
    [bytes(), { ...to, protocol: 'tcp' as const }, 'unreachable'],
  ] as const;
  for (const [message, destination, reason] of attempts) {
    send.call(ours.transport, message, destination, ours.failures.add);
    expect(ours.failures.unread).toBe(0);
    expect(await ours.failures.next()).toMatchObject({ reason });
  }
  expect(ours.transport.stats()).toMatchObject({ sendFailures: attempts.length, sent: 0 });
});

it('carries bodies up to the size of a datagram', async () => {
  const ours = await station({ protocol: 'udp', address: '::1' });
  const theirs = await station({ protocol: 'udp', address: '::1' });
  ours.transport.send(bytes({ body: 'x'.repeat(60_000) }), { ...theirs.end() }, ours.failures.add);
  expect((await theirs.messages.next()).message.body).toHaveLength(60_000);
});

it('survives a layer above that throws', async () => {
  const ours = await station({ protocol: 'udp' });
  let thrown = 0;
  ours.onMessage = () => {
    thrown += 1;
    if (thrown === 1) throw new Error('a bug');
  };
  const phone = await peer();
  phone.send(bytes(), ours.end().port, '127.0.0.1');
  await ours.messages.next();
  phone.send(bytes({ replace: { 'Call-ID': 'second' } }), ours.end().port, '127.0.0.1');
  expect(header((await ours.messages.next()).message, 'Call-ID')).toBe('second');
});

it('says when it cannot listen, and then holds no socket', async () => {
  const theirs = await station({ protocol: 'udp' });
  const ours = new Station();
  await expect(
    ours.listen({ protocol: 'udp' }, { protocol: 'udp', port: theirs.end().port }),
  ).rejects.toThrow('EADDRINUSE');
  expect(ours.transport.localFor('udp', '127.0.0.1')).toBeUndefined();
  await expect(new Station().listen({ protocol: 'tls' })).rejects.toThrow('tls');
});

it('sends nothing after it closed', async () => {
  const ours = await station({ protocol: 'udp' });
  await ours.transport.close();
  ours.transport.send(
    bytes(),
    { protocol: 'udp', address: '127.0.0.1', port: 5060 },
    ours.failures.add,
  );
  expect(await ours.failures.next()).toMatchObject({ reason: 'unreachable' });
});

it('knows its own ends by their URIs', async () => {
  const { transport, ends } = await station({ protocol: 'udp' }, { protocol: 'tcp' });
  const [udp = 0, tcp = 0] = ends.map(({ port }) => port);
  const isOurs = (text: string) => transport.isOurs(asSipUri(text)!);
  expect(isOurs(`sip:127.0.0.1:${udp};lr`)).toBe(true);
  expect(isOurs(`sip:service@127.0.0.1:${tcp};transport=TCP`)).toBe(true);
  expect(isOurs(`sip:127.0.0.1:${udp};transport=tcp`)).toBe(udp === tcp);
  expect(isOurs(`sip:127.0.0.2:${udp}`)).toBe(false);
  expect(isOurs('sip:127.0.0.1')).toBe(udp === 5060 || tcp === 5060);
});

import { asSipUri } from '../../../src/engine/message';
import { type Dns, Resolver, type SrvRecord } from '../../../src/engine/transport';
import { VirtualClock } from '../../support/virtual-clock';

interface Zone {
  srv?: Record<string, SrvRecord[]>;
  addresses?: Record<string, string[]>;
}

function resolver(zone: Zone, random = 0.5) {
  const asked: string[] = [];
  const dns: Dns = {
    srv: async (name) => {
      asked.push(`srv ${name}`);
      return zone.srv?.[name] ?? [];
    },
    addresses: async (host) => {
      asked.push(`addresses ${host}`);
      return zone.addresses?.[host] ?? [];
    },
  };
  const clock = new VirtualClock();
  return { resolver: new Resolver({ clock, dns, random: () => random }), asked, clock, zone };
}

function uri(text: string) {
  const parsed = asSipUri(text);
  if (!parsed) throw new Error(text);
  return parsed;
}

async function hops(from: Resolver, text: string): Promise<string[] | string> {
  const resolution = await from.resolve(uri(text));
  if (!resolution.ok) return resolution.reason;
  return resolution.hops.map(
    ({ protocol, address, port, fixed }) =>
      `${protocol} ${address} ${port}${fixed ? ' fixed' : ''}`,
  );
}

describe('a numeric address', () => {
  it.each([
    ['sip:192.0.2.1', 'udp 192.0.2.1 5060'],
    ['sip:a@192.0.2.1:5070;transport=TCP', 'tcp 192.0.2.1 5070 fixed'],
    ['sip:192.0.2.1;transport=udp', 'udp 192.0.2.1 5060 fixed'],
    ['sips:192.0.2.1', 'tls 192.0.2.1 5061 fixed'],
    ['sips:192.0.2.1;transport=tcp', 'tls 192.0.2.1 5061 fixed'],
    ['sip:192.0.2.1;transport=tls', 'tls 192.0.2.1 5061 fixed'],
    ['sip:[2001:DB8:0:0::1]:5070', 'udp 2001:db8::1 5070'],
    ['sip:proxy.example;maddr=192.0.2.7', 'udp 192.0.2.7 5060'],
    ['sip:proxy.example;maddr=[2001:db8::7];transport=tcp', 'tcp 2001:db8::7 5060 fixed'],
  ])('%s is known at once', (text, hop) => {
    const { resolver: from, asked } = resolver({});
    const known = from.known(uri(text));
    expect(known).toMatchObject({ ok: true });
    return hops(from, text).then((found) => {
      expect(found).toEqual([hop]);
      expect(asked).toEqual([]);
    });
  });
});

it.each([
  ['sip:192.0.2.1;transport=sctp', 'transport sctp is not supported'],
  ['sips:192.0.2.1;transport=udp', 'sips over UDP'],
  ['sip:192.0.2.1:0', 'port 0'],
])('%s leads nowhere: %s', async (text, reason) => {
  expect(await hops(resolver({}).resolver, text)).toBe(reason);
});

it('asks addresses only, for a name with a port', async () => {
  const { resolver: from, asked } = resolver({
    addresses: { 'pbx.example': ['192.0.2.1', '2001:db8::1'] },
  });
  expect(await hops(from, 'sip:pbx.example:5070')).toEqual([
    'udp 192.0.2.1 5070',
    'udp 2001:db8::1 5070',
  ]);
  expect(asked).toEqual(['addresses pbx.example']);
});

it('asks addresses only, for a name of this machine or network', async () => {
  const { resolver: from, asked } = resolver({ addresses: { pbx: ['192.0.2.1'] } });
  expect(await hops(from, 'sip:pbx')).toEqual(['udp 192.0.2.1 5060']);
  expect(asked).toEqual(['addresses pbx']);
});

it('orders SRV records by priority, and by weight within one', async () => {
  const record = (name: string, priority: number, weight: number): SrvRecord => ({
    name,
    port: 5062,
    priority,
    weight,
  });
  const { resolver: from } = resolver({
    srv: {
      '_sip._udp.trunk.example': [
        record('last', 2, 9),
        record('light', 1, 1),
        record('heavy', 1, 9),
      ],
    },
    addresses: { last: ['192.0.2.3'], light: ['192.0.2.2'], heavy: ['192.0.2.1'] },
  });
  expect(await hops(from, 'sip:trunk.example;transport=udp')).toEqual([
    'udp 192.0.2.1 5062 fixed',
    'udp 192.0.2.2 5062 fixed',
    'udp 192.0.2.3 5062 fixed',
  ]);
});

it('asks both transports when none is stated, and falls back to addresses', async () => {
  const { resolver: from, asked } = resolver({ addresses: { 'trunk.example': ['192.0.2.1'] } });
  expect(await hops(from, 'sip:trunk.example')).toEqual(['udp 192.0.2.1 5060']);
  expect(asked).toEqual([
    'srv _sip._udp.trunk.example',
    'srv _sip._tcp.trunk.example',
    'addresses trunk.example',
  ]);
});

it('asks for TLS by its own name, and takes no service that is decidedly absent', async () => {
  const none: SrvRecord = { name: '.', port: 0, priority: 0, weight: 0 };
  const { resolver: from, asked } = resolver({ srv: { '_sips._tcp.trunk.example': [none] } });
  expect(await hops(from, 'sips:trunk.example')).toBe('trunk.example has no address');
  expect(asked[0]).toBe('srv _sips._tcp.trunk.example');
});

it('asks once for many, and again when the answer is old', async () => {
  const { resolver: from, asked, clock } = resolver({ addresses: { pbx: ['192.0.2.1'] } });
  await Promise.all([hops(from, 'sip:pbx'), hops(from, 'sip:a@PBX'), hops(from, 'sip:pbx')]);
  await hops(from, 'sip:pbx');
  expect(asked).toHaveLength(1);
  expect(from.known(uri('sip:pbx'))).toMatchObject({ ok: true });
  clock.advance(31_000);
  expect(from.known(uri('sip:pbx'))).toBeUndefined();
  await hops(from, 'sip:pbx');
  expect(asked).toHaveLength(2);
});

it('goes on with the old answer while DNS has none', async () => {
  const { resolver: from, clock, zone } = resolver({ addresses: { pbx: ['192.0.2.1'] } });
  await hops(from, 'sip:pbx');
  zone.addresses = {};
  clock.advance(31_000);
  expect(await hops(from, 'sip:pbx')).toEqual(['udp 192.0.2.1 5060']);
});

it('tells the failure of DNS, and asks again soon', async () => {
  const clock = new VirtualClock();
  let broken = true;
  const dns: Dns = {
    srv: async () => [],
    addresses: async () => {
      if (broken) throw new Error('SERVFAIL');
      return ['192.0.2.1'];
    },
  };
  const from = new Resolver({ clock, dns });
  expect(await hops(from, 'sip:pbx')).toBe('DNS for pbx: SERVFAIL');
  broken = false;
  expect(await hops(from, 'sip:pbx')).toBe('DNS for pbx: SERVFAIL');
  clock.advance(6_000);
  expect(await hops(from, 'sip:pbx')).toEqual(['udp 192.0.2.1 5060']);
});

it('asks for addresses where nobody answers for SRV', async () => {
  const dns: Dns = {
    srv: async () => {
      throw new Error('ECONNREFUSED');
    },
    addresses: async () => ['192.0.2.1'],
  };
  const from = new Resolver({ clock: new VirtualClock(), dns });
  expect(await hops(from, 'sip:pbx.example')).toEqual(['udp 192.0.2.1 5060']);
});

it('does not wait for ever', async () => {
  const clock = new VirtualClock();
  const dns: Dns = { srv: async () => [], addresses: () => new Promise(() => {}) };
  const found = hops(new Resolver({ clock, dns }), 'sip:pbx');
  clock.advance(5_000);
  expect(await found).toBe('no answer from DNS for pbx');
  expect(clock.pending).toBe(0);
});

it('asks the system itself', async () => {
  const from = new Resolver({ clock: new VirtualClock() });
  expect(await hops(from, 'sip:localhost:5070')).toContain('udp 127.0.0.1 5070');
});

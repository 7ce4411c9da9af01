import { OwnAddresses, type Peer, Router, type Routing } from '../../../src/sip/routing';

const block = (address: string, prefix: number) =>
  ({ address, prefix, family: address.includes(':') ? 6 : 4 }) as const;

const pbx: Peer = {
  name: 'pbx',
  addresses: [block('10.0.0.0', 8)],
  target: 'sip:10.0.0.1:5080;transport=tcp',
};
const trunk: Peer = { name: 'trunk', addresses: [block('10.1.0.0', 16), block('2001:db8::', 32)] };

const own = new OwnAddresses(['udp/10.0.0.5:5060', 'tcp/[::1]:5060'], ['voice.example.com']);

function routed(routing: Partial<Routing>, uri: string, from = pbx) {
  return new Router({ peers: [pbx, trunk], routes: [], contacts: [], ...routing }, own).route(
    from,
    uri,
  );
}

function uris(routing: Partial<Routing>, uri: string, from = pbx): string[] | undefined {
  return routed(routing, uri, from)?.targets.map((target) => target.uri);
}

describe('peers', () => {
  const { peers } = new Router({ peers: [pbx, trunk], routes: [], contacts: [] }, own);

  it('are known by the narrowest block', () => {
    expect(peers.at('10.2.0.1')?.name).toBe('pbx');
    expect(peers.at('10.1.0.1')?.name).toBe('trunk');
    expect(peers.at('2001:db8::7')?.name).toBe('trunk');
    expect(peers.at('::ffff:10.1.0.1')?.name).toBe('trunk');
  });

  it('are nobody else', () => {
    expect(peers.at('192.0.2.1')).toBeUndefined();
    expect(peers.at('garbage')).toBeUndefined();
  });
});

describe('a route', () => {
  it('is the first that fits peer and number, and rewrites it', () => {
    const routes: Routing['routes'] = [
      { from: ['trunk'], to: /^.*$/, targets: [{ kind: 'uri', uri: 'sip:192.0.2.1' }], ringMs: 1 },
      {
        from: 'any',
        to: /^0(\d+)$/,
        rewrite: '+44$1',
        targets: [{ kind: 'peer', name: 'pbx' }],
        ringMs: 7,
      },
    ];
    const found = routed({ routes }, 'sip:0201234@voice.example.com;user=phone');
    expect(found).toEqual({
      dialled: '0201234',
      called: '+44201234',
      targets: [{ name: 'pbx', uri: 'sip:+44201234@10.0.0.1:5080;transport=tcp;user=phone' }],
      ringMs: 7,
      redirects: 'pass',
    });
    expect(routed({ routes }, 'sip:1201234@voice.example.com')).toBeUndefined();
  });

  it('leads out of the organization where its peer says so', () => {
    const out = { ...pbx, name: 'out', trunk: true };
    const routes: Routing['routes'] = [
      {
        from: 'any',
        to: /^.*$/,
        targets: [
          { kind: 'peer', name: 'pbx' },
          { kind: 'peer', name: 'out' },
        ],
        ringMs: 1,
      },
    ];
    const found = routed({ routes, peers: [pbx, out] }, 'sip:1@voice.example.com');
    expect(found?.targets.map(({ name, trunk: leads }) => [name, leads])).toEqual([
      ['pbx', undefined],
      ['out', true],
    ]);
  });

  it('reads telephone URIs', () => {
    const routes: Routing['routes'] = [
      { from: 'any', to: /^\+1555\d+$/, targets: [{ kind: 'peer', name: 'pbx' }], ringMs: 1 },
    ];
    expect(uris({ routes }, 'tel:+1-555-0100;isub=1')).toEqual([
      'sip:+15550100@10.0.0.1:5080;transport=tcp',
    ]);
  });

  it('leads to the static contact of the called user, by number or address of record', () => {
    const routing: Partial<Routing> = {
      routes: [{ from: 'any', to: /^.*$/, targets: [{ kind: 'user' }], ringMs: 1 }],
      contacts: [
        { number: '101', contact: 'sip:10.0.0.101:5062' },
        { aor: 'sip:alice@voice.example.com', contact: 'sip:phone7@10.0.0.102' },
      ],
    };
    expect(uris(routing, 'sip:101@voice.example.com')).toEqual(['sip:101@10.0.0.101:5062']);
    expect(uris(routing, 'sip:alice@voice.example.com')).toEqual(['sip:phone7@10.0.0.102']);
    expect(uris(routing, 'sip:102@voice.example.com')).toBeUndefined();
  });

  it('leads to the host that the caller named, unless that is us', () => {
    const routes: Routing['routes'] = [
      { from: 'any', to: /^.*$/, targets: [{ kind: 'request-uri' }], ringMs: 1 },
    ];
    expect(uris({ routes }, 'sip:bob@192.0.2.9:5070;transport=tcp')).toEqual([
      'sip:bob@192.0.2.9:5070;transport=tcp',
    ]);
    expect(uris({ routes }, 'sip:bob@10.0.0.5')).toBeUndefined();
    expect(uris({ routes }, 'sip:bob@[::1]:5060')).toBeUndefined();
    expect(uris({ routes }, 'sip:bob@VOICE.example.com:5099')).toBeUndefined();
    expect(uris({ routes }, 'sip:bob@10.0.0.5:5070')).toHaveLength(1);
  });

  it('is not looked for with a number of absurd length', () => {
    const routes: Routing['routes'] = [
      { from: 'any', to: /^.*$/, targets: [{ kind: 'peer', name: 'pbx' }], ringMs: 1 },
    ];
    expect(uris({ routes }, `sip:${'9'.repeat(129)}@x`)).toBeUndefined();
  });
});

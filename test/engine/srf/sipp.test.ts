import { join } from 'node:path';
import { sipp, sippUas } from './sipp';
import { type Loose, type Node, sdp, startNode, until } from './support';

const scenario = (name: string) => join(__dirname, 'scenarios', `${name}.xml`);
const target = (node: Node, transport: 'udp' | 'tcp' = 'udp') =>
  node.uri('service', transport).replace(/^sip:service@|;.*$/g, '');

describe('SIPp', () => {
  let node: Node;
  let onInvite: (req: Loose, res: Loose) => void;

  beforeEach(async () => {
    node = await startNode('in process', {}, (srf) => {
      srf.invite((req: Loose, res: Loose) => onInvite(req, res));
    });
  });

  afterEach(async () => {
    try {
      await until(() => node.engine.stats().dialogs === 0);
    } finally {
      await node.stop();
    }
  });

  const take = (req: Loose, res: Loose) => {
    res.send(180);
    void node.srf.createUAS(req, res, { localSdp: sdp('srf') });
  };

  test.each(['udp', 'tcp'] as const)('calls an application over %s', async (transport) => {
    onInvite = take;
    const { code, output } = await sipp(
      ...['-sn', 'uac', '-t', transport === 'udp' ? 'u1' : 't1', '-m', '40', '-r', '100'],
      target(node, transport),
    );
    expect([code, output]).toEqual([0, expect.any(String)]);
    expect(node.engine.stats().agent).toMatchObject({ invitesIn: 40, dialogsConfirmed: 40 });
  });

  test('gives up a call that rings', async () => {
    onInvite = (_, res) => res.send(180);
    const { code } = await sipp('-sf', scenario('cancel'), '-m', '10', '-r', '50', target(node));
    expect(code).toBe(0);
  });

  test('gets reliable provisional responses, which it requires', async () => {
    onInvite = take;
    const { code } = await sipp('-sf', scenario('prack'), '-m', '10', '-r', '50', target(node));
    expect(code).toBe(0);
  });

  test.each(['udp', 'tcp'] as const)('is called by an application over %s', async (transport) => {
    const uas = await sippUas(20, transport);
    const uri = `sip:service@127.0.0.1:${uas.port}${transport === 'tcp' ? ';transport=tcp' : ''}`;
    const calls = Array.from({ length: 20 }, async () => {
      const call = await node.srf.createUAC(uri, { localSdp: sdp('srf') });
      await call.destroy();
    });
    await Promise.all(calls);
    expect((await uas.result).code).toBe(0);
  });

  test('calls SIPp through a back-to-back user agent', async () => {
    const uas = await sippUas(40, 'udp');
    onInvite = async (req, res) => {
      const { uas: a, uac: b } = await node.srf.createB2BUA(
        req,
        res,
        `sip:service@127.0.0.1:${uas.port}`,
      );
      a.on('destroy', () => b.destroy());
      b.on('destroy', () => a.destroy());
    };
    const caller = await sipp('-sn', 'uac', '-m', '40', '-r', '100', target(node));
    expect([caller.code, (await uas.result).code]).toEqual([0, 0]);
  });
});

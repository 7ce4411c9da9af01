import { silentLog } from '../../../src/core';
import { connectAgent, type Dialog } from '../../../src/ua';
import { type Loose, type Node, next, sdp, startNode, until } from './support';

/** A callee that has lost the dialog when it is asked for a change. */
async function forgetful(): Promise<Node & { ended: Promise<Loose[]> }> {
  let ended: (value: Loose[]) => void = () => {};
  const promise = new Promise<Loose[]>((resolve) => {
    ended = resolve;
  });
  const node = await startNode('in process', {}, (srf) => {
    srf.invite(async (req: Loose, res: Loose) => {
      const dialog = await srf.createUAS(req, res, { localSdp: sdp('callee') });
      dialog.on('modify', (_req: Loose, response: Loose) => response.send(481));
      void next(dialog, 'destroy').then(ended);
    });
  });
  return { ...node, ended: promise };
}

describe('a dialog that the peer has lost', () => {
  test.each(['in process', 'over TCP'] as const)(
    'is destroyed once for a drachtio-srf application %s',
    async (via) => {
      const [caller, callee] = await Promise.all([startNode(via), forgetful()]);
      const dialog = await caller.srf.createUAC(callee.uri('bob'), { localSdp: sdp('caller') });
      const destroyed: string[] = [];
      dialog.on('destroy', (bye: Loose) => destroyed.push(bye.get('Reason')));
      await expect(dialog.modify(sdp('changed'))).rejects.toMatchObject({ status: 481 });
      await callee.ended;
      await until(() => destroyed.length > 0);
      await until(() => caller.engine.stats().dialogs === 0);
      expect(destroyed).toEqual([expect.stringContaining('Dialog unknown to the peer')]);
      await Promise.all([caller.stop(), callee.stop()]);
    },
  );

  test('may be destroyed by a drachtio-srf application that has seen the 481', async () => {
    const [caller, callee] = await Promise.all([startNode('in process'), forgetful()]);
    const dialog = await caller.srf.createUAC(callee.uri('bob'), { localSdp: sdp('caller') });
    await expect(dialog.modify(sdp('changed'))).rejects.toMatchObject({ status: 481 });
    expect(await dialog.destroy()).toMatchObject({ method: 'BYE' });
    await until(() => caller.engine.stats().dialogs === 0);
    await Promise.all([caller.stop(), callee.stop()]);
  });

  test('ends once for a user agent of ours, by the engine', async () => {
    const [caller, callee] = await Promise.all([startNode('in process'), forgetful()]);
    const admin = await caller.engine.listenAdmin({ host: '127.0.0.1', port: 0 });
    const link = { kind: 'tcp' as const, host: '127.0.0.1', port: admin.port, secret: 'cymru' };
    const agent = await connectAgent(link, { log: silentLog, userAgent: 'test' });
    const place = async (): Promise<Dialog> => {
      const answer = await agent.invite({ uri: callee.uri('bob'), body: sdp('ours') }).final;
      if (answer.kind !== 'accepted') throw new Error(`rejected: ${answer.response.status}`);
      answer.ack();
      return answer.dialog;
    };
    const ends: string[] = [];
    const waiting = await place();
    waiting.onEnd = ({ by }) => ends.push(by);
    const change = { body: sdp('changed') };
    expect(await waiting.reinvite(change)).toMatchObject({ response: { status: 481 } });
    await until(() => ends.length > 0);
    const leaving = await place();
    leaving.onEnd = ({ by }) => ends.push(by);
    expect(await leaving.reinvite(change)).toMatchObject({ response: { status: 481 } });
    await leaving.bye();
    await until(() => caller.engine.stats().dialogs === 0);
    expect(ends).toEqual(['engine']);
    await agent.close();
    await Promise.all([caller.stop(), callee.stop()]);
  });
});

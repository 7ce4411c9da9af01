import { FakeRecording } from '../../sip/recording/world';
import { play } from './play';
import {
  awaitCall,
  call,
  callerSends,
  expectRequest,
  expectResponse,
  heardOf,
  respond,
  respondInside,
  type Step,
  scenario,
  sdp,
  tells,
} from './scenario';

const TRYING = expectResponse(100, { optional: true });
const AWARE = 'Supported: record-aware';
const ALLOW = 'Allow: INVITE, ACK, CANCEL, BYE, UPDATE';

/** The callee is offered what it knows, with this said of the recording. */
function offered(mark: string, version: number): Step[] {
  return [
    expectRequest('INVITE', {
      has: [`a=record:${mark}`, `o=- [0-9]+ ${version} IN`, 'Supported:.*', 'm=audio [1-9]'],
      lacks: ['recordpref'],
    }),
    respondInside(200, 'OK', { body: sdp({ version }) }),
    expectRequest('ACK'),
  ];
}

describe('SIPp as record-aware phones', () => {
  it('finds the recording in the 200, in UPDATE and in re-INVITE, and in the answer to its wish', async () => {
    const house = await play({
      users: [{ aor: 'sip:alice@127.0.0.1', mode: 'always-pause-resume' }],
      recordings: {
        start: (request) => {
          const recording = new FakeRecording(request, []);
          recording.accept();
          const gate = recording.pause.bind(recording);
          recording.pause = async (by) => {
            await gate(by);
            // The recorder is lost a while later, when everybody has long been told.
            setTimeout(() => recording.lose(), 4_000);
          };
          return recording;
        },
      },
      caller: scenario(
        call({ headers: [AWARE, ALLOW], body: sdp() }),
        TRYING,
        expectResponse(200, { has: ['a=record:on', 'Supported:.*record-aware'] }),
        callerSends('ACK', 1),
        ...heardOf(),
        callerSends('INVITE', 2, {
          headers: [AWARE, ALLOW],
          body: `${sdp({ version: 2 })}\na=recordpref:pause`,
        }),
        TRYING,
        expectResponse(200, { has: ['a=record:paused', 'o=- [0-9]+ 2 IN'] }),
        callerSends('ACK', 2),
        ...heardOf(),
        expectRequest('UPDATE', { has: ['a=record:off', 'o=- [0-9]+ 3 IN'] }),
        respondInside(200, 'OK', { body: sdp({ version: 2 }) }),
        ...heardOf(),
        callerSends('BYE', 3),
        expectResponse(200),
      ),
      callee: scenario(
        awaitCall({ lacks: ['a=record:'] }),
        respond(200, 'OK', { headers: [AWARE], body: sdp() }),
        expectRequest('ACK'),
        ...offered('on', 2),
        ...tells(2),
        ...offered('paused', 3),
        ...tells(3),
        ...offered('off', 4),
        ...tells(4),
        expectRequest('BYE'),
        respondInside(200, 'OK'),
      ),
    });
    expect(house.records[0]).toMatchObject({
      end: { by: 'caller', code: 200 },
      controls: [{ by: 'recordpref', action: 'pause', result: 'done' }],
    });
    await house.close();
  });
});

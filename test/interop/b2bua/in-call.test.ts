import type { MediaPlane } from '../../../src/media';
import { type House, PLANES } from './house';
import { instead } from './instead';
import { type Play, play } from './play';
import {
  awaitCall,
  type Content,
  call,
  calleeSends,
  callerSends,
  type Expectation,
  expectRequest,
  expectResponse,
  heardOf,
  pause,
  respond,
  respondInside,
  type Step,
  scenario,
  sdp,
  tells,
} from './scenario';

const TRYING = expectResponse(100, { optional: true });

/** An answered call; then these steps; then the caller hangs up. */
function caller(...steps: Step[]): string {
  return scenario(
    call({ body: sdp() }),
    TRYING,
    expectResponse(200),
    callerSends('ACK', 1),
    ...steps,
    callerSends('BYE', 90),
    expectResponse(200),
  );
}

function callee(...steps: Step[]): string {
  return scenario(
    awaitCall(),
    respond(200, 'OK', { body: sdp() }),
    expectRequest('ACK'),
    ...steps,
    expectRequest('BYE'),
    respondInside(200, 'OK'),
  );
}

describe.each(PLANES)('in a call over %s', (plane) => {
  let house: House | undefined;

  afterEach(async () => {
    await house?.close();
    house = undefined;
  });

  async function played(options: Play): Promise<House> {
    house = await play({ plane, ...options });
    return house;
  }

  it('the caller holds and resumes', async () => {
    await played({
      caller: caller(
        callerSends('INVITE', 2, { body: sdp({ direction: 'sendonly', version: 2 }) }),
        TRYING,
        expectResponse(200, { has: ['a=recvonly'] }),
        callerSends('ACK', 2),
        callerSends('INVITE', 3, { body: sdp({ version: 3 }) }),
        TRYING,
        expectResponse(200, { has: ['a=sendrecv'] }),
        callerSends('ACK', 3),
      ),
      callee: callee(
        expectRequest('INVITE', { has: ['a=sendonly', 'o=- [0-9]+ 2 IN IP4'] }),
        respondInside(200, 'OK', { body: sdp({ direction: 'recvonly', version: 2 }) }),
        expectRequest('ACK'),
        expectRequest('INVITE', { has: ['a=sendrecv', 'o=- [0-9]+ 3 IN IP4'] }),
        respondInside(200, 'OK', { body: sdp({ version: 3 }) }),
        expectRequest('ACK'),
      ),
    });
  });

  it('the callee holds and resumes', async () => {
    await played({
      caller: caller(
        expectRequest('INVITE', { has: ['a=inactive', 'o=- [0-9]+ 2 IN IP4'] }),
        respondInside(200, 'OK', { body: sdp({ direction: 'inactive', version: 2 }) }),
        expectRequest('ACK'),
        expectRequest('INVITE', { has: ['a=sendrecv'] }),
        respondInside(200, 'OK', { body: sdp({ version: 3 }) }),
        expectRequest('ACK'),
      ),
      callee: callee(
        calleeSends('INVITE', 2, { body: sdp({ direction: 'inactive', version: 2 }) }),
        TRYING,
        expectResponse(200, { has: ['a=inactive'] }),
        calleeSends('ACK', 2),
        calleeSends('INVITE', 3, { body: sdp({ version: 3 }) }),
        TRYING,
        expectResponse(200),
        calleeSends('ACK', 3),
      ),
    });
  });

  it('the old way to hold, 0.0.0.0, reaches the other side', async () => {
    await played({
      caller: caller(
        callerSends('INVITE', 2, {
          body: sdp({ version: 2 }).replace(/c=IN.*/, 'c=IN IP4 0.0.0.0'),
        }),
        TRYING,
        expectResponse(200),
        callerSends('ACK', 2),
      ),
      callee: callee(
        expectRequest('INVITE', { has: ['c=IN IP4 0.0.0.0'] }),
        respondInside(200, 'OK', { body: sdp({ version: 2 }) }),
        expectRequest('ACK'),
      ),
    });
  });

  it('an INVITE without an offer is answered with one, and the answer crosses in the ACK', async () => {
    await played({
      caller: caller(
        callerSends('INVITE', 2),
        TRYING,
        expectResponse(200, { has: ['m=audio [1-9]'] }),
        callerSends('ACK', 2, { body: sdp({ version: 2 }) }),
      ),
      callee: callee(
        expectRequest('INVITE', { lacks: ['m=audio'] }),
        respondInside(200, 'OK', { body: sdp({ version: 2 }) }),
        expectRequest('ACK', { has: ['m=audio [1-9]'] }),
      ),
    });
  });

  it('either side changes the session by UPDATE', async () => {
    await played({
      caller: caller(
        callerSends('UPDATE', 2, { body: sdp({ direction: 'sendonly', version: 2 }) }),
        expectResponse(200, { has: ['a=recvonly'] }),
        expectRequest('UPDATE', { has: ['a=sendrecv'] }),
        respondInside(200, 'OK', { body: sdp({ version: 3 }) }),
      ),
      callee: callee(
        expectRequest('UPDATE', { has: ['a=sendonly'] }),
        respondInside(200, 'OK', { body: sdp({ direction: 'recvonly', version: 2 }) }),
        calleeSends('UPDATE', 2, { body: sdp({ version: 3 }) }),
        expectResponse(200),
      ),
    });
  });

  it('a change that the other side refuses leaves the call as it was', async () => {
    const fax = ['m=image [media_port] udptl t38', 'a=T38FaxVersion:0'];
    await played({
      caller: caller(
        callerSends('INVITE', 2, { body: sdp({ version: 2, lines: fax }) }),
        TRYING,
        expectResponse(488, { has: ['Warning: 304'] }),
        callerSends('ACK', 2).replace('[branch]', '[branch-3]'),
      ),
      callee: callee(
        expectRequest('INVITE', { has: ['m=image [0-9]+ udptl t38'] }),
        respondInside(488, 'Not Acceptable Here', { headers: ['Warning: 304 - "no fax"'] }),
        expectRequest('ACK'),
      ),
    });
  });

  it('a change that is cancelled too late is taken back at the other side', async () => {
    await played({
      caller: caller(
        callerSends('INVITE', 2, { body: sdp({ direction: 'sendonly', version: 2 }) }),
        expectResponse(100),
        // The callee has it.
        ...heardOf(),
        callerSends('CANCEL', 2).replace('[branch]', '[branch-4]'),
        expectResponse(200, { has: ['CANCEL'] }),
        expectResponse(487),
        callerSends('ACK', 2).replace('[branch]', '[branch-7]'),
        // The callee answers when it hears this, and is too late.
        callerSends('INFO', 3),
        expectResponse(200, { has: ['INFO'] }),
        // All is as it was.
        ...heardOf(),
      ),
      callee: callee(
        keptRequest('INVITE', { has: ['a=sendonly'] }),
        ...tells(2),
        expectRequest('INFO'),
        respondInside(200, 'OK'),
        respondKept(200, 'OK', { body: sdp({ direction: 'recvonly', version: 2 }) }),
        expectRequest('ACK'),
        expectRequest('INVITE', { has: ['a=sendrecv', 'o=- [0-9]+ 3 '] }),
        respondInside(200, 'OK', { body: sdp({ version: 3 }) }),
        expectRequest('ACK'),
        ...tells(3),
      ),
    });
  });

  it('a change that is cancelled while its answer is taken is taken back at the other side', async () => {
    await played({
      between: slowToTakeTheChange,
      caller: caller(
        callerSends('INVITE', 2, { body: sdp({ direction: 'sendonly', version: 2 }) }),
        expectResponse(100),
        pause(500),
        callerSends('CANCEL', 2).replace('[branch]', '[branch-3]'),
        expectResponse(200, { has: ['CANCEL'] }),
        expectResponse(487),
        callerSends('ACK', 2).replace('[branch]', '[branch-6]'),
        ...heardOf(),
      ),
      callee: callee(
        expectRequest('INVITE', { has: ['a=sendonly'] }),
        respondInside(200, 'OK', { body: sdp({ direction: 'recvonly', version: 2 }) }),
        expectRequest('ACK'),
        expectRequest('INVITE', { has: ['a=sendrecv', 'o=- [0-9]+ 3 '] }),
        respondInside(200, 'OK', { body: sdp({ version: 3 }) }),
        expectRequest('ACK'),
        ...tells(2),
      ),
    });
  });

  it('several phones may ring at once: the description of the one that answers counts', async () => {
    const tagged = (step: Step, tag: string) =>
      step.replace('tag=[call_number]b', `tag=[call_number]${tag}`);
    await played({
      caller: scenario(
        call({ body: sdp() }),
        TRYING,
        expectResponse(183, { has: ['RTP/AVP 8'] }),
        expectResponse(183, { has: ['RTP/AVP 0'] }),
        expectResponse(200, { has: ['RTP/AVP 0'] }),
        callerSends('ACK', 1),
        callerSends('BYE', 90),
        expectResponse(200),
      ),
      callee: scenario(
        awaitCall(),
        tagged(
          respond(183, 'Session Progress', {
            body: sdp({ lines: ['m=audio [media_port] RTP/AVP 8'] }),
          }),
          'x',
        ),
        respond(183, 'Session Progress', { body: sdp() }),
        respond(200, 'OK', { body: sdp() }),
        expectRequest('ACK'),
        expectRequest('BYE'),
        respondInside(200, 'OK'),
      ),
    });
  });

  it('video comes and goes, with ports of its own', async () => {
    const audio = ['m=audio [media_port] RTP/AVP 0', 'a=sendrecv'];
    const both = [...audio, 'm=video [auto_media_port] RTP/AVP 96', 'a=rtpmap:96 VP8/90000'];
    const gone = [...audio, 'm=video 0 RTP/AVP 96'];
    const { records } = await played({
      caller: caller(
        callerSends('INVITE', 2, { body: sdp({ version: 2, lines: both }) }),
        TRYING,
        expectResponse(200, { has: ['m=video [1-9]'] }),
        callerSends('ACK', 2),
        callerSends('INVITE', 3, { body: sdp({ version: 3, lines: gone }) }),
        TRYING,
        expectResponse(200, { has: ['m=video 0'] }),
        callerSends('ACK', 3),
      ),
      callee: callee(
        expectRequest('INVITE', { has: ['m=video [1-9]'] }),
        respondInside(200, 'OK', { body: sdp({ version: 2, lines: both }) }),
        expectRequest('ACK'),
        expectRequest('INVITE', { has: ['m=video 0'] }),
        respondInside(200, 'OK', { body: sdp({ version: 3, lines: gone }) }),
        expectRequest('ACK'),
      ),
    });
    expect(records[0]!.media.map(({ kind }) => kind).sort()).toEqual(['audio', 'video']);
  });

  it('INFO, MESSAGE and OPTIONS cross in both directions, with their answers', async () => {
    const dtmf = { type: 'application/dtmf-relay', body: 'Signal=5\nDuration=160' };
    await played({
      caller: caller(
        callerSends('INFO', 2, { ...dtmf, headers: ['X-From: caller'] }),
        expectResponse(200, { has: ['X-Answer: yes'] }),
        expectRequest('MESSAGE', { has: ['hello', 'text/plain'] }),
        respondInside(202, 'Accepted'),
        expectRequest('OPTIONS'),
        respondInside(405, 'Method Not Allowed'),
      ),
      callee: callee(
        expectRequest('INFO', { has: ['Signal=5', 'X-From: caller', 'application/dtmf-relay'] }),
        respondInside(200, 'OK', { headers: ['X-Answer: yes'] }),
        calleeSends('MESSAGE', 2, { type: 'text/plain', body: 'hello' }),
        expectResponse(202),
        calleeSends('OPTIONS', 3),
        expectResponse(405),
      ),
    });
  });

  it('REFER and the NOTIFYs it causes cross', async () => {
    await played({
      caller: caller(
        callerSends('REFER', 2, {
          headers: ['Refer-To: <sip:carol@example.com?Replaces=x%40y%3Bto-tag%3D1%3Bfrom-tag%3D2>'],
        }),
        expectResponse(202),
        expectRequest('NOTIFY', { has: ['SIP/2.0 200 OK', 'Event: refer', 'message/sipfrag'] }),
        respondInside(200, 'OK'),
      ),
      callee: callee(
        expectRequest('REFER', { has: ['Refer-To: <sip:carol@example.com.Replaces=x%40y'] }),
        respondInside(202, 'Accepted'),
        calleeSends('NOTIFY', 2, {
          headers: ['Event: refer', 'Subscription-State: terminated;reason=noresource'],
          type: 'message/sipfrag',
          body: 'SIP/2.0 200 OK',
        }),
        expectResponse(200),
      ),
    });
  });

  it('ends for both when one side does not know it any more', async () => {
    const { records } = await played({
      caller: scenario(
        call({ body: sdp() }),
        TRYING,
        expectResponse(200),
        callerSends('ACK', 1),
        callerSends('INFO', 2),
        expectResponse(481),
        expectRequest('BYE'),
        respondInside(200, 'OK'),
      ),
      callee: scenario(
        awaitCall(),
        respond(200, 'OK', { body: sdp() }),
        expectRequest('ACK'),
        expectRequest('INFO'),
        respondInside(481, 'Call/Transaction Does Not Exist'),
        expectRequest('BYE'),
        respondInside(481, 'Call/Transaction Does Not Exist'),
      ),
    });
    expect(records[0]!.end.by).toBe('us');
  });

  it('a multipart body keeps its other parts while its description leads here', async () => {
    const body = [
      '--edge',
      'Content-Type: application/sdp',
      '',
      sdp(),
      '--edge',
      'Content-Type: application/pidf+xml',
      'Content-Disposition: render;handling=optional',
      '',
      '<presence entity="pres:alice"/>',
      '--edge--',
    ].join('\n');
    await played({
      caller: caller().replace(
        call({ body: sdp() }),
        call({ body, type: 'multipart/mixed;boundary=edge' }),
      ),
      callee: callee().replace(
        awaitCall(),
        awaitCall({
          has: ['pres:alice', 'o=- [0-9]+ 1', 'm=audio', 'boundary=edge'],
          lacks: ['o=party'],
        }),
      ),
    });
  });

  it('identity, history and unknown headers are kept, and what is of the hop is not', async () => {
    const kept = [
      'P-Asserted-Identity: "Alice" <sip:+15550100@example.com>',
      'Privacy: none',
      'Diversion: <sip:+15550199@example.com>;reason=no-answer',
      'History-Info: <sip:bob@example.com>;index=1',
      'History-Info: <sip:carol@example.com>;index=1.1',
      'User-to-User: 56a3;encoding=hex',
      'Session-ID: f81d4fae7dec11d0a76500a0c91e6bf6',
      'X-Custom: one, two',
      'Supported: 100rel, timer, replaces, histinfo',
      'Require: histinfo',
      'Date: Sun, 22 Nov 2026 13:00:00 GMT',
    ];
    const hop = [
      'Record-Route: <sip:10.9.8.7;lr>',
      'Route: <sip:[remote_ip]:[remote_port];lr>',
      'User-Agent: SecretPBX/1.0',
      'Session-Expires: 1800',
      'Path: <sip:10.9.8.6>',
    ];
    await played({
      caller: caller().replace(
        'Max-Forwards: 70',
        ['Max-Forwards: 70', ...kept, ...hop].join('\n'),
      ),
      callee: callee().replace(
        awaitCall(),
        awaitCall({
          has: [
            '15550100@example.com',
            'Diversion: <sip:.15550199',
            'index=1.1',
            'User-[Tt]o-User: 56a3',
            'Session-ID: f81d4fae',
            'X-Custom: one, two',
            'Date: Sun, 22 Nov 2026 13:00:00 GMT',
            'Require: .*histinfo',
            'Supported: .*replaces',
          ],
          lacks: ['10.9.8', 'SecretPBX'],
        }),
      ),
    });
  });

  it('PRACK goes from end to end, and an UPDATE before the answer', async () => {
    await played({
      caller: scenario(
        call({ body: sdp(), headers: ['Supported: 100rel'] }),
        TRYING,
        expectResponse(183, {
          has: ['Require: 100rel', 'RSeq: [0-9]', 'm=audio'],
          store: { rseq: 'RSeq: [0-9]+' },
        }),
        callerSends('PRACK', 2, { headers: ['X-Prack: end to end', 'RAck: [$number] 1 INVITE'] }),
        expectResponse(200, { has: ['PRACK'] }),
        callerSends('UPDATE', 3, { body: sdp({ direction: 'sendonly', version: 2 }) }),
        expectResponse(200, { has: ['UPDATE', 'a=recvonly'] }),
        expectResponse(200, { has: ['INVITE'] }),
        callerSends('ACK', 1),
        callerSends('BYE', 90),
        expectResponse(200),
      ).replace(
        'assign_to="rseq"/>',
        'assign_to="rseq"/><ereg regexp="[0-9]+" search_in="hdr" header="RSeq:" assign_to="number"/>',
      ),
      callee: scenario(
        awaitCall({ has: ['Supported: .*100rel'] }),
        respond(183, 'Session Progress', { body: sdp(), headers: ['Require: 100rel', 'RSeq: 77'] }),
        expectRequest('PRACK', { has: ['RAck: 77 ', 'X-Prack: end to end'] }),
        respondInside(200, 'OK'),
        expectRequest('UPDATE', { has: ['a=sendonly'] }),
        respondInside(200, 'OK', { body: sdp({ direction: 'recvonly', version: 2 }) }),
        respondAfterUpdate(),
        expectRequest('ACK'),
        expectRequest('BYE'),
        respondInside(200, 'OK'),
      ),
    });
  });
});

/** A plane that takes its time with the answer to the first change of a call. */
function slowToTakeTheChange(plane: MediaPlane): MediaPlane {
  let told = 0;
  return instead(plane, {
    open: async (options) => {
      const line = await plane.open(options);
      return instead(line, {
        expect: async (side, remote) => {
          told += 1;
          // Three times for the offer and the answer of the call.
          const slow = told === 4 || told === 5;
          if (slow) await new Promise((resolve) => setTimeout(resolve, 2_000));
          return line.expect(side, remote);
        },
      });
    },
  });
}

/** A request inside the call that is answered only after others: `respondKept`. */
function keptRequest(method: string, expected: Expectation): Step {
  const keep = [
    '<ereg regexp="[0-9]+" search_in="hdr" header="CSeq:" assign_to="kept_cseq"/>',
    '<ereg regexp="SIP.*" search_in="hdr" header="Via:" assign_to="kept_via"/>',
    '<log message="kept [$kept_cseq] [$kept_via]"/>',
  ].join('');
  return expectRequest(method, expected).replace('</action>', `${keep}</action>`);
}

function respondKept(status: number, reason: string, content: Content): Step {
  return respondInside(status, reason, content)
    .replace('[last_Via:]', 'Via: [$kept_via]')
    .replace('[last_CSeq:]', 'CSeq: [$kept_cseq] INVITE');
}

/** The 200 to the call itself, when the last request was another. */
function respondAfterUpdate(): Step {
  return respondInside(200, 'OK')
    .replace('[last_Via:]', 'Via: [$via]')
    .replace('[last_CSeq:]', 'CSeq: [$cseq] INVITE');
}

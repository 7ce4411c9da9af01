import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type EmbeddedAgent, embeddedAgent } from '../../src/app/sip';
import { SystemClock, silentLog } from '../../src/core';
import { correlate, readWav } from '../../src/media';
import { Phone } from '../../src/phone';

const speech = readWav(readFileSync(join(__dirname, '../../assets/speech/bob.wav'))).channels[0]!;
/** One and a half seconds are enough to tell a voice. */
const sentence = speech.subarray(0, 12_000);

describe('two scripted phones', () => {
  const clock = new SystemClock();
  const lines: EmbeddedAgent[] = [];

  afterEach(async () => {
    await Promise.all(lines.splice(0).map((line) => line.close(100)));
  });

  async function phone(identity: string, ringMs = 0): Promise<{ phone: Phone; port: number }> {
    const line = await embeddedAgent({
      listen: [{ protocol: 'udp', address: '127.0.0.1', port: 0 }],
      userAgent: 'test',
      log: silentLog,
    });
    lines.push(line);
    const { agent, engine } = line;
    return {
      phone: new Phone({ agent, address: '127.0.0.1', identity, clock, ringMs }),
      port: engine.addresses[0]!.port,
    };
  }

  it('hear what the other says, and both know when it is over', async () => {
    const alice = await phone('<sip:alice@127.0.0.1>');
    const bob = await phone('<sip:bob@127.0.0.1>', 20);
    const incoming = bob.phone.nextCall();
    const uri = `sip:bob@127.0.0.1:${bob.port}`;
    const outgoing = await alice.phone.call(uri, uri);
    const answered = await incoming;
    await answered.say(sentence);
    await outgoing.hangUp();
    await Promise.all([answered.ended, outgoing.ended]);
    const { coefficient } = correlate(sentence, outgoing.heard(), 8000);
    expect(coefficient).toBeGreaterThan(0.95);
    expect(outgoing.stats().lost).toBe(0);
    expect(outgoing.codec).toBe('PCMU');
  });

  it('says with which status a call was not answered', async () => {
    const alice = await phone('<sip:alice@127.0.0.1>');
    const nobody = await phone('<sip:nobody@127.0.0.1>');
    lines[1]!.agent.onInvite = (invite) => void invite.reject(486);
    const uri = `sip:nobody@127.0.0.1:${nobody.port}`;
    await expect(alice.phone.call(uri, uri)).rejects.toThrow('486');
  });
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { correlate, readWav } from '../../src/media';
import { sipp } from '../interop/b2bua/sipp';
import { speechPcap } from '../support/speech-pcap';
import { House } from './support/house';
import { cut, speech } from './support/signal';

const CALLS = 4;

/** SIPp as recording client: a peer that shares no line with us. */
it.each(['udp', 'tcp'] as const)(
  'SIPp over %s is recorded, in as many sessions as it opens',
  async (transport) => {
    const house = await House.open();
    const directory = mkdtempSync(join(tmpdir(), 'sipp-'));
    try {
      const said = speech('alice', 2);
      const pcap = join(directory, 'speech.pcap');
      writeFileSync(pcap, speechPcap(said));
      const template = readFileSync(join(__dirname, 'sipp/client.xml'), 'utf8');
      const { done } = await sipp({
        scenario: template.replace('[speech]', pcap),
        to: house.line.agent.listening.find((one) => one.startsWith(transport))!.slice(4),
        transport,
        calls: CALLS,
        rate: CALLS,
      });
      const { code, trace } = await done;
      if (code !== 0) throw new Error(trace);
      await house.event('finished', CALLS);
      const recordings = await house.recorder.recordings({ state: 'finished' });
      expect(house.events.filter(({ kind }) => kind === 'failed')).toEqual([]);
      expect(recordings).toHaveLength(CALLS);
      for (const recording of recordings) {
        expect(recording).toMatchObject({
          participants: [{ aors: ['sip:+15550100@pbx.example.com'], labels: ['1'], channels: [1] }],
          sip: { headers: { 'X-BroadWorks-Correlation-Info': expect.any(String) } },
          streams: [{ lost: 0, packets: 100 }],
          pauses: [{ channel: 1 }],
        });
        const { rate, channels } = readWav(readFileSync(recording.audio));
        const found = correlate(cut(said, 8000, 0, 2000), channels[0]!, rate);
        expect(found.coefficient).toBeGreaterThan(0.98);
      }
    } finally {
      await house.close();
      rmSync(directory, { recursive: true });
    }
  },
);

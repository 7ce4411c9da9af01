import { configOf, load, problemsOf, scratch } from './support';

const files = scratch();
afterAll(files.remove);

function problemsIn(yaml: string): string[] {
  const file = files.write('twintrack.yaml', yaml);
  const loaded = load({ file });
  return loaded.ok ? [] : problemsOf(loaded).map((line) => line.replace(`${file}:`, ''));
}

const NODE = 'rtpengine: { nodes: [{ address: "127.0.0.1:2223" }] }';

describe('media.plane: rtpengine', () => {
  it('wants nodes, each once', () => {
    expect(problemsIn('media: { plane: rtpengine }')).toEqual([
      expect.stringMatching(/media\.rtpengine\.nodes: .*name at least one/),
    ]);
    const twice = 'nodes: [{ address: "10.0.0.1:2223" }, { address: "10.0.0.1:2223", weight: 2 }]';
    expect(
      problemsIn(
        `media: { plane: rtpengine, rtpengine: { ${twice} } }\nrecorder: { provider: none }`,
      ),
    ).toEqual([expect.stringMatching(/nodes\[1\]\.address: 10\.0\.0\.1:2223 is named twice/)]);
  });

  it('takes nodes by address and weight', () => {
    const file = files.write('twintrack.yaml', `media: { plane: rtpengine, ${NODE} }`);
    expect(configOf(load({ file })).media.rtpengine.nodes).toEqual([
      { address: { host: '127.0.0.1', port: 2223 }, weight: 1 },
    ]);
  });

  it('refuses what it cannot obey, with the reason', () => {
    const problems = problemsIn(
      `media: { plane: rtpengine, ${NODE}, ports: 30000-30999, workers: 4, backend: epoll, externalAddress: 192.0.2.1, quarantineSeconds: 3 }`,
    );
    expect(problems).toEqual([
      expect.stringMatching(/media\.ports: has no effect .*--port-min/),
      expect.stringMatching(/media\.workers: has no effect .*--num-threads/),
      expect.stringMatching(/media\.backend: has no effect/),
      expect.stringMatching(/media\.externalAddress: has no effect .*--interface/),
      expect.stringMatching(/media\.quarantineSeconds: has no effect/),
    ]);
  });

  it('is not believed to keep the beginning of a recording', () => {
    expect(problemsIn(`media: { plane: rtpengine, ${NODE}, forkBufferSeconds: 5 }`)).toEqual([
      expect.stringMatching(/forkBufferSeconds: rtpengine keeps no audio .*write 0/),
    ]);
    expect(problemsIn(`media: { plane: rtpengine, ${NODE}, forkBufferSeconds: 0 }`)).toEqual([]);
  });

  it('is not asked for SRTP, which it is told no keys for', () => {
    const peer = (srtp: string) => `{ name: ${srtp}, addresses: ["10.0.0.1"], srtp: ${srtp} }`;
    const problems = problemsIn(
      `media: { plane: rtpengine, ${NODE} }\nrecorder: { srtp: sdes }\npeers: [${peer('required')}]`,
    );
    expect(problems).toEqual([
      expect.stringMatching(/recorder\.srtp: SRTP is for media\.plane: relay/),
      expect.stringMatching(/peers\[0\]\.srtp: SRTP is for media\.plane: relay/),
    ]);
    expect(problemsIn(`media: { plane: rtpengine, ${NODE} }\npeers: [${peer('never')}]`)).toEqual(
      [],
    );
  });

  it('takes what is written of the relay at its defaults, as the shipped file has it', () => {
    const relay = 'ports: 20000-29999, workers: null, backend: auto, externalAddress: null';
    expect(problemsIn(`media: { plane: rtpengine, ${NODE}, ${relay} }`)).toEqual([]);
  });

  it('wants a recorder that the nodes can reach', () => {
    const far = 'rtpengine: { nodes: [{ address: "10.0.0.1:2223" }] }';
    expect(problemsIn(`media: { plane: rtpengine, ${far} }`)).toEqual([
      expect.stringMatching(
        /recorder\.embedded\.address: 127\.0\.0\.1 cannot be reached by the rtpengine at 10\.0\.0\.1:2223/,
      ),
    ]);
    const there = 'recorder: { embedded: { address: 10.0.0.9 } }';
    expect(problemsIn(`media: { plane: rtpengine, ${far} }\n${there}`)).toEqual([]);
  });

  it('has no ports of ours to be too few, or to be in the way', () => {
    const sip = 'sip: { maxCalls: 50000, listen: ["udp/127.0.0.1:20002"] }';
    expect(
      problemsIn(`media: { plane: rtpengine, ${NODE} }\n${sip}\nrecorder: { provider: none }`),
    ).toEqual([]);
    expect(problemsIn(`${sip}\nrecorder: { provider: none }`)).toHaveLength(2);
  });
});

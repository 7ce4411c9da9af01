/**
 * The load that the closing figures come from: `npm run load [-- CALLS_PER_SECOND SECONDS]`, 20 calls a
 * second for a minute by default, over UDP and over TCP, each call recorded and judged by its samples.
 */
import { recordedLoad } from './recorded-load';

const TALK_MS = 4000;

async function main(): Promise<void> {
  const rate = Number(process.argv[2] ?? 20);
  const seconds = Number(process.argv[3] ?? 60);
  let flawless = true;
  for (const transport of ['udp', 'tcp'] as const) {
    const calls = rate * seconds;
    console.log(
      `${calls} calls over ${transport}, ${rate} a second, ${TALK_MS / 1000} s of speech each`,
    );
    const result = await recordedLoad({ rate, calls, transport, talkMs: TALK_MS, from: 'dist' });
    const { failedCalls, retransmissions, complete, cpuMsPerCall, exitCode, flaws } = result;
    console.log(
      `  failed ${failedCalls}, repeated requests ${retransmissions}, complete recordings ${complete} of ${calls}, ` +
        `CPU ${cpuMsPerCall.toFixed(1)} ms a call with its media and recording, exit code ${exitCode}`,
    );
    for (const flaw of flaws.slice(0, 10)) console.log(`  ${flaw}`);
    flawless &&= failedCalls === 0 && retransmissions === 0 && complete === calls && exitCode === 0;
  }
  process.exitCode = flawless ? 0 : 1;
}

void main();

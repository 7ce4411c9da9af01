import { freePort } from '../../support/ports';
import { House, type HouseOptions } from './house';
import { sipp } from './sipp';

export interface Play extends Partial<Omit<HouseOptions, 'targets'>> {
  readonly caller: string;
  readonly callee: string;
  readonly transport?: 'udp' | 'tcp';
  readonly calleeTransport?: 'udp' | 'tcp';
  readonly calls?: number;
  readonly rate?: number;
  /** Targets; `callee` stands for the callee's place. */
  readonly targets?: readonly string[];
  readonly args?: readonly string[];
}

/** Plays both parties of a call through a house of its own; both must have had what they expect. */
export async function play(options: Play): Promise<House> {
  const port = await freePort();
  const calleeTransport = options.calleeTransport ?? options.transport ?? 'udp';
  const place = `sip:127.0.0.1:${port}${calleeTransport === 'tcp' ? ';transport=tcp' : ''}`;
  const targets = (options.targets ?? ['callee']).map((one) => (one === 'callee' ? place : one));
  const house = await House.open({ ...options, targets });
  try {
    const callee = await sipp({
      scenario: options.callee,
      transport: calleeTransport,
      port,
      calls: options.calls,
    });
    const caller = await sipp({
      scenario: options.caller,
      transport: options.transport,
      calls: options.calls,
      rate: options.rate,
      args: options.args,
      to: `127.0.0.1:${house.port(options.transport ?? 'udp')}`,
    });
    const heard = await caller.done;
    if (heard.code !== 0) callee.stop();
    const said = await callee.done;
    if (heard.code !== 0)
      throw new Error(
        `the caller failed (${heard.code})\n${heard.trace}\n--- callee ---\n${said.trace}`,
      );
    if (said.code !== 0)
      throw new Error(
        `the callee failed (${said.code})\n${said.trace}\n--- caller ---\n${heard.trace}`,
      );
    await house.empty();
    return house;
  } catch (error) {
    await house.close();
    throw error;
  }
}

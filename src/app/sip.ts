import { type Log, type Millis, randomIds } from '../core';
import { Engine, type EngineOptions } from '../engine';
import { connectAgent, type SipAgent } from '../ua';

/** A user agent with an engine of its own in this process, on sockets of its own. */
export interface EmbeddedAgent {
  readonly agent: SipAgent;
  readonly engine: Engine;
  /** Ends both, the agent first. Waits so long for what their last calls still send. */
  close(graceMs?: Millis): Promise<void>;
}

/** Listens and connects. @throws the system's error when an address cannot be listened on. */
export async function embeddedAgent(
  options: Omit<EngineOptions, 'secret' | 'log'> & { userAgent: string; log: Log },
): Promise<EmbeddedAgent> {
  const { userAgent, log } = options;
  // Nobody else can reach the link in this process; the protocol wants a secret all the same.
  const engine = await Engine.start({ ...options, secret: randomIds.token(16), log });
  try {
    const { server, secret, open } = engine.inProcess();
    const connected = connectAgent({ kind: 'in-process', server, secret }, { log, userAgent });
    open();
    const agent = await connected;
    return {
      agent,
      engine,
      close: async (graceMs) => {
        await agent.close();
        await engine.stop(graceMs);
      },
    };
  } catch (error) {
    await engine.stop();
    throw error;
  }
}

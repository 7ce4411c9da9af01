import type { Config } from '../config';
import type { Recorders } from '../sip';
import type { RecordingClient, RecordingTarget } from '../siprec';

/**
 * Where recordings go, by the configuration. `embedded` says where the embedded recorder listens, if it
 * runs. Undefined: nobody records.
 */
export function recordingTarget(
  { recorder }: Config,
  embedded: readonly string[] | undefined,
): RecordingTarget | undefined {
  const answerTimeoutMs = recorder.answerTimeoutSeconds * 1000;
  switch (recorder.provider.kind) {
    case 'none':
      return undefined;
    case 'external':
      return {
        name: recorder.provider.server.uri,
        uri: recorder.provider.server.uri,
        answerTimeoutMs,
      };
    case 'embedded': {
      const place = embedded?.find((one) => one.startsWith('tcp/')) ?? embedded?.[0];
      if (!place) return undefined;
      const [transport, hostport] = place.split('/');
      return {
        name: 'embedded',
        uri: `sip:recorder@${hostport};transport=${transport}`,
        answerTimeoutMs,
      };
    }
  }
}

/** Starts recordings at one recorder. */
export function recordersAt(
  target: RecordingTarget | undefined,
  client: RecordingClient,
): Recorders | undefined {
  return target && { start: (request) => client.record(target, request) };
}

import type { Config } from '../config';
import { Fault } from '../core';
import type { SettingsStore } from '../policy';
import type { Recorders } from '../sip';
import type { RecordingClient, RecordingTarget } from '../siprec';

/**
 * Where recordings go, by the configuration. `embedded` says where the embedded recorder listens, if it
 * runs. Undefined: nobody records.
 */
function recordingTarget(
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
      const target = embeddedTarget(embedded);
      return target && { ...target, answerTimeoutMs };
    }
  }
}

function embeddedTarget(listening: readonly string[] | undefined): RecordingTarget | undefined {
  const place = listening?.find((one) => one.startsWith('tcp/')) ?? listening?.[0];
  if (!place) return undefined;
  const [transport, hostport] = place.split('/');
  return { name: 'embedded', uri: `sip:recorder@${hostport};transport=${transport}` };
}

/** Finds the recorder for a provider of the settings, or without a name that of the configuration. */
export type RecordingTargets = (provider: string | undefined) => RecordingTarget | undefined;

/** Targets as they stand when a recording starts: settings change while the service runs. */
export function recordingTargets(
  config: Config,
  embedded: readonly string[] | undefined,
  settings: SettingsStore | undefined,
): RecordingTargets | undefined {
  const configured = recordingTarget(config, embedded);
  if (!settings) return configured && (() => configured);
  const answerTimeoutMs = config.recorder.answerTimeoutSeconds * 1000;
  return (provider) => {
    if (provider === undefined) return configured;
    const entry = settings.current().get('provider', provider)?.values;
    if (entry?.preset === 'embedded') {
      const target = embeddedTarget(embedded);
      return target && { ...target, name: provider, answerTimeoutMs };
    }
    return entry?.endpoint === undefined
      ? undefined
      : { name: provider, uri: entry.endpoint, answerTimeoutMs };
  };
}

/** Starts each recording at the recorder of its user. */
export function recordersFor(
  targets: RecordingTargets | undefined,
  client: RecordingClient,
): Recorders | undefined {
  return (
    targets && {
      start: (request, { provider }) => {
        const target = targets(provider);
        if (!target) throw new Fault('RECORDER_NOT_CONFIGURED', provider);
        return client.record(target, request);
      },
    }
  );
}

import type { Participant, RecordingMetadata } from './model';

/** A participant as a recorder wants to show it. */
export interface Party {
  readonly participantId: string;
  /** Every address it is known by, the first one first; may be empty. */
  readonly aors: readonly string[];
  readonly name: string | undefined;
  /** Labels of the m-lines that carry what the party says and hears. */
  readonly sends: readonly string[];
  readonly receives: readonly string[];
  readonly joinedAt: Date | undefined;
  readonly leftAt: Date | undefined;
}

/** Who takes part, and on which labelled m-line each is heard. Parties are in document order. */
export function partiesOf(metadata: RecordingMetadata): readonly Party[] {
  const labels = new Map(metadata.streams.map(({ id, label }) => [id, label]));
  const labelsOf = (streamIds: readonly string[]) => {
    const found = streamIds.map((id) => labels.get(id)).filter((label) => label !== undefined);
    return [...new Set(found)];
  };
  return mergedById(metadata.participants).map(({ id, nameIds }) => {
    const streams = metadata.participantStreams.filter(({ participantId }) => participantId === id);
    const session = metadata.participantSessions.find(({ participantId }) => participantId === id);
    return {
      participantId: id,
      aors: [...new Set(nameIds.map(({ aor }) => aor).filter((aor) => aor !== ''))],
      name: nameIds.find(({ name }) => name)?.name,
      sends: labelsOf(streams.flatMap(({ sends }) => sends)),
      receives: labelsOf(streams.flatMap(({ receives }) => receives)),
      joinedAt: session?.associateTime,
      leftAt: session?.disassociateTime,
    };
  });
}

/** Some senders write a participant twice, once for each association. */
function mergedById(participants: readonly Participant[]): readonly Participant[] {
  const byId = new Map<string, Participant>();
  for (const participant of participants) {
    const known = byId.get(participant.id);
    byId.set(
      participant.id,
      known ? { ...known, nameIds: [...known.nameIds, ...participant.nameIds] } : participant,
    );
  }
  return [...byId.values()];
}

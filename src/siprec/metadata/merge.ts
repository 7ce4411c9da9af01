import type { Association, RecordingMetadata } from './model';

/**
 * What is known after an update: RFC 7866 §9.2. A complete document replaces everything; a partial one
 * replaces or adds the objects it names, field by field. An association of a participant with streams
 * replaces the one before as a whole, for it is by leaving `send` and `recv` out that a party is told
 * to have stopped (RFC 7865 §6.8.1).
 */
export function mergeMetadata(
  known: RecordingMetadata | undefined,
  update: RecordingMetadata,
): RecordingMetadata {
  if (!known || update.mode === 'complete') return update;
  return {
    mode: 'complete',
    groups: merged(known.groups, update.groups, (item) => item.id),
    sessions: merged(known.sessions, update.sessions, (item) => item.id),
    participants: merged(known.participants, update.participants, (item) => item.id),
    streams: merged(known.streams, update.streams, (item) => item.id),
    sessionRecordings: merged(
      known.sessionRecordings,
      update.sessionRecordings,
      (item) => item.sessionId,
    ),
    participantSessions: merged(
      known.participantSessions,
      update.participantSessions,
      (item) => `${item.participantId} ${item.sessionId}`,
    ),
    participantStreams: merged(
      known.participantStreams,
      update.participantStreams,
      (item) => item.participantId,
    ),
    extensions: [...known.extensions, ...update.extensions],
  };
}

/** Keeps the order of first appearance; a repeated key within one document is merged as well. */
function merged<Item extends object>(
  known: readonly Item[],
  update: readonly Item[],
  keyOf: (item: Item) => string,
): readonly Item[] {
  const byKey = new Map<string, Item>();
  for (const item of [...known, ...update]) {
    const before = byKey.get(keyOf(item));
    byKey.set(keyOf(item), before ? mergedFields(before, item) : item);
  }
  return [...byKey.values()];
}

/** Empty lists say nothing about names and reasons, but about directions they say everything. */
function mergedFields<Item extends object>(before: Item, update: Item): Item {
  const said = Object.entries(update).filter(
    ([field, value]) =>
      value !== undefined &&
      (field === 'sends' || field === 'receives' || !Array.isArray(value) || value.length > 0),
  );
  const merged = { ...before, ...Object.fromEntries(said) };
  if (!isAssociatedAnew(update)) return merged;
  const { disassociateTime: _, ...associated } = merged as Item & Association;
  return associated as Item;
}

/** Who has left and come back is associated again, and not disassociated any more. */
function isAssociatedAnew(update: Association): boolean {
  return update.associateTime !== undefined && update.disassociateTime === undefined;
}

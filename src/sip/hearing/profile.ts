import type { RecordedUser } from '../../policy';
import type { Manner } from './choreography';

/** Whether a call stays within the organization; its settings tell the two apart. */
export type Reach = 'internal' | 'trunk';

const SILENT: Manner = { announces: false, pauseNotice: 'none', reminderMs: undefined };

/** How the recordings of a user are told of in a call of this reach; of nobody there is nothing to tell. */
export function mannerOf(user: RecordedUser | undefined, reach: Reach): Manner {
  if (!user) return SILENT;
  const { settings } = user;
  const { announceInternal, announceTrunk, pauseNotice, reminderTone } = settings;
  return {
    announces: reach === 'internal' ? announceInternal : announceTrunk,
    pauseNotice,
    reminderMs: reminderTone ? settings.reminderIntervalSeconds * 1000 : undefined,
  };
}

/** Whether something is to be played on behalf of this user, and codecs that stand in the way are to go. */
export function narrows(user: RecordedUser, reach: Reach): boolean {
  const { announces, pauseNotice, reminderMs } = mannerOf(user, reach);
  const pauses = user.mode !== 'always' && pauseNotice !== 'none';
  return user.settings.narrowCodecs && (announces || pauses || reminderMs !== undefined);
}

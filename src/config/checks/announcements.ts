import { variableOf } from '../sources/environment';
import { isWildcard } from '../values';
import { at, type Check } from './subject';

/** A source that is chosen can be reached, and can reach us. */
export const announcementsHaveASource: Check = (subject) => {
  const { source, freeswitch } = subject.parts.announcements ?? {};
  if (source !== 'freeswitch') return [];
  const path = (key: string) => ['announcements', 'freeswitch', key];
  const refuse = (key: string, message: string) => at(subject, path(key), message);
  const { address, secret, listenAddress } = freeswitch ?? {};
  return [
    ...(address === null
      ? [refuse('address', 'announcements.source is freeswitch: say where it is')]
      : []),
    ...(secret === null
      ? [
          refuse(
            'secretFile',
            `wants the event socket's password, here or in ${variableOf(path('secret'))}`,
          ),
        ]
      : []),
    ...(listenAddress !== undefined && isWildcard(listenAddress)
      ? [refuse('listenAddress', 'is what FreeSWITCH is told: name an address of this machine')]
      : []),
  ];
};

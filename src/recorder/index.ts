export type * from './recording';
export type * from './types';

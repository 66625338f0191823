/**
 * What a table has one row of: `windows`, a key and a window; `changes`, a key; `events`, each result
 * by itself.
 */
export type Shape = 'windows' | 'changes' | 'events';

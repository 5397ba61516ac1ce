// The client chosen in a dialog, made first where it is a new one.
import { call, type ClientId } from '../backend';
import { known } from '../desk/desk.svelte';

/** A colour that no client has yet, where one is left. */
export const freeColor = (): number => [1, 2, 3, 4, 5, 6, 7, 8].find((c) => !known.desk?.clients.some((it) => it.color === c)) ?? 1;

/**
 * Who that is, a new one added by its name. From then on it is the one chosen: a second try does not add it twice, and
 * nothing else remembers whom an earlier one was for.
 */
export const ownerOf = async (chosen: ClientId | 'new', name: string): Promise<ClientId> =>
  chosen === 'new' ? call('add_client', { name: name.trim(), color: freeColor() }) : chosen;

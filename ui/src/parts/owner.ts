// The client chosen in a dialog, made first where it is a new one.
import { call, type ClientId } from '../backend';
import { known } from '../desk/desk.svelte';

/** A colour that no client has yet, where one is left. */
export const freeColor = (): number => [1, 2, 3, 4, 5, 6, 7, 8].find((c) => !known.desk?.clients.some((it) => it.color === c)) ?? 1;

/** Adds a client by that name, and says who it is. */
export const newClient = (name: string): Promise<ClientId> => call('add_client', { name: name.trim(), color: freeColor() });

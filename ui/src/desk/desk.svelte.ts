// What every part of the window needs to know: the program's state, the clients and accounts with their counts.
import type { AccountId, AccountView, AppView, ClientId, ClientView, DeskView, Problem } from '../backend';
import { say } from '../parts/toasts.svelte';
import { wording } from '../words/wording';

/** Filled by `App.svelte` from two live readings; read everywhere. */
export const known = $state<{ app: AppView | undefined; desk: DeskView | undefined }>({ app: undefined, desk: undefined });

export function client(id: ClientId | null): ClientView | undefined {
  return known.desk?.clients.find((c) => c.id === id);
}

export function account(id: AccountId): AccountView | undefined {
  return known.desk?.clients.flatMap((c) => c.accounts).find((a) => a.id === id);
}

/** Says what went wrong with an act. */
export function complain(problem: Problem): void {
  say({ text: wording(problem), bad: true });
}

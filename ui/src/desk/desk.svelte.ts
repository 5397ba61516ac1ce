// What every part of the window needs to know: the program's state, the clients and accounts with their counts.
import type { AccountId, AccountView, AppView, ClientId, ClientView, DeskView, HoldView, Problem, TemplateView } from '../backend';
import { say } from '../parts/toasts.svelte';
import { networkWords, wording } from '../words/wording';

interface Known { app: AppView | undefined; desk: DeskView | undefined; templates: TemplateView[]; holds: HoldView[] }

/** Filled by `App.svelte` from its live readings; read everywhere. */
export const known = $state<Known>({ app: undefined, desk: undefined, templates: [], holds: [] });

/** The templates a client may use; null: all. */
export function templatesOf(id: ClientId | null): TemplateView[] {
  return known.templates.filter((it) => id === null || !it.clients.length || it.clients.includes(id));
}

export function client(id: ClientId | null): ClientView | undefined {
  return known.desk?.clients.find((c) => c.id === id);
}

export function account(id: AccountId): AccountView | undefined {
  return known.desk?.clients.flatMap((c) => c.accounts).find((a) => a.id === id);
}

/** An account by its name there; one without a key has none: its network, and whom it is for. */
export const accountWords = (it: AccountView): string => (it.route === 'api' ? `@${it.handle}` : `${networkWords(it.network)}, ${client(it.client)?.name ?? it.handle}`);

/** Says what went wrong with an act. */
export function complain(problem: Problem): void {
  say({ text: wording(problem), bad: true });
}

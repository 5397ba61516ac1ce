// The acts of the CM, each in one place: what the keys, the buttons and the palette call.
//
// Nothing is shown before the store has it: the row leaves when the change says so, a moment later. Only the
// selection goes on at once, so that the hand need not wait.
import { call, problem, type Acted, type Triage } from '../backend';
import { prefetch } from '../conversation/shown.svelte';
import { rows } from '../list/rows.svelte';
import { say } from '../parts/toasts.svelte';
import { coded, t, tn } from '../words/words.svelte';
import { complain } from './desk.svelte';
import { isList, place, query, select } from './place.svelte';

/** Runs an act; a refusal is said, never thrown further. */
export async function attempt<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (thrown) {
    complain(problem(thrown));
    return undefined;
  }
}

/** The selection, so many rows further down (or up). */
export async function move(by: number): Promise<void> {
  if (!isList(place.screen)) return;
  const here = place.selected === null ? -1 : rows.indexOf(place.selected);
  // Where the selected row has left, its place is the next one's already.
  const from = here >= 0 ? here + by : place.selected === null ? 0 : by > 0 ? rows.last : rows.last - 1;
  const to = Math.min(Math.max(from, 0), rows.total - 1);
  const row = await rows.reach(to);
  if (!row) return;
  rows.last = to;
  select(row.id);
  prefetch((await rows.reach(to + by))?.id);
}

/** Where one goes when the selected row leaves: the next one, else the one before. */
async function neighbour(): Promise<number | null> {
  if (place.selected === null || !isList(place.screen)) return null;
  const here = rows.indexOf(place.selected);
  if (here < 0) return null;
  const next = (await rows.reach(here + 1)) ?? (await rows.reach(here - 1));
  return next?.id ?? null;
}

/** Whether a conversation filed so is no longer in the list on screen. */
function leaves(to: Triage): boolean {
  const here = { owed: 'open', later: 'later', done: 'done', drafts: null, all: null }[query().view];
  return isList(place.screen) && here !== null && here !== to.triage;
}

export async function file(to: Triage): Promise<void> {
  const id = place.selected;
  if (id === null) return;
  const next = leaves(to) ? await neighbour() : id;
  const acted = await attempt(() => call('triage', { ids: [id], to }));
  if (!acted) return;
  if (place.selected === id) {
    rows.last = Math.max(0, rows.indexOf(id));
    if (leaves(to)) select(next);
  }
  said(t(`toast.${to.triage}`), acted);
}

/** After a reply was sent and its conversation filed: on to the next one. */
export async function goOn(from: number): Promise<void> {
  if (place.selected !== from) return;
  const next = await neighbour();
  // Somewhere else meanwhile: one stays there.
  if (place.selected !== from) return;
  rows.last = Math.max(0, rows.indexOf(from));
  if (next !== null) select(next);
}

/** Says an act that has just been done, with its way back. */
export function said(text: string, acted: Acted, more?: string): void {
  const act = acted.act;
  say({ text, more, undo: act === null ? undefined : () => void undo(act) });
}

/** Takes the last act back, or the one named; says what came back and what had changed since. */
export async function undo(act: number | null = null): Promise<void> {
  const undone = await attempt(() => call('undo', { act }));
  if (!undone) return;
  const what = coded(`act.${undone.what}`, t('act.other'));
  say({ text: t('toast.undone', { what }), more: undone.left ? tn('toast.left', undone.left) : undefined });
  const [first] = undone.conversations;
  if (first === undefined) return;
  select(first);
  const at = await attempt(() => call('position_of', { query: query(), id: first }));
  if (typeof at === 'number') rows.last = at;
}

// Back online, what was written meanwhile is looked at again before it leaves: what no longer fits is said once.
import { call, changes } from '../backend';
import { known } from '../desk/desk.svelte';
import { go } from '../desk/place.svelte';
import { say } from '../parts/toasts.svelte';
import { t, tn } from '../words/words.svelte';
import { PAGE } from './replies.svelte';

/** How long after the return a conflict is its doing, and how long one waits for the others before it is said. */
const WHILE = 120_000;
const GATHER = 1_200;

/** Must be called while a component is set up. */
export function watchReturn(): void {
  let away = false;
  let until = 0;
  let told = 0;
  let gathering: ReturnType<typeof setTimeout> | undefined;

  $effect(() => {
    const online = known.desk?.online;
    if (online === false) away = true;
    if (online !== true || !away) return;
    away = false;
    until = Date.now() + WHILE;
    told = 0;
    look();
  });
  $effect(() => {
    const stop = changes((change) => { if (change.replies.length || change.all) look(); });
    return () => { stop(); clearTimeout(gathering); };
  });

  function look() {
    if (Date.now() > until) return;
    clearTimeout(gathering);
    gathering = setTimeout(() => void count(), GATHER);
  }

  async function count() {
    // Conflicts come first in the outbox.
    const slice = await call('outbox', { query: { client: null }, offset: 0, limit: PAGE }).catch(() => undefined);
    const found = slice?.rows.filter(({ state }) => state.state === 'waiting' && state.why.why === 'conflict').length ?? 0;
    if (found <= told) return;
    told = found;
    say({ text: tn('outbox.conflicts', found), lead: { label: t('outbox.see'), go: () => go('outbox') } });
  }
}

// The keys. Single letters act only when nobody is writing, no dialog or menu is open, and no Alt or AltGr is held
// (an AZERTY keyboard writes with them); they can be switched off altogether.
import { call, type ConversationId, type ConversationView } from '../backend';
import { attempt, file, move, undo } from '../desk/acts';
import { known } from '../desk/desk.svelte';
import { ask, go, isList, place, type Screen } from '../desk/place.svelte';
import { shown } from '../conversation/shown.svelte';
import { pick, replies, step } from '../outbox/replies.svelte';

export type Action =
  | 'next' | 'previous' | 'done' | 'reply' | 'template' | 'undo' | 'later' | 'open' | 'like' | 'help' | 'palette'
  | 'owed' | 'later_view' | 'done_view' | 'drafts' | 'outbox' | 'select' | 'hold_all' | 'add' | 'back';

/** The one list: the key that is pressed, and what it does. `help` shows it in this order. */
export const KEYS: { key: string; action: Action }[] = [
  { key: 'j', action: 'next' }, { key: 'k', action: 'previous' }, { key: 'e', action: 'done' }, { key: 's', action: 'later' },
  { key: 'r', action: 'reply' }, { key: '/', action: 'template' }, { key: 't', action: 'template' }, { key: 'z', action: 'undo' },
  { key: 'o', action: 'open' }, { key: 'l', action: 'like' }, { key: '?', action: 'help' },
  { key: '1', action: 'owed' }, { key: '2', action: 'later_view' }, { key: '3', action: 'done_view' }, { key: '4', action: 'drafts' }, { key: '5', action: 'outbox' },
  // A sign, not a letter: no slip of the hand on the way to another key.
  { key: 'x', action: 'select' }, { key: '!', action: 'hold_all' }, { key: 'a', action: 'add' },
];

/** What parts of the page are asked to do by a key: they watch their counter. `write`: the conversation to write in once it is on screen. */
export const asked = $state<{ reply: number; template: number; later: number; write: ConversationId | null }>({ reply: 0, template: 0, later: 0, write: null });

/** The action a key press means here, if any. */
export function actionOf(event: KeyboardEvent, singleKeys: boolean): Action | null {
  if (event.defaultPrevented || event.isComposing) return null;
  if (event.ctrlKey && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 'k') return 'palette';
  if (event.ctrlKey || event.metaKey || event.altKey || event.getModifierState?.('AltGraph')) return null;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest('dialog, [popover]')) return null;
  if (event.key === 'Escape') return 'back';
  if (typing(target)) return null;
  if (event.key === 'ArrowDown' && target?.closest('[role=grid]')) return 'next';
  if (event.key === 'ArrowUp' && target?.closest('[role=grid]')) return 'previous';
  if (!singleKeys) return null;
  const meant = (key: string | undefined) => KEYS.find((k) => k.key === key)?.action;
  // Else the digits of the upper row without Shift, where a keyboard has letters there.
  const digit = event.shiftKey ? undefined : /^Digit([1-5])$/.exec(event.code)?.[1];
  return meant(event.key.toLowerCase()) ?? meant(digit) ?? null;
}

export function typing(target: Element | null): boolean {
  // A box to tick takes no letters.
  return target?.closest('input:not([type=checkbox]), textarea, select, [contenteditable=""], [contenteditable="true"]') != null;
}

export function listen(event: KeyboardEvent): void {
  const action = actionOf(event, known.app?.singleKeys ?? true);
  if (!action || (place.dialog && action !== 'palette')) return;
  if (action === 'back' && !back()) return;
  event.preventDefault();
  if (action === 'select') return select(event.shiftKey);
  if (action !== 'back') run(action);
}

const screens: Partial<Record<Action, Screen>> = { owed: 'owed', later_view: 'later', done_view: 'done', drafts: 'drafts', outbox: 'outbox' };

export function run(action: Action): void {
  const screen = screens[action];
  if (screen) return go(screen);
  const inOutbox = place.screen === 'outbox';
  // Whoever goes on does not want to write where they were.
  if (action === 'next' || action === 'previous') asked.write = null;
  switch (action) {
    case 'next': return inOutbox ? step(1) : void move(1);
    case 'previous': return inOutbox ? step(-1) : void move(-1);
    case 'undo': return void undo();
    case 'select': return select(false);
    case 'hold_all': return ask({ name: 'hold', targets: [{ scope: 'everything' }] });
    case 'add': return ask({ name: 'add', client: place.client });
    case 'help': return ask({ name: 'help' });
    case 'palette': return ask({ name: 'palette' });
  }
  // The others are about the conversation on screen.
  if (!isList(place.screen) && place.screen !== 'search') return;
  switch (action) {
    case 'done': return void toggleDone();
    case 'later': if (place.selected !== null) asked.later++; return;
    case 'reply': case 'template': return write(action);
    case 'open': return openOutside();
    case 'like': return void like();
  }
}

/** Chooses the reply that holds the focus; with Shift, all from the one before. */
function select(range: boolean): void {
  if (place.screen === 'outbox') pick(range);
}

/** The conversation that is chosen, once it is the one on screen: for a moment after `j` the one before still is. */
const onScreen = (): ConversationView | undefined => (shown.view?.row.id === place.selected ? shown.view : undefined);

function write(action: 'reply' | 'template'): void {
  if (place.selected === null) return;
  place.front = 'conversation';
  // Where it is still being read, what is typed next must not fall on the text of another, nor on the keys.
  if (onScreen()) asked[action]++;
  else asked.write = place.selected;
}

/** `e` files; on what is filed already it opens again. */
function toggleDone(): Promise<void> {
  const filed = onScreen()?.row.triage.triage === 'done';
  return file({ triage: filed ? 'open' : 'done' });
}

function openOutside(): void {
  const view = onScreen();
  const url = view?.messages.find((m) => m.id === view.composer.answers)?.url ?? view?.messages.at(-1)?.url;
  if (url) ask({ name: 'link', url });
}

export async function like(): Promise<void> {
  const view = onScreen();
  const message = view?.messages.find((m) => m.id === view.composer.answers);
  if (message) await attempt(() => call('like', { message: message.id, on: !message.liked }));
}

/** Escape leaves the writing first, then what is chosen, then the conversation where it hides the list. */
function back(): boolean {
  const active = document.activeElement;
  if (active instanceof HTMLElement && typing(active)) {
    active.blur();
    return true;
  }
  if (place.screen === 'outbox' && replies.chosen.size) {
    replies.clear();
    return true;
  }
  if (place.front === 'conversation') {
    place.front = 'list';
    return true;
  }
  if (!isList(place.screen)) {
    go('owed');
    return true;
  }
  return false;
}

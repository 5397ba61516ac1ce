// The keys. Single letters act only when nobody is writing, no dialog or menu is open, and no Alt or AltGr is held
// (an AZERTY keyboard writes with them); they can be switched off altogether.
import { call } from '../backend';
import { attempt, file, move, undo } from '../desk/acts';
import { known } from '../desk/desk.svelte';
import { ask, go, isList, place, type Screen } from '../desk/place.svelte';
import { shown } from '../conversation/shown.svelte';

export type Action =
  | 'next' | 'previous' | 'done' | 'reply' | 'template' | 'undo' | 'later' | 'open' | 'like' | 'help' | 'palette'
  | 'owed' | 'later_view' | 'done_view' | 'drafts' | 'outbox' | 'back';

/** The one list: the key that is pressed, and what it does. `help` shows it in this order. */
export const KEYS: { key: string; action: Action }[] = [
  { key: 'j', action: 'next' }, { key: 'k', action: 'previous' }, { key: 'e', action: 'done' }, { key: 's', action: 'later' },
  { key: 'r', action: 'reply' }, { key: '/', action: 'template' }, { key: 't', action: 'template' }, { key: 'z', action: 'undo' },
  { key: 'o', action: 'open' }, { key: 'l', action: 'like' }, { key: '?', action: 'help' },
  { key: '1', action: 'owed' }, { key: '2', action: 'later_view' }, { key: '3', action: 'done_view' }, { key: '4', action: 'drafts' }, { key: '5', action: 'outbox' },
];

/** What parts of the page are asked to do by a key: they watch their counter. */
export const asked = $state({ reply: 0, template: 0, later: 0 });

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
  // The digits of the upper row without Shift, where a keyboard has letters there.
  const digit = /^Digit([1-5])$/.exec(event.code)?.[1];
  const key = digit && !event.shiftKey ? digit : event.key.toLowerCase();
  return KEYS.find((k) => k.key === key)?.action ?? null;
}

export function typing(target: Element | null): boolean {
  return target?.closest('input, textarea, select, [contenteditable=""], [contenteditable="true"]') != null;
}

export function listen(event: KeyboardEvent): void {
  const action = actionOf(event, known.app?.singleKeys ?? true);
  if (!action || (place.dialog && action !== 'palette')) return;
  if (action === 'back' && !back()) return;
  event.preventDefault();
  if (action !== 'back') run(action);
}

const screens: Partial<Record<Action, Screen>> = { owed: 'owed', later_view: 'later', done_view: 'done', drafts: 'drafts', outbox: 'outbox' };

export function run(action: Action): void {
  const screen = screens[action];
  if (screen) return go(screen);
  switch (action) {
    case 'next': return void move(1);
    case 'previous': return void move(-1);
    case 'done': return void toggleDone();
    case 'later': if (place.selected !== null) asked.later++; return;
    case 'reply': if (bringConversation()) asked.reply++; return;
    case 'template': if (bringConversation()) asked.template++; return;
    case 'undo': return void undo();
    case 'open': return openOutside();
    case 'like': return void like();
    case 'help': return ask({ name: 'help' });
    case 'palette': return ask({ name: 'palette' });
  }
}

function bringConversation(): boolean {
  if (place.selected === null || !(isList(place.screen) || place.screen === 'search')) return false;
  place.front = 'conversation';
  return true;
}

/** `e` files; on what is filed already it opens again. */
function toggleDone(): Promise<void> {
  const filed = shown.view?.row.id === place.selected && shown.view.row.triage.triage === 'done';
  return file({ triage: filed ? 'open' : 'done' });
}

function openOutside(): void {
  const answers = shown.view?.composer.answers;
  const url = shown.view?.messages.find((m) => m.id === answers)?.url ?? shown.view?.messages.at(-1)?.url;
  if (url) ask({ name: 'link', url });
}

export async function like(): Promise<void> {
  const view = shown.view;
  const message = view?.messages.find((m) => m.id === view.composer.answers);
  if (message) await attempt(() => call('like', { message: message.id, on: !message.liked }));
}

/** Escape leaves the writing first, then the conversation where it hides the list. */
function back(): boolean {
  const active = document.activeElement;
  if (active instanceof HTMLElement && typing(active)) {
    active.blur();
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

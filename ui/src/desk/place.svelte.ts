// Where the person is: which view, which client alone, which conversation, which dialog. Nothing here is stored.
import type { AccountId, ClientId, ConversationId, HoldTarget, HoldView, ListQuery, MessageView, Millis, View } from '../backend';

export type Screen = View | 'outbox' | 'search' | 'templates';

/** Chosen already; null: nobody yet. */
export type Whose = ClientId | 'new' | null;

export type Dialog =
  | { name: 'help' }
  | { name: 'palette' }
  | { name: 'preferences' }
  | { name: 'recovery' }
  | { name: 'connect'; client: ClientId | null }
  /** A message that no API brings; a new client bears the name already `called`. */
  | { name: 'add'; client: Whose; called?: string }
  /** A file that lists messages; `bytes` in base64. */
  | { name: 'import'; client: Whose; called?: string; file: { name: string; bytes: string } }
  /** Who speaks in the mail that told of it, and what they say. */
  | { name: 'teach'; message: MessageView }
  | { name: 'client'; id: ClientId | null }
  | { name: 'coverage'; account: AccountId }
  | { name: 'link'; url: string }
  /** Asked once before anything is held; an incident is given its name there. */
  | { name: 'hold'; targets: HoldTarget[] }
  | { name: 'release'; holds: HoldView[] }
  /** When a reply leaves; null: as soon as may be, where `soon` offers it. */
  | { name: 'when'; at: Millis | null; opensAt: Millis | null; soon: boolean; choose: (at: Millis | null) => void }
  | { name: 'closing'; waiting: number }
  | { name: 'block'; message: MessageView }
  | { name: 'report'; message: MessageView }
  | { name: 'edit_own'; message: MessageView }
  | { name: 'delete_own'; message: MessageView };

interface Place {
  screen: Screen;
  client: ClientId | null;
  selected: ConversationId | null;
  /** Which pane is in front where only one fits. */
  front: 'list' | 'conversation';
  dialog: Dialog | null;
  /** What the search screen looks for. */
  words: string;
}

const start: Place = { screen: 'owed', client: null, selected: null, front: 'list', dialog: null, words: '' };
export const place = $state<Place>({ ...start });

/** Back to how the window opens: for tests, and when the inbox is opened again. */
export function reset(): void {
  Object.assign(place, start);
  last = 'owed';
}

export const isList = (screen: Screen): screen is View => !['outbox', 'search', 'templates'].includes(screen);

export function query(): ListQuery {
  return { view: isList(place.screen) ? place.screen : 'owed', client: place.client, account: null };
}

/** The list last on screen: one comes back from the outbox to the conversation that one left. */
let last: View = 'owed';

/** `of`: whose it is that one goes to see. Where another client stood alone, that one does. */
export function go(screen: Screen, of?: ClientId): void {
  if (of !== undefined && place.client !== null) place.client = of;
  // Another list opens on a conversation of its own, not beside one that is not in it.
  if (isList(screen) && (screen !== last || place.screen === 'search')) place.selected = null;
  if (isList(screen)) last = screen;
  place.screen = screen;
  place.front = 'list';
  place.dialog = null;
}

/** One client alone on screen, in a list or in the outbox; the same again: all of them. */
export function onlyClient(id: ClientId | null): void {
  place.client = place.client === id ? null : id;
  place.front = 'list';
  if (!isList(place.screen) && place.screen !== 'outbox') go('owed');
}

export function select(id: ConversationId | null, bring = false): void {
  place.selected = id;
  if (bring && id !== null) place.front = 'conversation';
}

export function ask(dialog: Dialog): void {
  place.dialog = dialog;
}

export function closeDialog(): void {
  place.dialog = null;
}

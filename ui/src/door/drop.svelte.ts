// A file that lists messages, given to the window: dropped on it, or chosen in a dialog.
import { ask, place, type Whose } from '../desk/place.svelte';
import { say } from '../parts/toasts.svelte';
import { t } from '../words/words.svelte';

/** As the shell takes it, with what base64 adds. */
const LARGEST = 30 * 1024 * 1024;

/** Whether a file is held over the window, where it may be dropped. */
export const over = $state({ window: false });

const able = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true && (place.dialog === null || place.dialog.name === 'add');

/** What no part of the page took for itself. */
export function dragged(event: DragEvent, open: boolean): void {
  if (event.defaultPrevented) return void (over.window = false);
  event.preventDefault();
  over.window = open && able(event);
  if (event.dataTransfer) event.dataTransfer.dropEffect = over.window ? 'copy' : 'none';
}

export function dropped(event: DragEvent, open: boolean): void {
  over.window = false;
  if (event.defaultPrevented) return;
  event.preventDefault();
  const file = event.dataTransfer?.files[0];
  if (open && file && able(event)) void given(file);
}

/** What the dialog in which a message is added says of itself: whose it is, whether something is written in it. */
interface Begun { client: Whose; called: string; written: boolean; tell: (text: string) => void }
let asked: (() => Begun) | null = null;

/** Asked while that dialog is open: until the returned function is called. */
export function begun(of: () => Begun): () => void {
  asked = of;
  return () => { if (asked === of) asked = null; };
}

/** Reads it, and asks what its columns say. What is begun in a dialog stays. */
export async function given(file: File): Promise<void> {
  // Beside what it concerns: a toast would lie under the dialog.
  const refuse = (text: string) => (asked ? asked().tell(text) : say({ text, bad: true }));
  if (asked?.().written) return void refuse(t('import.begun'));
  if (file.size > LARGEST) return void refuse(t('import.too_large'));
  const before = place.dialog;
  let bytes: string;
  try {
    bytes = await base64(file);
  } catch {
    return void refuse(t('import.unread'));
  }
  // Reading took a while: it may be given up by now, or something else begun.
  if (before !== null && place.dialog === null) return;
  const now = asked?.();
  if (now?.written || (place.dialog !== null && place.dialog !== before)) return void refuse(t('import.begun'));
  ask({ name: 'import', client: now?.client ?? place.client, called: now?.called ?? '', file: { name: file.name, bytes } });
}

async function base64(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = '';
  // In pieces: a whole file is more arguments than a call takes.
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

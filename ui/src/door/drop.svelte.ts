// A file that lists messages, given to the window: dropped on it, or chosen in a dialog.
import { complain } from '../desk/desk.svelte';
import { ask, place } from '../desk/place.svelte';
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

/** Reads it, and asks what its columns say. */
export async function given(file: File): Promise<void> {
  if (file.size > LARGEST) {
    say({ text: t('import.too_large'), bad: true });
    return;
  }
  const client = place.dialog?.name === 'add' ? place.dialog.client : place.client;
  try {
    const bytes = await base64(file);
    ask({ name: 'import', client, file: { name: file.name, bytes } });
  } catch {
    complain({ problem: 'invalid', field: 'file' });
  }
}

async function base64(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = '';
  // In pieces: a whole file is more arguments than a call takes.
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

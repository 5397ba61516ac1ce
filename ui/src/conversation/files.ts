// What a file that hangs on a message is, in words: its kind as people call it, and its weight.
import type { AttachedFile } from '../backend';
import { number, t } from '../words/words.svelte';

/** Endings that say what people say; anything else is named by what its sender claims it is. */
const KNOWN = /^(pdf|png|jpe?g|gif|webp|heic|svg|mp[34]|mov|wav|ogg|zip|docx?|xlsx?|pptx?|od[tsp]|txt|csv|ics|eml|html?)$/;
/** What a system runs when it is opened, or asks its owner to let run. */
const PROGRAM = /^(exe|msi|bat|cmd|com|scr|pif|cpl|jar|js|jse|vbs|vbe|wsf|hta|ps1|lnk|url|reg|iso|img|app|dmg|pkg|command|sh|desktop|appimage|deb|rpm|apk|docm|xlsm|pptm)$/;

const ending = (name: string) => /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';

export function kindOf(file: AttachedFile): string {
  const last = ending(file.name);
  if (KNOWN.test(last) || PROGRAM.test(last)) return last.toUpperCase();
  const kind = file.mediaType.split('/')[0];
  return kind === 'image' || kind === 'audio' || kind === 'video' ? t(`attachment.${kind}`) : file.mediaType;
}

export const isProgram = (name: string): boolean => PROGRAM.test(ending(name));

/** As about as it is told. */
export function sizeOf(bytes: number | null): string {
  if (bytes === null) return '';
  if (bytes < 1000) return t('attachment.bytes', { n: number(bytes) });
  if (bytes < 999_500) return t('attachment.kilobytes', { n: number(Math.round(bytes / 1000)) });
  return t('attachment.megabytes', { n: number(Math.round(bytes / 100_000) / 10) });
}

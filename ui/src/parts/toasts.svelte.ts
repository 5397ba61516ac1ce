// What was just done, said once at the foot of the window: short, in the past tense, with its way back.

export interface Toast {
  id: number;
  text: string;
  /** A second, smaller line. */
  more?: string | undefined;
  /** Offered as a button; the key `z` does the same. */
  undo?: (() => void) | undefined;
  bad?: boolean | undefined;
  /** Leads where it can be seen to; such a toast stays twice as long. */
  lead?: { label: string; go: () => void } | undefined;
}

export const toasts = $state<{ shown: Toast[] }>({ shown: [] });
let last = 0;

/** Shows a toast for seven seconds; an error stays for fifteen. The newest replaces the one before of its kind. */
export function say(toast: Omit<Toast, 'id'>): number {
  const id = ++last;
  toasts.shown = [...toasts.shown.filter((t) => t.bad && !toast.bad), { ...toast, id }].slice(-3);
  setTimeout(() => unsay(id), toast.bad || toast.lead ? 15_000 : 7_000);
  return id;
}

export function unsay(id: number): void {
  toasts.shown = toasts.shown.filter((t) => t.id !== id);
}

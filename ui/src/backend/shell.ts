// The backend of the real window. Nothing else in the interface imports Tauri.
import { invoke, isTauri } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import type { Backend } from './index';
import type { Change } from './contract';

export const inShell = isTauri;

/** What the page read before it was listening is read once more, when its first picture stands. */
const AGAIN_AFTER_MS = 500;

const everything: Change = { conversations: [], replies: [], templates: false, desk: false, all: true };

export function shell(): Backend {
  const page = performance.timeOrigin;
  let called = 0;
  const hearing = new Set<(change: Change) => void>();
  const tell = (change: Change) => hearing.forEach((heard) => heard(change));
  // One listener for the whole page: each would be a message to the shell while the window is being filled.
  void listen<Change>('change', (event) => tell(event.payload)).then(() => setTimeout(() => tell(everything), AGAIN_AFTER_MS));
  return {
    // Named, because the bridge may send it twice: an act is done once.
    call: (name, args) => invoke('call', { name, args, message: `${page} ${called++}` }),
    changes(heard) {
      hearing.add(heard);
      return () => hearing.delete(heard);
    },
    closing(heard) {
      const listening = listen<number>('closing', (event) => heard(event.payload));
      return () => void listening.then((stop) => stop());
    },
  };
}

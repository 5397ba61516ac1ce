// The backend of the real window. Nothing else in the interface imports Tauri.
import { invoke, isTauri } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import type { Backend } from './index';
import type { Change } from './contract';

export const inShell = isTauri;

export function shell(): Backend {
  return {
    call: (name, args) => invoke('call', { name, args }),
    changes(heard) {
      const listening = listen<Change>('change', (event) => heard(event.payload));
      return () => void listening.then((stop) => stop());
    },
    closing(heard) {
      const listening = listen<number>('closing', (event) => heard(event.payload));
      return () => void listening.then((stop) => stop());
    },
  };
}

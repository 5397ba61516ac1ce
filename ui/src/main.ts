// Where the interface starts: the backend is chosen once, then the window is drawn.
import '@fontsource-variable/inter/wght.css';
import './tokens.css';
import './base.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { use } from './backend';
import { inShell, shell } from './backend/shell';
import { query } from './desk/place.svelte';
import { rows } from './list/rows.svelte';

async function start(): Promise<void> {
  if (inShell() || import.meta.env.PROD) {
    use(shell());
  } else {
    // In a plain browser while developing: `?screen=…` opens the fake in one of its states.
    const { preview } = await import('./backend/fake/preview');
    use(preview(new URLSearchParams(location.search)));
  }
  rows.ahead(query());
  const target = document.getElementById('guichet');
  if (target) mount(App, { target });
}

void start();

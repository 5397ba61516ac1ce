// The screens that are read after the first list; `later.svelte.ts` says when.
export { default as Conversation } from './conversation/Conversation.svelte';
export { default as Dialogs } from './desk/Dialogs.svelte';
export { default as Outbox } from './outbox/Outbox.svelte';
export { default as Search } from './search/Search.svelte';
export { default as Closed } from './start/Closed.svelte';
export { default as First } from './start/First.svelte';
export { default as Templates } from './templates/Templates.svelte';

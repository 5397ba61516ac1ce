// The conversation on screen, and the ones before and after it read ahead, so that `j` and `k` only have to paint.
import { call, changes, problem, type Change, type ConversationId, type ConversationView, type Problem } from '../backend';

/** Enough for both neighbours and a way back; a change forgets what it concerns. */
const KEPT = 8;
const read = new Map<ConversationId, Promise<ConversationView>>();

function fetch(id: ConversationId): Promise<ConversationView> {
  const known = read.get(id);
  if (known) return known;
  const reading = call('conversation', { id });
  read.set(id, reading);
  reading.catch(() => { if (read.get(id) === reading) read.delete(id); });
  for (const old of read.keys()) {
    if (read.size <= KEPT) break;
    read.delete(old);
  }
  return reading;
}

/** Reads a conversation ahead. */
export function prefetch(id: ConversationId | undefined): void {
  if (id !== undefined) fetch(id).catch(() => {});
}

class Shown {
  view = $state.raw<ConversationView>();
  problem = $state.raw<Problem>();
  #id: ConversationId | null = null;
  #opening: ReturnType<typeof setTimeout> | undefined;

  async show(id: ConversationId | null): Promise<void> {
    this.#id = id;
    clearTimeout(this.#opening);
    this.problem = undefined;
    if (id === null) {
      this.view = undefined;
      return;
    }
    await this.#take(id);
    // Passing over a conversation with `j` is not reading it.
    this.#opening = setTimeout(() => {
      if (this.#id === id && this.view?.row.unread) call('opened', { id }).catch(() => {});
    }, 400);
  }

  async #take(id: ConversationId): Promise<void> {
    const reading = fetch(id);
    // A reading begun before a change may end after the one begun since: only the last one is shown.
    const late = () => this.#id !== id || (read.get(id) ?? reading) !== reading;
    try {
      const view = await reading;
      if (!late()) this.view = view;
    } catch (thrown) {
      if (late()) return;
      this.view = undefined;
      this.problem = problem(thrown);
    }
  }

  heard(change: Change): void {
    const concerned = (view: ConversationView | undefined) =>
      view?.replies.some((r) => change.replies.includes(r.id)) || view?.messages.some((m) => m.reply && change.replies.includes(m.reply.id));
    if (change.all) read.clear();
    for (const id of change.conversations) read.delete(id);
    if (this.#id === null) return;
    if (change.all || change.conversations.includes(this.#id) || concerned(this.view)) {
      read.delete(this.#id);
      void this.#take(this.#id);
    }
  }

  /** Listens until the returned function is called. */
  listen(): () => void {
    return changes((change) => this.heard(change));
  }

  reset(): void {
    read.clear();
    clearTimeout(this.#opening);
    this.#id = null;
    this.view = undefined;
    this.problem = undefined;
  }
}

export const shown = new Shown();

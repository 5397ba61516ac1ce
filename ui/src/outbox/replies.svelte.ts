// The outbox as read so far, in the order of need, and what is chosen in it.
//
// Only a first page is drawn, and more when asked for: a crisis has ten thousand replies. A whole section can still be
// chosen: what is not drawn is read for that, not shown.
import { SvelteMap } from 'svelte/reactivity';
import { call, problem, type ClientId, type Problem, type ReplyId, type ReplyView } from '../backend';

export const PAGE = 50;
/** Read at once for a selection. */
const SWEEP = 200;

export const SECTIONS = ['look', 'approve', 'held', 'leaving', 'sent'] as const;
export type Section = (typeof SECTIONS)[number];

export function sectionOf({ state }: ReplyView): Section {
  switch (state.state) {
    case 'refused': case 'unsure': case 'handed': return 'look';
    case 'to_approve': return 'approve';
    case 'held': return 'held';
    case 'waiting': return ['conflict', 'login', 'hand'].includes(state.why.why) ? 'look' : 'leaving';
    case 'sending': return 'leaving';
    default: return 'sent';
  }
}

export class Replies {
  rows = $state.raw<ReplyView[]>([]);
  total = $state(0);
  loaded = $state(false);
  problem = $state.raw<Problem>();
  /** The replies chosen, as they were when last read. What is sent is never among them. */
  chosen = new SvelteMap<ReplyId, ReplyView>();
  /** Where a range begins: the last one chosen by itself. */
  #from: ReplyId | null = null;

  #client: ClientId | null = null;
  #wanted = PAGE;
  #reading: Promise<void> | undefined;
  #stale = false;

  /** Shows the outbox of one client, or of all, from its top. */
  open(client: ClientId | null): void {
    this.#client = client;
    this.close();
    void this.refresh();
  }

  /** Nothing of it is on screen any more. */
  close(): void {
    this.rows = [];
    this.total = 0;
    this.loaded = false;
    this.problem = undefined;
    this.#wanted = PAGE;
    this.clear();
  }

  more(): Promise<void> {
    this.#wanted += 2 * PAGE;
    return this.refresh();
  }

  /** Reads again what is shown. Changes that come meanwhile cause one more reading, not one each. */
  refresh(): Promise<void> {
    this.#stale = true;
    return (this.#reading ??= this.#readAll().finally(() => { this.#reading = undefined; }));
  }

  async #readAll(): Promise<void> {
    while (this.#stale) {
      this.#stale = false;
      try {
        const [client, wanted] = [this.#client, this.#wanted];
        const { total, rows } = await call('outbox', { query: { client }, offset: 0, limit: wanted });
        // The core may give less at a time than was asked.
        while (rows.length < Math.min(wanted, total)) {
          const next = await call('outbox', { query: { client }, offset: rows.length, limit: wanted - rows.length });
          if (!next.rows.length) break;
          rows.push(...next.rows);
        }
        if (client !== this.#client) continue;
        this.rows = unique(rows);
        this.total = total;
        this.problem = undefined;
        this.#follow();
      } catch (thrown) {
        this.problem = problem(thrown);
      }
      this.loaded = true;
    }
  }

  /** What is chosen is seen as it stands now; what has left is chosen no more. */
  #follow(): void {
    for (const it of this.rows) {
      if (!this.chosen.has(it.id)) continue;
      if (sectionOf(it) === 'sent') this.chosen.delete(it.id);
      else this.chosen.set(it.id, it);
    }
    // All were read: one that is not among them is gone from the outbox.
    if (this.rows.length < this.total) return;
    const there = new Set(this.rows.map((it) => it.id));
    for (const id of [...this.chosen.keys()]) if (!there.has(id)) this.chosen.delete(id);
  }

  /** Chooses one, or not; with `range`, all from the one chosen before to this one. */
  toggle(id: ReplyId, range = false): void {
    const on = !this.chosen.has(id);
    const open = this.rows.filter((it) => sectionOf(it) !== 'sent');
    const [a, b] = [open.findIndex((it) => it.id === this.#from), open.findIndex((it) => it.id === id)];
    if (b < 0) return;
    const them = range && a >= 0 ? open.slice(Math.min(a, b), Math.max(a, b) + 1) : [open[b]!];
    // A range is chosen: it takes nothing away.
    for (const it of them) {
      if (range || on) this.chosen.set(it.id, it);
      else this.chosen.delete(it.id);
    }
    this.#from = id;
  }

  /** Whether all of a section that is in view is chosen; null: some of it. */
  all(section: Section): boolean | null {
    const them = this.rows.filter((it) => sectionOf(it) === section);
    const count = them.filter((it) => this.chosen.has(it.id)).length;
    return count === 0 ? false : count === them.length ? true : null;
  }

  /** Chooses a section whole, with what of it is not drawn; or lets it go. */
  async choose(section: Section, on: boolean): Promise<void> {
    if (!on) {
      for (const it of [...this.chosen.values()]) if (sectionOf(it) === section) this.chosen.delete(it.id);
      return;
    }
    const take = (rows: ReplyView[]) => rows.forEach((it) => { if (sectionOf(it) === section) this.chosen.set(it.id, it); });
    take(this.rows);
    const client = this.#client;
    let at = this.rows.length;
    let last = this.rows.at(-1);
    while (at < this.total && last && SECTIONS.indexOf(sectionOf(last)) <= SECTIONS.indexOf(section)) {
      const { rows } = await call('outbox', { query: { client }, offset: at, limit: SWEEP });
      if (!rows.length || client !== this.#client) return;
      take(rows);
      at += rows.length;
      last = rows.at(-1);
    }
  }

  clear(): void {
    this.chosen.clear();
    this.#from = null;
  }
}

/** A reply that moved up between two pages would stand there twice. */
function unique(rows: ReplyView[]): ReplyView[] {
  const seen = new Set<ReplyId>();
  return rows.filter((it) => !seen.has(it.id) && seen.add(it.id));
}

/** The outbox on screen: the keys reach it too. */
export const replies = new Replies();

const picks = (): HTMLInputElement[] => [...document.querySelectorAll<HTMLInputElement>('.outbox .pick')];

/** The row that holds the focus, by its place; -1: none. */
export function here(): number {
  const row = document.activeElement?.closest('[data-reply]');
  return row ? picks().findIndex((it) => row.contains(it)) : -1;
}

/** Moves the focus from row to row: each one's box to choose it. */
export function step(by: number): void {
  const boxes = picks();
  const at = here();
  const to = at < 0 ? 0 : Math.min(Math.max(at + by, 0), boxes.length - 1);
  focus(boxes[to]);
}

export function focusAt(index: number): void {
  const boxes = picks();
  focus(boxes[Math.min(index, boxes.length - 1)]);
}

function focus(box: HTMLInputElement | undefined): void {
  box?.focus({ preventScroll: true });
  box?.closest('[data-reply]')?.scrollIntoView?.({ block: 'nearest' });
}

/** The row that holds the focus is chosen, or not. */
export function pick(range: boolean): void {
  const row = document.activeElement?.closest<HTMLElement>('[data-reply]');
  if (row) replies.toggle(Number(row.dataset['reply']), range);
  else step(0);
}

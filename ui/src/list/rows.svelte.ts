// The rows of the list on screen, read in chunks as they come into view.
//
// A list is `total` places; a place whose chunk has not been read yet is empty for a moment. When something changes,
// the chunks in view are read again and the others forgotten; the old rows stay until the new ones are there.
import { SvelteMap } from 'svelte/reactivity';
import { call, problem, type ConversationId, type ListQuery, type Problem, type Row } from '../backend';

export const CHUNK = 50;

class Rows {
  total = $state(0);
  /** False until the first chunk of this query is there. */
  loaded = $state(false);
  problem = $state.raw<Problem>();
  /** Grows with each reading that brought something: the list moves its focus then. */
  turn = $state(0);
  /** Where the selection stood last: from there one goes on when its row has left. */
  last = 0;

  #chunks = new SvelteMap<number, Row[]>();
  #query: ListQuery | undefined;
  /** A new one for each query and each refresh: an answer to an older one is dropped. */
  #reading = 0;
  #asked = new Set<number>();
  #seen: [number, number] = [0, 0];
  /** Read before there was a list to show it. */
  #ahead = false;

  /** Begins to read the list that the window opens on, while the rest of the page is still being made. */
  ahead(query: ListQuery): void {
    this.open(query);
    this.#ahead = true;
  }

  /** Shows another list, from its top. */
  open(query: ListQuery): void {
    const begun = this.#ahead && !this.problem && JSON.stringify(query) === JSON.stringify(this.#query);
    this.#ahead = false;
    if (begun) return;
    this.#query = query;
    this.#reading++;
    this.#asked.clear();
    this.#chunks.clear();
    this.loaded = false;
    this.last = 0;
    this.#seen = [0, 0];
    void this.#read(0);
  }

  at(index: number): Row | undefined {
    return this.#chunks.get(Math.floor(index / CHUNK))?.[index % CHUNK];
  }

  /** The place of a conversation among the rows read so far; -1 where it is not there. */
  indexOf(id: ConversationId): number {
    for (const [chunk, rows] of this.#chunks) {
      const index = rows.findIndex((row) => row.id === id);
      if (index >= 0) return chunk * CHUNK + index;
    }
    return -1;
  }

  /** Says which places are in view: their chunks are read. */
  view(from: number, to: number): void {
    const [a, b] = [Math.floor(from / CHUNK), Math.floor(Math.max(from, to - 1) / CHUNK)];
    this.#seen = [a, b];
    for (let chunk = a; chunk <= b; chunk++) void this.#read(chunk);
  }

  /** The row at a place, read if need be. */
  async reach(index: number): Promise<Row | undefined> {
    if (index < 0 || index >= this.total) return undefined;
    if (!this.at(index)) await this.#read(Math.floor(index / CHUNK));
    return this.at(index);
  }

  /** Something changed: reads what is in view again. */
  async refresh(): Promise<void> {
    if (!this.#query) return;
    this.#reading++;
    this.#asked.clear();
    const [a, b] = this.#seen;
    const reading = this.#reading;
    const kept = new Set<number>();
    for (let chunk = a; chunk <= b; chunk++) {
      kept.add(chunk);
      await this.#read(chunk);
      if (reading !== this.#reading) return;
    }
    for (const chunk of this.#chunks.keys()) if (!kept.has(chunk)) this.#chunks.delete(chunk);
  }

  async #read(chunk: number): Promise<void> {
    const query = this.#query;
    if (!query || this.#asked.has(chunk)) return;
    this.#asked.add(chunk);
    const reading = this.#reading;
    try {
      const slice = await call('list', { query, offset: chunk * CHUNK, limit: CHUNK });
      if (reading !== this.#reading) return;
      this.total = slice.total;
      this.#chunks.set(chunk, slice.rows);
      this.problem = undefined;
      this.loaded = true;
      this.turn++;
    } catch (thrown) {
      if (reading !== this.#reading) return;
      this.#asked.delete(chunk);
      this.problem = problem(thrown);
      this.loaded = true;
    }
  }
}

export const rows = new Rows();

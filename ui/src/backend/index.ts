// The one door to the program: commands go out by `call`, what changed comes in by `changes`.
//
// Which backend stands behind it is decided once, before the first component mounts: the shell's where there is one,
// the fake in a plain browser and in tests.
import type { Change, Contract, Problem } from './contract';

export type * from './contract';

export interface Backend {
  call(name: string, args: Record<string, unknown>): Promise<unknown>;
  /** Calls `heard` after each committed change, until the returned function is called. */
  changes(heard: (change: Change) => void): () => void;
  /** Calls `heard` when the window is being closed while that many replies wait, until the returned function is called. */
  closing(heard: (waiting: number) => void): () => void;
}

let backend: Backend | undefined;

export function use(chosen: Backend): void {
  backend = chosen;
}

type Name = keyof Contract;
type Args<N extends Name> =
  Contract[N]['args'] extends Record<string, never> ? [] : [args: Contract[N]['args']];

/** Runs one command. Rejects with a `Problem`. */
export async function call<N extends Name>(name: N, ...args: Args<N>): Promise<Contract[N]['returns']> {
  if (!backend) throw { problem: 'unexpected', what: 'no backend' } satisfies Problem;
  return (await backend.call(name, args[0] ?? {})) as Contract[N]['returns'];
}

export function changes(heard: (change: Change) => void): () => void {
  return backend ? backend.changes(heard) : () => {};
}

export function closing(heard: (waiting: number) => void): () => void {
  return backend ? backend.closing(heard) : () => {};
}

/** What a rejected command said, whatever was thrown. */
export function problem(thrown: unknown): Problem {
  if (thrown && typeof thrown === 'object' && 'problem' in thrown) return thrown as Problem;
  const what = thrown instanceof Error ? thrown.name : String(thrown).slice(0, 120);
  return { problem: 'unexpected', what };
}

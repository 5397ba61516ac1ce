// What a menu offers, as data.

export interface Entry {
  label: string;
  act: () => void;
  key?: string;
  danger?: boolean;
  /** For a choice among several: whether it is the one. */
  on?: boolean;
  note?: string;
}

export type Menu = Entry[];

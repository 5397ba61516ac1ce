// What the window's first picture does not show stands in a script of its own: to read it takes as long as to draw the
// first list. It is wanted once that list is on screen, or at once by whoever needs one of its screens sooner.
type Screens = typeof import('./screens');

let screens = $state.raw<Screens>();
let wanted: Promise<void> | undefined;

export const later = {
  get screens() { return screens; },
};

export function want(): void {
  wanted ??= import('./screens').then((read) => { screens = read; });
}

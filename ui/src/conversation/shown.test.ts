// What is on screen is the last reading, in whatever order the readings end.
import { beforeEach, expect, it } from 'vitest';
import { use, type Change, type ConversationView } from '../backend';
import { shown } from './shown.svelte';

let readings: { come: (view: ConversationView) => void; fail: (thrown: unknown) => void }[];
const view = (unread: boolean) => ({ row: { id: 1, unread }, replies: [], messages: [] }) as unknown as ConversationView;
const changed = { all: false, conversations: [1], replies: [] } as unknown as Change;
const settle = () => new Promise((resolve) => setTimeout(resolve));

beforeEach(() => {
  shown.reset();
  readings = [];
  use({ call: () => new Promise((come, fail) => readings.push({ come, fail })), changes: () => () => {}, closing: () => () => {} });
});

it('shows no reading begun before a change over the one begun since', async () => {
  void shown.show(1);
  shown.heard(changed);
  const [before, since] = readings;
  const last = view(false);
  since!.come(last);
  await settle();
  before!.come(view(true));
  await settle();
  expect(shown.view).toBe(last);
  shown.reset();
});

it('says no failure of a reading that another has followed', async () => {
  void shown.show(1);
  shown.heard(changed);
  const [before, since] = readings;
  before!.fail({ problem: 'unexpected', what: 'x' });
  await settle();
  const last = view(false);
  since!.come(last);
  await settle();
  expect(shown.problem).toBeUndefined();
  expect(shown.view).toBe(last);
  shown.reset();
});

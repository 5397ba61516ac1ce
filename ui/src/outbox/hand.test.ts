// What the person publishes, on the fake backend: copied, told to be there or not, and taken back by one undo.
import { waitFor } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import type { ReplyView } from '../backend';
import { deskOf } from '../backend/fake/reads';
import { undo } from '../desk/acts';
import { eachOnItsOwn, heard, made, openOutbox, stored, toast } from '../tests/page';
import { handOver, published } from './hand';
import { sectionOf } from './replies.svelte';

eachOnItsOwn();

/** Two replies that were copied, of two conversations. */
async function copied(): Promise<ReplyView[]> {
  await openOutbox();
  const them = [stored(505), stored(507)];
  for (const it of them) it.state = { state: 'handed' };
  return them;
}
const talk = (it: ReplyView) => made.world.talks.get(it.conversation)!;

describe('a yes', () => {
  it('files nothing by itself: the core does, and one undo takes both back', async () => {
    const [reply] = await copied();
    talk(reply!).triage = { triage: 'open' };
    await published([reply!]);
    expect([stored(505).state.state, talk(reply!).triage.triage]).toEqual(['sent', 'done']);
    expect(toast()).toContain('Réponse publiée');
    expect(heard('triage')).toHaveLength(0);
    await undo();
    expect([stored(505).state.state, talk(reply!).triage.triage]).toEqual(['handed', 'open']);
    expect(heard('undo')).toHaveLength(1);
  });

  it('that came too late for all of them says only that', async () => {
    const them = await copied();
    for (const it of them) it.state = { state: 'taken_back' };
    await published(them);
    expect(toast()).toContain('Trop tard pour 2 réponses');
    expect(toast()).not.toContain('publiée');
  });
});

describe('a copy', () => {
  it('says where to paste it, and otherwise where no page opened', async () => {
    const [reply] = await copied();
    const asked = talk(reply!).messages.findLast((it) => !it.ours)!;
    asked.url = 'https://exemple.test/1';
    await handOver(reply!.id);
    expect(toast()).toContain('collez-le dans la page');
    asked.url = null;
    await handOver(reply!.id);
    await waitFor(() => expect(toast()).toContain('Aucune page ne s’est ouverte'));
  });

  it('waits for the person before it and after it', async () => {
    const [reply] = await copied();
    expect(sectionOf(reply!)).toBe('look');
    const { trouble } = deskOf(made.world).counts;
    reply!.state = { state: 'waiting', why: { why: 'hand' } };
    expect(sectionOf(reply!)).toBe('look');
    expect(deskOf(made.world).counts.trouble).toBe(trouble);
  });
});

// The fake as the address asks for it, to look at every screen in a plain browser:
// `?first`, `?rehearsal`, `?offline`, `?closed=no_key`, `?theme=dark`, `?locale=en`, `?size=0`, `?waits=3000`,
// `?held=12` (a client held, with so many replies), `?many=5000` (so many that wait), `?rules` (a client with hours and a yes to give).
import type { AppView, Problem } from '../index';
import { fake, type Fake } from './index';
import { flood } from './world';

export function preview(asked: URLSearchParams): Fake {
  const app: Partial<AppView> = {
    firstStart: asked.has('first'),
    rehearsal: asked.has('rehearsal'),
    locale: asked.get('locale') === 'en' ? 'en' : 'fr',
    theme: (asked.get('theme') as AppView['theme'] | null) ?? 'system',
  };
  const closed = asked.get('closed');
  if (closed === 'opening') app.inbox = { inbox: 'opening' };
  else if (closed) app.inbox = { inbox: 'closed', made: true, problem: { problem: closed, wrong: false } as Problem };
  const made = fake({ app, size: Number(asked.get('size') ?? 300), waits: Number(asked.get('waits') ?? 0) });
  const { world } = made;
  const held = Number(asked.get('held') ?? 0);
  if (held) {
    flood(world, 2, held);
    world.holds.push({ id: 9001, target: { scope: 'client', client: 2 }, why: 'Le préavis de grève : on attend la direction', byProgram: false, at: Date.now() - 1_500_000, released: false });
  }
  if (asked.has('many')) flood(world, 1, Number(asked.get('many')));
  if (asked.has('rules')) {
    const hours = [1, 2, 3, 4, 5].flatMap((day) => [{ day, from: 540, to: 720 }, { day, from: 840, to: 1080 }]);
    for (const client of world.clients) client.rules = { undoSeconds: 45, toApprove: client.id === 2, hours };
  }
  if (asked.has('offline')) made.offline(true);
  // For looking from outside: the console and the pictures' script reach the fake here.
  Object.assign(window, { fake: made });
  return made;
}

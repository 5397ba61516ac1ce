// The fake as the address asks for it, to look at every screen in a plain browser:
// `?first`, `?rehearsal`, `?offline`, `?closed=no_key`, `?theme=dark`, `?locale=en`, `?size=0`, `?waits=3000`.
import type { AppView, Problem } from '../index';
import { fake, type Fake } from './index';

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
  if (asked.has('offline')) made.offline(true);
  // For looking from outside: the console and the pictures' script reach the fake here.
  Object.assign(window, { fake: made });
  return made;
}

-- The inbox from its first day. Instants are integer milliseconds since 1970 UTC; JSON columns hold the model's types.

CREATE TABLE client (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  letter TEXT NOT NULL,           -- one or two capitals: told apart in greyscale
  color INTEGER NOT NULL,         -- 1 to 8, in the palette
  position INTEGER NOT NULL,
  undo_seconds INTEGER NOT NULL DEFAULT 20,  -- how long a reply can be taken back: 0 to 120
  to_approve INTEGER NOT NULL DEFAULT 0,     -- its replies wait for a yes
  hours TEXT NOT NULL DEFAULT '[]',          -- view::Opening, in order; none: always open
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE access (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  network TEXT NOT NULL,
  route TEXT NOT NULL DEFAULT 'api' CHECK (route IN ('api','mail','file','hand')),
  server TEXT NOT NULL,           -- the origin its secret may be sent to
  secret TEXT UNIQUE,             -- its name in the vault, never the secret itself; NULL: a door without a key
  blocked TEXT,                   -- Fault::Blocked as JSON: suspends every account of the access
  created_at INTEGER NOT NULL,
  CHECK ((route = 'api') = (secret IS NOT NULL))
) STRICT;

CREATE TABLE account (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  client INTEGER NOT NULL REFERENCES client(id),
  access INTEGER NOT NULL REFERENCES access(id),
  network TEXT NOT NULL,
  server TEXT NOT NULL,           -- its origin: two servers may number people alike
  me TEXT NOT NULL,               -- model::Author as JSON
  remote TEXT NOT NULL,
  handle TEXT NOT NULL,
  name TEXT NOT NULL,
  capabilities TEXT,              -- model::Capabilities as JSON, once told
  health TEXT NOT NULL,           -- view::Health as JSON
  blocked TEXT,                   -- Fault::Blocked as JSON
  last_success INTEGER,
  unreadable INTEGER NOT NULL DEFAULT 0,
  trip_read_at INTEGER,           -- its round trip, each leg the first time: a text of others was read,
  trip_answered_at INTEGER,       -- a reply of ours was taken,
  trip_seen_at INTEGER,           -- and was seen where others see it
  created_at INTEGER NOT NULL,
  removed_at INTEGER              -- removed accounts keep their conversations readable
) STRICT;
CREATE UNIQUE INDEX account_identity ON account(client, network, server, remote) WHERE removed_at IS NULL;

CREATE TABLE source (             -- what an account pulls, and where reading stopped
  account INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  cursor TEXT,                    -- the connector's own JSON
  since INTEGER NOT NULL,         -- where a first reading starts
  next_at INTEGER NOT NULL,       -- not pulled before, unless rung
  pulled_at INTEGER,
  PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE coverage (           -- intervals proven read; neighbours are joined
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  source TEXT NOT NULL,
  from_at INTEGER NOT NULL,
  to_at INTEGER NOT NULL
) STRICT;
CREATE INDEX coverage_of ON coverage(account, source, from_at);

CREATE TABLE hole (               -- gaps, with whether the network could still fill them
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  source TEXT NOT NULL,
  from_at INTEGER NOT NULL,
  to_at INTEGER NOT NULL,
  fillable INTEGER NOT NULL
) STRICT;
CREATE INDEX hole_of ON hole(account, source, from_at);

CREATE TABLE unread_raw (         -- answers that could not be read, as they came
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  source TEXT NOT NULL,
  digest TEXT NOT NULL,           -- of the raw text: the same one is counted once
  raw TEXT NOT NULL,
  why TEXT NOT NULL,
  at INTEGER NOT NULL,
  UNIQUE (account, digest)
) STRICT;

CREATE TABLE person (             -- an author as one client sees them
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  client INTEGER NOT NULL REFERENCES client(id),
  network TEXT NOT NULL,
  server TEXT NOT NULL DEFAULT '',  -- whose word the remote id is: two servers may number alike
  remote TEXT NOT NULL,
  handle TEXT NOT NULL,
  name TEXT NOT NULL,
  avatar TEXT,
  url TEXT,
  bot INTEGER NOT NULL DEFAULT 0,
  muted INTEGER NOT NULL DEFAULT 0,
  blocked INTEGER NOT NULL DEFAULT 0,
  messages INTEGER NOT NULL DEFAULT 0,
  UNIQUE (client, network, server, remote)
) STRICT;

CREATE TABLE post (               -- what comments hang on
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  client INTEGER NOT NULL REFERENCES client(id),
  account INTEGER NOT NULL REFERENCES account(id),
  person INTEGER REFERENCES person(id),
  remote TEXT NOT NULL,
  ours INTEGER NOT NULL,
  at INTEGER NOT NULL,
  edited_at INTEGER,
  text TEXT NOT NULL,
  body TEXT NOT NULL,             -- model::Body without its text, as JSON
  lang TEXT,
  url TEXT,
  visibility TEXT,
  attachments TEXT NOT NULL,
  counts TEXT NOT NULL,
  known INTEGER NOT NULL,         -- 0: a placeholder, named before it was read
  gone_at INTEGER,
  expires_at INTEGER,
  UNIQUE (account, remote)
) STRICT;

CREATE TABLE conversation (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  client INTEGER NOT NULL REFERENCES client(id),
  account INTEGER NOT NULL REFERENCES account(id),
  post INTEGER REFERENCES post(id),
  kind TEXT NOT NULL,             -- comment, mention, message, review
  root TEXT NOT NULL,             -- the remote id that names it: the network's word, else its top, else an orphan's
  told TEXT,                      -- the smallest root the network named, if it named one
  triage INTEGER NOT NULL,        -- 0 open, 1 later, 2 done
  later_until INTEGER,            -- NULL with triage 1: until an answer comes
  triaged_at INTEGER NOT NULL,
  owed_at INTEGER NOT NULL,       -- when the oldest unanswered text of others was written: the order of what is owed
  last_at INTEGER NOT NULL,       -- newest message
  latest INTEGER,                 -- message: the newest by others, shown in the list
  messages INTEGER NOT NULL DEFAULT 0,
  unread INTEGER NOT NULL DEFAULT 0,
  edited INTEGER NOT NULL DEFAULT 0,
  gone INTEGER NOT NULL DEFAULT 0,
  visibility TEXT,                -- the narrowest of its messages
  read_at INTEGER,                -- when intake last touched it
  UNIQUE (account, root)
) STRICT;
CREATE INDEX conversation_owed ON conversation(owed_at, id) WHERE triage = 0;
CREATE INDEX conversation_owed_client ON conversation(client, owed_at, id) WHERE triage = 0;
CREATE INDEX conversation_later ON conversation(ifnull(later_until, 9223372036854775807), id, client, account)
  WHERE triage = 1;              -- "until an answer" sorts after every date
CREATE INDEX conversation_done ON conversation(triaged_at DESC, id DESC, client, account) WHERE triage = 2;
CREATE INDEX conversation_done_client ON conversation(client, triaged_at DESC, id DESC) WHERE triage = 2;
CREATE INDEX conversation_all ON conversation(last_at DESC, id DESC, client, account);
CREATE INDEX conversation_account ON conversation(account, triage, owed_at, id, client);
CREATE INDEX conversation_post ON conversation(post);
CREATE INDEX conversation_newest ON conversation(account, last_at DESC);

CREATE TABLE former_root (        -- names of conversations that were merged away: what comes later by them finds its way
  account INTEGER NOT NULL REFERENCES account(id),
  name TEXT NOT NULL,
  conversation INTEGER NOT NULL REFERENCES conversation(id) ON DELETE CASCADE,
  PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX former_root_of ON former_root(conversation);

CREATE TABLE message (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  client INTEGER NOT NULL REFERENCES client(id),
  account INTEGER NOT NULL REFERENCES account(id),
  conversation INTEGER NOT NULL REFERENCES conversation(id),
  person INTEGER NOT NULL REFERENCES person(id),
  remote TEXT NOT NULL,
  in_reply_to TEXT,
  standing INTEGER NOT NULL DEFAULT 0, -- 0 answers a known message, 1 top of its thread, 2 orphan: answers one not read yet
  ours INTEGER NOT NULL,
  at INTEGER NOT NULL,
  edited_at INTEGER,
  text TEXT NOT NULL,
  body TEXT NOT NULL,             -- model::Body without its text, as JSON
  lang TEXT,
  url TEXT,
  visibility TEXT,
  publication TEXT NOT NULL DEFAULT 'published', -- where it stands at its network: spam and trash are never owed
  rating INTEGER,
  attachments TEXT NOT NULL,
  liked INTEGER NOT NULL DEFAULT 0,
  opened INTEGER NOT NULL DEFAULT 0,
  gone_at INTEGER,
  expires_at INTEGER,
  looked_at INTEGER NOT NULL DEFAULT 0,  -- when it was read first, or looked at again by its name
  misses INTEGER NOT NULL DEFAULT 0,     -- looks in a row that neither showed it nor said that it is gone
  route TEXT NOT NULL DEFAULT 'api',     -- how it came: 'hand', 'file', 'mail' until the network itself shows it
  raw INTEGER NOT NULL DEFAULT 0,        -- its text is the whole of what came: author and text were not understood
  word_row INTEGER NOT NULL UNIQUE, -- its row in the search index: time, then a counter
  scope TEXT NOT NULL DEFAULT ''  -- what stands in the index beside its words: the same is needed to remove them
) STRICT;
CREATE INDEX message_of ON message(conversation, at, id);
CREATE INDEX message_orphan ON message(account, in_reply_to) WHERE standing = 2;
CREATE INDEX message_expiry ON message(expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX message_again ON message(account, at, looked_at, misses) WHERE gone_at IS NULL;
CREATE INDEX message_person ON message(person, at);
CREATE INDEX message_ours ON message(conversation, id) WHERE ours = 1 AND gone_at IS NULL;
CREATE INDEX message_keyless ON message(account, conversation) WHERE route <> 'api';
CREATE INDEX message_changed ON message(id, edited_at, gone_at, publication)
  WHERE edited_at IS NOT NULL OR gone_at IS NOT NULL OR publication IN ('spam', 'trash');

CREATE TABLE notice_mail (        -- the mail that told of a message without a key, as it came
  message INTEGER PRIMARY KEY REFERENCES message(id) ON DELETE CASCADE,
  mail TEXT NOT NULL,
  told TEXT                       -- JSON Told: the same as looks read it
) STRICT;

CREATE TABLE mail_look (          -- how notification mails read, as the CM has shown by one of them
  id INTEGER PRIMARY KEY,
  domain TEXT NOT NULL,           -- they come from there
  look TEXT NOT NULL,             -- JSON Look
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE alias (              -- a message or post has several names; a name means one of them
  account INTEGER NOT NULL REFERENCES account(id),
  scope TEXT NOT NULL,
  name TEXT NOT NULL,
  message INTEGER REFERENCES message(id) ON DELETE CASCADE,
  post INTEGER REFERENCES post(id) ON DELETE CASCADE,
  PRIMARY KEY (account, scope, name),
  CHECK ((message IS NULL) <> (post IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX alias_message ON alias(message);

CREATE TABLE tombstone (          -- the network's explicit word that an item is gone, perhaps before it was read
  account INTEGER NOT NULL REFERENCES account(id),
  name TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE draft (              -- one a conversation
  conversation INTEGER PRIMARY KEY REFERENCES conversation(id),
  client INTEGER NOT NULL REFERENCES client(id),
  account INTEGER NOT NULL REFERENCES account(id),
  key TEXT NOT NULL UNIQUE,       -- the reply's from its first keystroke
  view TEXT NOT NULL,             -- view::DraftView as JSON
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX draft_at ON draft(at DESC, conversation DESC);

CREATE TABLE draft_discarded (    -- texts thrown away, for the undo; the journal carries none. Kept 30 days
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  conversation INTEGER NOT NULL REFERENCES conversation(id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  view TEXT NOT NULL,             -- view::DraftView as JSON
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE template (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  code TEXT NOT NULL,
  title TEXT NOT NULL,
  text TEXT NOT NULL,
  lang TEXT,
  version INTEGER NOT NULL,
  uses INTEGER NOT NULL DEFAULT 0,
  last_used INTEGER,
  removed_at INTEGER
) STRICT;

CREATE TABLE template_version (   -- what each version said: a reply keeps the one it used
  template INTEGER NOT NULL REFERENCES template(id),
  version INTEGER NOT NULL,
  text TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (template, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE template_client (    -- none: every client may use it
  template INTEGER NOT NULL REFERENCES template(id),
  client INTEGER NOT NULL REFERENCES client(id),
  PRIMARY KEY (template, client)
) STRICT, WITHOUT ROWID;

CREATE TABLE reply (              -- the outbox; a row stays after its sending
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  client INTEGER NOT NULL REFERENCES client(id),
  account INTEGER NOT NULL REFERENCES account(id),
  conversation INTEGER NOT NULL REFERENCES conversation(id),
  answers INTEGER NOT NULL REFERENCES message(id),
  key TEXT NOT NULL UNIQUE,
  text TEXT NOT NULL,
  addressees TEXT NOT NULL,       -- model::Addressee, in order
  visibility TEXT,
  warning TEXT,
  lang TEXT,
  template INTEGER REFERENCES template(id),
  template_version INTEGER,
  place TEXT NOT NULL,            -- model::Place as JSON: what it answers, as the CM had read it
  answered TEXT,                  -- the text it answers, as the CM had read it
  seen INTEGER NOT NULL,          -- the newest message row then: what came later, the CM has not read
  by_hand INTEGER NOT NULL DEFAULT 0, -- what it answers came without a key: the CM publishes it, nothing sends it
  state TEXT NOT NULL CHECK (state IN ('to_approve','waiting','sending','sent','refused','unsure','taken_back','discarded')),
  detail TEXT,                    -- what the state adds, as JSON: reason, conflict, candidates
  why TEXT,                       -- of the detail, what a waiting one waits for: its name, for the indexes
  written_at INTEGER NOT NULL,
  offline INTEGER NOT NULL,       -- written without a network: rechecked before it leaves
  send_at INTEGER,                -- the instant the CM chose; NULL: as soon as may be
  not_before INTEGER NOT NULL,    -- of a waiting one: when it may leave; of an unsure one: the next look
  rests_from INTEGER,             -- when that rest began, so that no clock set back prolongs it; NULL: an instant the CM chose
  checked_at INTEGER,             -- last recheck at the source that found it unchanged
  anyway INTEGER NOT NULL DEFAULT 0,  -- the CM wants it sent though what it answers changed
  tries INTEGER NOT NULL DEFAULT 0,
  first_try INTEGER,              -- by the larger of wall clock and the server's date
  prepared TEXT,                  -- model::Prepared: key and exact bytes, frozen with the first 'sending'
  known TEXT,                     -- before the first attempt: ids of ours at the place, the server's time at the earliest
  looked_at INTEGER,              -- last look that did not find it
  looks INTEGER NOT NULL DEFAULT 0,   -- looks since it became unsure: each waits longer than the one before
  sent_at INTEGER,
  message INTEGER UNIQUE REFERENCES message(id)
) STRICT;
-- Each asks by its own words, so that a step of the outbox costs the same behind 10,000 others and 200,000 sent ones.
CREATE INDEX reply_open ON reply(conversation, id, state) WHERE state IN ('to_approve','waiting','sending','refused','unsure');
CREATE INDEX reply_shown ON reply(state, why, not_before, id, client, account, conversation, by_hand)
  WHERE state IN ('to_approve','waiting','sending','refused','unsure');
CREATE INDEX reply_due ON reply(account, not_before, id, state, why, conversation, client)
  WHERE state IN ('waiting','unsure') AND by_hand = 0;
CREATE INDEX reply_wire ON reply(account, id) WHERE state = 'sending';
CREATE INDEX reply_lost ON reply(account, json_extract(place, '$.remote')) WHERE state = 'unsure';
CREATE INDEX reply_of ON reply(conversation, id);
CREATE INDEX reply_sent ON reply(sent_at DESC, id DESC, client) WHERE state = 'sent';

CREATE TABLE attachment (         -- pictures that go with a draft, then with its reply: both have the same key
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL,
  conversation INTEGER NOT NULL REFERENCES conversation(id),
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  media_type TEXT NOT NULL,       -- by its bytes, never by its name
  bytes BLOB NOT NULL,
  alt TEXT NOT NULL DEFAULT '',
  uploaded TEXT                   -- the network's id, once it has it: uploaded once
) STRICT;
CREATE INDEX attachment_of ON attachment(key, position);

CREATE TABLE hold (               -- while it is not released, nothing that it covers leaves
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  scope TEXT NOT NULL CHECK (scope IN
    ('reply','conversation','post','account','client','network','incident','everything','restored')),
  target INTEGER,                 -- the row of that scope; of 'restored': the highest reply it covers
  name TEXT,                      -- the network's; the incident's
  why TEXT NOT NULL DEFAULT '',
  by_program INTEGER NOT NULL DEFAULT 0,
  at INTEGER NOT NULL,
  released_at INTEGER
) STRICT;
CREATE INDEX hold_on ON hold(scope, target) WHERE released_at IS NULL;

CREATE TABLE hold_conversation (  -- what an incident is about
  hold INTEGER NOT NULL REFERENCES hold(id),
  conversation INTEGER NOT NULL REFERENCES conversation(id),
  PRIMARY KEY (hold, conversation)
) STRICT, WITHOUT ROWID;
CREATE INDEX hold_conversation_of ON hold_conversation(conversation);

CREATE TABLE journal (            -- every act of the CM, with its undo: ids and states, never texts
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  client INTEGER,
  detail TEXT NOT NULL,
  undone_at INTEGER
) STRICT;
CREATE INDEX journal_at ON journal(at DESC, id DESC);

CREATE TABLE reply_was (          -- replies before an act of the CM, as long as it can be undone
  act INTEGER NOT NULL REFERENCES journal(id),
  reply INTEGER NOT NULL REFERENCES reply(id),
  state TEXT NOT NULL,
  detail TEXT,
  why TEXT,
  key TEXT NOT NULL,
  prepared TEXT,
  known TEXT,
  first_try INTEGER,
  looked_at INTEGER,
  looks INTEGER NOT NULL,
  anyway INTEGER NOT NULL,
  not_before INTEGER NOT NULL,
  rests_from INTEGER,
  send_at INTEGER,
  tries INTEGER NOT NULL,
  left_as TEXT NOT NULL,          -- how the act left it, as JSON: only from there is it put back
  PRIMARY KEY (act, reply)
) STRICT, WITHOUT ROWID;

CREATE TABLE setting (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE opening (            -- one row: which life of the inbox this is; the vault keeps the same number
  only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
  generation INTEGER NOT NULL
) STRICT;
INSERT INTO opening (only_one, generation) VALUES (1, 0);

-- Kept, not counted: count(*) over 200,000 conversations costs 30 to 240 ms.
CREATE TABLE tally (
  client INTEGER PRIMARY KEY REFERENCES client(id),
  owed INTEGER NOT NULL DEFAULT 0,
  later INTEGER NOT NULL DEFAULT 0,
  done INTEGER NOT NULL DEFAULT 0,
  drafts INTEGER NOT NULL DEFAULT 0,
  outbox INTEGER NOT NULL DEFAULT 0,
  trouble INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TRIGGER tally_client AFTER INSERT ON client BEGIN
  INSERT INTO tally (client) VALUES (new.id);
END;
CREATE TRIGGER tally_conversation_in AFTER INSERT ON conversation BEGIN
  UPDATE tally SET owed = owed + (new.triage = 0), later = later + (new.triage = 1), done = done + (new.triage = 2)
   WHERE client = new.client;
END;
CREATE TRIGGER tally_conversation_move AFTER UPDATE OF triage ON conversation WHEN new.triage <> old.triage BEGIN
  UPDATE tally SET owed = owed + (new.triage = 0) - (old.triage = 0),
                   later = later + (new.triage = 1) - (old.triage = 1),
                   done = done + (new.triage = 2) - (old.triage = 2)
   WHERE client = new.client;
END;
CREATE TRIGGER tally_conversation_out AFTER DELETE ON conversation BEGIN
  UPDATE tally SET owed = owed - (old.triage = 0), later = later - (old.triage = 1), done = done - (old.triage = 2)
   WHERE client = old.client;
END;
CREATE TRIGGER tally_draft_in AFTER INSERT ON draft BEGIN
  UPDATE tally SET drafts = drafts + 1 WHERE client = new.client;
END;
CREATE TRIGGER tally_draft_out AFTER DELETE ON draft BEGIN
  UPDATE tally SET drafts = drafts - 1 WHERE client = old.client;
END;
CREATE TRIGGER tally_reply_in AFTER INSERT ON reply BEGIN
  UPDATE tally SET outbox = outbox + (new.state IN ('to_approve','waiting','sending','refused','unsure')),
                   trouble = trouble + (new.state IN ('refused','unsure') OR new.state = 'waiting' AND new.by_hand = 1)
   WHERE client = new.client;
END;
CREATE TRIGGER tally_reply_move AFTER UPDATE OF state ON reply WHEN new.state <> old.state BEGIN
  UPDATE tally SET outbox = outbox + (new.state IN ('to_approve','waiting','sending','refused','unsure'))
                                   - (old.state IN ('to_approve','waiting','sending','refused','unsure')),
                   trouble = trouble + (new.state IN ('refused','unsure') OR new.state = 'waiting' AND new.by_hand = 1)
                                     - (old.state IN ('refused','unsure') OR old.state = 'waiting' AND old.by_hand = 1)
   WHERE client = new.client;
END;

-- Folded words of every text, filled from Rust in the writing transaction. Contentless: a row is removed by the
-- 'delete' command with its old text, and secure-delete leaves nothing of it in the blocks.
CREATE VIRTUAL TABLE words USING fts5(
  text, scope, content='', tokenize="unicode61 remove_diacritics 2", prefix='1 2 3', columnsize=0, detail=full
);
INSERT INTO words(words, rank) VALUES ('secure-delete', 1);

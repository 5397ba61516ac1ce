// What crosses the seam between the interface and the program. Generated from the list of commands in
// src-tauri/src/contract.rs: write it again with `cargo run -p guichet --example contract`.

/**
 * One identity of a client on a network.
 */
export type AccountId = number;

export type AccountView = { id: AccountId, client: ClientId, 
/**
 * The network's stable name (`mastodon`).
 */
network: string, 
/**
 * How it is reached; only by `api` does anything leave by itself.
 */
route: Route, 
/**
 * Without "@", with its server.
 */
handle: string, name: string, health: Health, 
/**
 * Last successful pull.
 */
lastSuccess: Millis | null, readUpTo: Millis | null, 
/**
 * Gaps, with whether the network could still fill them.
 */
holes: Array<Hole>, unreadable: number, capabilities: Capabilities | null, roundTrip: RoundTrip, };

/**
 * One act of the CM in the journal.
 */
export type ActId = number;

/**
 * What an act returns: its place in the journal for `undo`, and the ids it changed.
 */
export type Acted = { act: ActId | null, change: Change, };

/**
 * What an act on several replies did, and those that it was too late for.
 */
export type ActedOn = { acted: Acted, left: Array<ReplyId>, };

/**
 * What came in by the door without a key.
 */
export type Added = { new: number, 
/**
 * Those that were there before: nothing is there twice.
 */
known: number, 
/**
 * Those of which nobody can tell where they belong.
 */
unreadable: number, 
/**
 * Where the first one stands.
 */
conversation: ConversationId | null, acted: Acted, };

/**
 * Someone a reply names, shown as a removable chip.
 */
export type Addressee = { remote: RemoteId, 
/**
 * Without "@".
 */
handle: string, };

/**
 * What the person answered.
 */
export type Answer = { "answer": "fields", values: { [key in string]: string }, } | { "answer": "returned" } | { "answer": "pages", ids: Array<string>, };

/**
 * The program as it stands, read once at start and again whenever a `Change` says `all`.
 */
export type AppView = { 
/**
 * Whether this process plays on simulated networks.
 */
rehearsal: boolean, locale: Locale, version: string, 
/**
 * No account yet, and no rehearsal: the two buttons are shown.
 */
firstStart: boolean, theme: Theme, 
/**
 * Whether single-letter keys act (WCAG 2.1.4 asks that they can be switched off).
 */
singleKeys: boolean, 
/**
 * Whether the rehearsal's networks were cut off by `rehearsal_offline`.
 */
demoOffline: boolean, inbox: InboxState, };

/**
 * A file that hangs on a text, as its sender names it.
 */
export type AttachedFile = { 
/**
 * Safe on every disk, and shown as it would stand there; may be empty.
 */
name: string, 
/**
 * As the sender says (`application/pdf`): nothing is opened by it.
 */
mediaType: string, 
/**
 * In bytes, about; `None`: not told.
 */
size: number | null, };

export type Attachment = { kind: AttachmentKind, url: string, preview: string | null, 
/**
 * What the author says is in it.
 */
alt: string | null, 
/**
 * A file that is had through its session and by no address; `url` is then its name there, and no address.
 */
file?: AttachedFile, };

/**
 * A picture that goes with a reply.
 */
export type AttachmentId = number;

export type AttachmentKind = "image" | "video" | "audio" | "other";

/**
 * A picture that goes with a reply.
 */
export type AttachmentView = { id: AttachmentId, name: string, mediaType: string, 
/**
 * In bytes.
 */
size: number, 
/**
 * What it shows, for those who do not see it.
 */
alt: string, };

export type BackupView = { file: string, at: Millis, 
/**
 * In bytes.
 */
size: number, };

export type BlockScope = "account" | "access";

/**
 * An item that the CM adds: where it stands, and what it says.
 */
export type ByHand = { link: string, text: string, 
/**
 * A name, or a handle with its "@"; `None`: not told.
 */
author: string | null, 
/**
 * When it was written; `None`: now.
 */
at: Millis | null, };

export type Capabilities = { limit: TextLimit, 
/**
 * In direct messages, where they have another; `None`: the same.
 */
directLimit: TextLimit | null, reply: boolean, privateReply: boolean, 
/**
 * Whether whoever answers chooses who sees it, never more people than saw what is answered.
 */
audiences: boolean, 
/**
 * Whether a text may stand behind a warning.
 */
warnings: boolean, like: boolean, mute: boolean, block: boolean, report: boolean, 
/**
 * Where a moderator of this account may put what others wrote; empty: nowhere.
 */
publications: Array<Publication>, deleteOwn: boolean, editOwn: boolean, 
/**
 * Whether a reply addresses people by name in its text (Mastodon), shown as removable chips.
 */
addresses: boolean, 
/**
 * Pictures that may go with a reply; `None`: none.
 */
pictures: PictureLimit | null, 
/**
 * The largest file, in bytes, that can be had where one hangs on a text; `None`: none can.
 */
files: number | null, proof: Proof, 
/**
 * What this network or server never gives, as codes that the interface words.
 */
neverGives: Array<string>, };

/**
 * Ids that changed, announced after commit. An empty list means: none of these; `all`: read everything again.
 */
export type Change = { conversations: Array<ConversationId>, replies: Array<ReplyId>, templates: boolean, 
/**
 * Clients, accounts, health, counts, settings.
 */
desk: boolean, all: boolean, };

/**
 * A draft as its network would count it, and why it could not leave.
 */
export type Checked = { 
/**
 * In the network's own unit, those addressed included; by the measure that leaves least room.
 */
count: number, 
/**
 * `None` where the account has not told its limits yet.
 */
most: number | null, 
/**
 * Whether the two are UTF-8 bytes.
 */
bytes: boolean, leaks: Array<Leak>, 
/**
 * What could be better, and keeps nothing from leaving.
 */
hints: Array<Hint>, };

export type Choice = { id: string, name: string, };

/**
 * A brand or institution the CM works for.
 */
export type ClientId = number;

/**
 * How a client's replies leave.
 */
export type ClientRules = { 
/**
 * How long a reply can be taken back: 0 to 120 s.
 */
undoSeconds: number, 
/**
 * Its replies wait for a yes.
 */
toApprove: boolean, 
/**
 * When it answers; none: always.
 */
hours: Array<Opening>, };

export type ClientView = { id: ClientId, name: string, 
/**
 * One or two capital letters, so that clients are told apart in greyscale.
 */
letter: string, 
/**
 * 1 to 8, an index in the palette.
 */
color: number, counts: Counts, rules: ClientRules, accounts: Array<AccountView>, };

/**
 * What the composer says before any text: who speaks, to whom, who will read it.
 */
export type ComposerView = { 
/**
 * Whether a reply can be written at all.
 */
able: boolean, 
/**
 * Our own handle, without "@".
 */
speaksAs: string, 
/**
 * The message a reply goes to.
 */
answers: MessageId | null, 
/**
 * Those a reply would address, the author answered first.
 */
to: Array<Addressee>, visibility: Visibility | null, 
/**
 * What may be chosen: never wider than the parent.
 */
visibilities: Array<Visibility>, 
/**
 * `None` where the account has not told its limits yet.
 */
limit: TextLimit | null, 
/**
 * What it answers came without a key: the text is copied, and the CM publishes it.
 */
byHand: boolean, 
/**
 * When the client's hours open next; `None`: they are open now, or always.
 */
opensAt: Millis | null, };

export type Conflict = "gone" | "edited" | "answered";

/**
 * One top-level comment with its answers, a mention's thread, a direct exchange, a review.
 */
export type ConversationId = number;

export type ConversationView = { row: Row, post: PostView | null, 
/**
 * Oldest first.
 */
messages: Array<MessageView>, 
/**
 * Replies not yet linked to a message, oldest first.
 */
replies: Array<ReplyView>, draft: DraftView | null, 
/**
 * Pictures of the draft.
 */
attachments: Array<AttachmentView>, composer: ComposerView, 
/**
 * When the account's reading last touched this conversation.
 */
readAt: Millis | null, };

/**
 * Conversations of each triage, drafts, replies; over all clients, or of one.
 */
export type Counts = { 
/**
 * Open and owed an answer.
 */
owed: number, later: number, done: number, drafts: number, 
/**
 * Replies not yet settled.
 */
outbox: number, 
/**
 * Among them, those that only the CM moves: refused, unsure, to be published by hand.
 */
trouble: number, };

/**
 * The sidebar, whole.
 */
export type DeskView = { clients: Array<ClientView>, counts: Counts, 
/**
 * Whether the last requests came through. `None`: nothing tried yet.
 */
online: boolean | null, 
/**
 * The earliest instant that every account has been read up to.
 */
readUpTo: Millis | null, 
/**
 * Whether an intake is running now.
 */
pulling: boolean, 
/**
 * Why nothing comes through, where it does not. `Clock` also where it does, and every server shows another hour.
 */
trouble: Unreached | null, 
/**
 * Holds not released.
 */
holds: number, };

/**
 * What is being written; also what `save_draft` takes.
 */
export type DraftView = { text: string, to: Array<Addressee>, visibility: Visibility | null, warning: string | null, template: TemplateUse | null, 
/**
 * When it should leave; `None`: as soon as may be.
 */
sendAt: Millis | null, 
/**
 * Last keystroke saved.
 */
at: Millis, };

export type Fault = { "fault": "offline", why: Unreached, } | { "fault": "later", after: Millis, } | { "fault": "needs_login" } | { "fault": "blocked", scope: BlockScope, until: Millis | null, reason: Reason, } | { "fault": "refused", reason: Reason, } | { "fault": "unsure" } | { "fault": "unreadable", what: string, };

/**
 * Something to type. The interface words it by its name, and where there is one by `network.name`.
 */
export type Field = { 
/**
 * A code: `server`, `code`, `user`, `password`, `address`.
 */
name: string, kind: FieldKind, };

export type FieldKind = "line" | "server" | "address" | "secret";

/**
 * One row as it would be taken in, or as it came.
 */
export type FileRow = { network: string | null, author: string | null, 
/**
 * Its first 200 characters.
 */
text: string, at: Millis | null, link: string | null, rating: number | null, 
/**
 * Author and text were not understood: the text is the whole of what came.
 */
raw: boolean, 
/**
 * Why it cannot be read: `text`, `network`, `date`; of a mail `mail`, `sender`, `link`.
 */
wrong: string | null, };

export type FileTrouble = "gone" | "torn" | "large" | "place";

/**
 * A file that lists items, or mails that tell of them, before anything is taken in.
 */
export type FileView = { 
/**
 * Of mails: none.
 */
columns: Array<string>, mapping: Mapping, 
/**
 * The first five rows.
 */
rows: Array<FileRow>, total: number, 
/**
 * Those that this mapping cannot read.
 */
unreadable: number, };

/**
 * A template filled for a conversation.
 */
export type Filled = { template: TemplateUse, text: string, 
/**
 * What the template filled: UTF-16 ranges of `text`, end excluded.
 */
filled: Array<[number, number]>, 
/**
 * What is still missing, marked in the text as `[name]`: they block the send.
 */
missing: Array<Missing>, };

/**
 * A reply's text on its way to be published by the CM.
 */
export type HandedOver = { 
/**
 * Whether it may be: where not, the reply's state says why.
 */
given: boolean, 
/**
 * Whether the clipboard has it.
 */
copied: boolean, 
/**
 * Whether what it answers was handed to the browser.
 */
opened: boolean, reply: ReplyView, };

export type Health = { "health": "new" } | { "health": "good" } | { "health": "offline", why: Unreached, } | { "health": "waiting", until: Millis, } | { "health": "needs_login" } | { "health": "blocked", until: Millis | null, } | { "health": "unreadable" };

/**
 * A hold placed. `on_wire`: covered replies that had already begun to leave.
 */
export type Held = { holds: Array<HoldId>, onWire: number, acted: Acted, };

/**
 * Worth a word before a text leaves; the choice is the CM's.
 */
export type Hint = { "hint": "no_alt", attachment: AttachmentId, };

/**
 * A message found by a search, newest first.
 */
export type Hit = { message: MessageId, conversation: ConversationId, client: ClientId, network: string, kind: Kind, triage: Triage, author: string, at: Millis, 
/**
 * About 160 characters around the first word found.
 */
excerpt: string, 
/**
 * Where the words stand in `excerpt`: UTF-16 offsets, end excluded.
 */
marks: Array<[number, number]>, ours: boolean, 
/**
 * Where it stands at its network.
 */
publication: Publication, 
/**
 * Its network no longer shows it.
 */
gone: boolean, };

/**
 * The answer to a search: newest first.
 */
export type Hits = { rows: Array<Hit>, 
/**
 * Whether more could be asked for.
 */
more: boolean, 
/**
 * What to give as `before` for the next page.
 */
next: number | null, 
/**
 * Operators that were not understood, as typed.
 */
unknown: Array<string>, };

/**
 * What stops replies from leaving until it is released.
 */
export type HoldId = number;

/**
 * What a hold stops.
 */
export type HoldTarget = { "scope": "reply", reply: ReplyId, } | { "scope": "conversation", conversation: ConversationId, } | { "scope": "post", post: PostId, } | { "scope": "account", account: AccountId, } | { "scope": "client", client: ClientId, } | { "scope": "network", network: string, } | { "scope": "incident", name: string, conversations: Array<ConversationId>, } | { "scope": "everything" } | { "scope": "restored" };

export type HoldView = { id: HoldId, target: HoldTarget, 
/**
 * The CM's own words; may be empty.
 */
why: string, byProgram: boolean, at: Millis, 
/**
 * Replies that it stops now, as the outbox lists them among the held; 0 inside a `ReplyState`.
 */
replies: number, };

export type Hole = { interval: Interval, fillable: boolean, };

/**
 * Whether the inbox can be read.
 */
export type InboxState = { "inbox": "not_yet" } | { "inbox": "opening" } | { "inbox": "open" } | { "inbox": "closed", problem: Problem, 
/**
 * Whether there is one; otherwise a passphrase is not asked for but chosen.
 */
made: boolean, };

/**
 * A closed interval of time, proven read or known missing.
 */
export type Interval = { from: Millis, to: Millis, };

export type Kind = "post" | "comment" | "mention" | "message" | "review";

/**
 * Why a text cannot leave, with the place; an empty list lets it go.
 */
export type Leak = { "leak": "empty" } | { "leak": "too_long", by: number, 
/**
 * In UTF-8 bytes; otherwise in the network's own unit.
 */
bytes: boolean, } | { "leak": "braces", start: number, end: number, } | { "leak": "blank", start: number, end: number, name: string, } | { "leak": "other_client", start: number, end: number, name: string, } | { "leak": "outsider", start: number, end: number, name: string, };

export type Link = { start: number, end: number, 
/**
 * http or https only.
 */
url: string, };

/**
 * Which conversations a list shows.
 */
export type ListQuery = { view: View, 
/**
 * One client alone; `None`: all.
 */
client: ClientId | null, 
/**
 * One account alone; `None`: all.
 */
account: AccountId | null, };

export type Locale = "fr" | "en";

/**
 * A notification mail as it was kept: whoever wrote, its subject, its text.
 */
export type MailView = { text: string, };

/**
 * Which column of a file says what, by the columns' names.
 */
export type Mapping = { text: string | null, author: string | null, link: string | null, date: string | null, network: string | null, rating: string | null, 
/**
 * The network of rows whose link and column tell none.
 */
of: string | null, 
/**
 * Whether 03/04 is the third of April.
 */
dayFirst: boolean, };

/**
 * One text by one person in a conversation.
 */
export type MessageId = number;

export type MessageView = { id: MessageId, person: PersonId, author: string, handle: string, avatar: string | null, ours: boolean, at: Millis, editedAt: Millis | null, text: string, links: Array<Link>, warning: string | null, lang: string | null, url: string | null, visibility: Visibility | null, publication: Publication, 
/**
 * How it came: other than by the network's API until the network itself shows it. Of ours: the CM said so.
 */
route: Route, 
/**
 * Author and text were not understood: the text is the whole of what came.
 */
raw: boolean, rating: number | null, attachments: Array<Attachment>, liked: boolean, gone: boolean, 
/**
 * Answers in the tree above this one, 0 at the top; shown as indentation up to 2.
 */
depth: number, 
/**
 * Other messages of this author that this client has received.
 */
authorMessages: number, muted: boolean, blocked: boolean, 
/**
 * The reply that this message of ours came from.
 */
reply: ReplyView | null, };

/**
 * An instant: milliseconds since 1970-01-01T00:00:00Z.
 */
export type Millis = number;

export type Missing = { start: number, end: number, name: string, };

/**
 * What is said about a network before one connects an account.
 */
export type NetworkTile = { 
/**
 * The stable name (`mastodon`).
 */
name: string, 
/**
 * How long signing in takes.
 */
minutes: number, 
/**
 * Whether somebody at the network must approve first.
 */
approval: boolean, 
/**
 * What it never gives, as codes.
 */
neverGives: Array<string>, };

/**
 * Some hours of one day of the week, in the person's own time zone.
 */
export type Opening = { 
/**
 * 1 Monday to 7 Sunday.
 */
day: number, 
/**
 * Minutes since midnight; `to` is at most 1,440 and after `from`.
 */
from: number, to: number, };

/**
 * Which replies the outbox shows.
 */
export type OutboxQuery = { 
/**
 * One client alone; `None`: all.
 */
client: ClientId | null, };

/**
 * An author as one client sees them.
 */
export type PersonId = number;

/**
 * What pictures a network takes with a reply.
 */
export type PictureLimit = { most: number, 
/**
 * The largest, in bytes.
 */
bytes: number, 
/**
 * As the network names them (`image/png`).
 */
mediaTypes: Array<string>, 
/**
 * The longest description, in characters.
 */
alt: number, };

export type PictureTrouble = "kind" | "large" | "many" | "alt";

/**
 * What comments hang on.
 */
export type PostId = number;

export type PostView = { id: PostId, author: string, ours: boolean, at: Millis, text: string, links: Array<Link>, warning: string | null, lang: string | null, url: string | null, tallies: Tallies, attachments: Array<Attachment>, gone: boolean, };

export type Problem = { "problem": "not_found" } | { "problem": "opening" } | { "problem": "leaks", leaks: Array<Leak>, } | { "problem": "too_late" } | { "problem": "other_client" } | { "problem": "template", line: number, what: TemplateTrouble, name: string, } | { "problem": "taken" } | { "problem": "invalid", field: string, } | { "problem": "network", fault: Fault, } | { "problem": "picture", what: PictureTrouble, most: number, } | { "problem": "file", what: FileTrouble, most: number, } | { "problem": "not_offered" } | { "problem": "busy" } | { "problem": "disk_full" } | { "problem": "read_only" } | { "problem": "disk" } | { "problem": "newer_store" } | { "problem": "no_key" } | { "problem": "keychain" } | { "problem": "torn" } | { "problem": "passphrase", wrong: boolean, } | { "problem": "file_there" } | { "problem": "no_file", file: string, } | { "problem": "no_backup" } | { "problem": "torn_backup" } | { "problem": "newer_backup" } | { "problem": "unexpected", what: string, };

/**
 * How a network lets us prove, after a lost answer, whether a reply was published.
 */
export type Proof = { "proof": "key", validFor: number, } | { "proof": "own_id" } | { "proof": "refuses_duplicate" } | { "proof": "upsert" } | { "proof": "read_back", settlesWithin: number, } | { "proof": "none" };

/**
 * Where an item stands at its network, as the moderators of the place see it.
 */
export type Publication = "published" | "pending" | "hidden" | "spam" | "trash";

/**
 * Why a network refused: a code that the interface words, and the network's own sentence if it gave one.
 */
export type Reason = { code: RefusalCode, 
/**
 * The network's own words, shown after ours; at most 300 characters.
 */
said: string | null, };

/**
 * What a link is, before anything is added.
 */
export type Recognised = { 
/**
 * The network's stable name, or `site`.
 */
network: string, host: string, 
/**
 * Whether it names one item; else only what items hang on.
 */
precise: boolean, };

export type RefusalCode = "gone" | "forbidden" | "too_long" | "too_short" | "empty" | "duplicate" | "window_closed" | "suspended" | "not_offered" | "wrong_server" | "invalid";

/**
 * The network's own name of an item or a person: opaque, compared byte by byte.
 */
export type RemoteId = string;

/**
 * What we write.
 */
export type ReplyId = number;

export type ReplyState = { "state": "to_approve" } | { "state": "held", hold: HoldView, } | { "state": "waiting", why: Waiting, } | { "state": "sending" } | { "state": "sent", private: boolean, altered: boolean, } | { "state": "refused", reason: Reason, } | { "state": "unsure", lookedAt: Millis | null, candidates: Array<MessageId>, } | { "state": "handed" } | { "state": "taken_back" } | { "state": "discarded" };

export type ReplyView = { id: ReplyId, client: ClientId, account: AccountId, conversation: ConversationId, 
/**
 * Whom it answers: their display name.
 */
answers: string, 
/**
 * What it answers, as the store knows it now.
 */
answeredText: string, 
/**
 * What it said when the reply was written, where that was another text.
 */
answeredBefore: string | null, text: string, attachments: Array<AttachmentView>, visibility: Visibility | null, state: ReplyState, writtenAt: Millis, 
/**
 * The instant the CM chose, if any.
 */
sendAt: Millis | null, sentAt: Millis | null, 
/**
 * Where the network shows it.
 */
url: string | null, message: MessageId | null, tries: number, };

export type ReportCategory = "spam" | "legal" | "violation" | "other";

/**
 * What proves an account, each the first time; all three: it is proved.
 */
export type RoundTrip = { 
/**
 * A text of somebody else was read.
 */
read: Millis | null, 
/**
 * A reply of ours was taken.
 */
answered: Millis | null, 
/**
 * And was seen where others see it: a reading brought it back, or a person looked.
 */
seen: Millis | null, };

/**
 * How an item came, and how an account is reached: by the latest of these that ever brought it. What the API shows takes
 * the place of what any other had told, and stays. Of the others none knows best: a text stands until a longer one is
 * told that it is the beginning of, until the same way tells another, or until the CM does by hand.
 */
export type Route = "hand" | "file" | "mail" | "api";

/**
 * A conversation in a list: three lines.
 */
export type Row = { id: ConversationId, client: ClientId, account: AccountId, network: string, kind: Kind, triage: Triage, 
/**
 * The author of the last text that is not ours.
 */
author: string, avatar: string | null, 
/**
 * When that text was written.
 */
at: Millis, 
/**
 * Its first 200 characters, one line.
 */
excerpt: string, 
/**
 * The language of that text where the network says it.
 */
lang: string | null, 
/**
 * The first 80 characters of the post it hangs on.
 */
post: string | null, visibility: Visibility | null, 
/**
 * Where that text stands at its network.
 */
publication: Publication, 
/**
 * Texts by others that the CM has not opened.
 */
unread: number, messages: number, draft: boolean, 
/**
 * The unsettled reply that matters most, if any.
 */
reply: ReplyState | null, edited: boolean, gone: boolean, };

/**
 * A reply taken in: it waits, and can be taken back by undoing the act.
 */
export type Sent = { reply: ReplyId, acted: Acted, };

/**
 * The CM's word on an unsure reply, a refused one, or one in conflict.
 */
export type Settle = { "word": "is_there", message: MessageId, } | { "word": "send_again" } | { "word": "give_up" } | { "word": "published" } | { "word": "not_published" };

/**
 * A window of a list.
 */
export type Slice<T> = { total: number, offset: number, rows: Array<T>, };

/**
 * A part of a mail, in UTF-16 units of `Told::whole`, the end excluded.
 */
export type Span = { start: number, end: number, };

/**
 * A reply that a release would let go, with what became stale meanwhile; the stale ones first.
 */
export type StaleView = { reply: ReplyView, 
/**
 * Written more than ten minutes ago: looked at again at its source before it leaves.
 */
old: boolean, conflict: Conflict | null, };

/**
 * What the person is asked next.
 */
export type Step = { "step": "ask", fields: Array<Field>, } | { "step": "open_browser", url: string, host: string, paste: Array<Field>, } | { "step": "choose_page", choices: Array<Choice>, } | { "step": "done" };

export type Tallies = { replies: number, shares: number, likes: number, };

/**
 * What came of showing who speaks in a mail, and what they say.
 */
export type Taught = { 
/**
 * Whether later mails of that shape are read so; if not, nothing in this one tells where they stand.
 */
learned: boolean, 
/**
 * Other messages that are understood now.
 */
others: number, acted: Acted, };

/**
 * A template as it is written; `id` is `None` for a new one.
 */
export type TemplateEdit = { id: TemplateId | null, 
/**
 * Letters, digits, "-" and "_"; unique among those a client can use.
 */
code: string, title: string, text: string, lang: string | null, clients: Array<ClientId>, };

/**
 * A canned reply.
 */
export type TemplateId = number;

export type TemplateTrouble = "syntax" | "unknown_variable" | "too_long";

/**
 * The template a text came from; kept with the reply.
 */
export type TemplateUse = { id: TemplateId, version: number, };

export type TemplateView = { id: TemplateId, version: number, code: string, title: string, text: string, lang: string | null, 
/**
 * Those who may use it; empty: every client.
 */
clients: Array<ClientId>, uses: number, lastUsed: Millis | null, };

/**
 * Longest text, and how the network counts it.
 */
export type TextLimit = { most: number, unit: TextUnit, 
/**
 * Not more UTF-8 bytes than these either.
 */
bytes: number | null, 
/**
 * What one link counts, whatever its length; `None`: its own length.
 */
linkCounts: number | null, 
/**
 * Whether the domain of a mention `@user@domain` is free.
 */
mentionDomainFree: boolean, };

export type TextUnit = "graphemes" | "characters" | "bytes" | "weighted";

export type Theme = "system" | "light" | "dark";

export type Triage = { "triage": "open" } | { "triage": "later", until: Millis | null, } | { "triage": "done" };

/**
 * What an undo did. `left`: how many things had changed since and were left as they are.
 */
export type Undone = { 
/**
 * The kind of act undone, as the journal names it.
 */
what: string, conversations: Array<ConversationId>, left: number, change: Change, };

/**
 * Why no connection was made, as far as one can tell from here.
 */
export type Unreached = "no_network" | "no_name" | "no_answer" | "portal" | "clock" | "unsafe";

export type View = "owed" | "later" | "done" | "drafts" | "all";

/**
 * Who can read an item, widest first.
 */
export type Visibility = "public" | "unlisted" | "followers" | "direct";

/**
 * What a waiting reply waits for.
 */
export type Waiting = { "why": "turn" } | { "why": "until", at: Millis, } | { "why": "scheduled", at: Millis, } | { "why": "network" } | { "why": "earlier" } | { "why": "login" } | { "why": "blocked", until: Millis | null, } | { "why": "hand" } | { "why": "conflict", conflict: Conflict, };

/** Every command: what it takes, what it gives back. */
export interface Contract {
  /** The sidebar, whole. */
  desk: { args: Record<string, never>; returns: DeskView };
  /** A window of a list: at most `limit` rows from `offset` on. */
  list: { args: { query: ListQuery; offset: number; limit: number }; returns: Slice<Row> };
  /** These rows, read again, in the order asked; those that are gone are left out. */
  rows: { args: { ids: Array<ConversationId> }; returns: Array<Row> };
  /** Where a conversation stands in a list. */
  position_of: { args: { query: ListQuery; id: ConversationId }; returns: number | null };
  conversation: { args: { id: ConversationId }; returns: ConversationView };
  /** The CM has it on screen: its messages are read. */
  opened: { args: { id: ConversationId }; returns: Change };
  triage: { args: { ids: Array<ConversationId>; to: Triage }; returns: Acted };
  /** Undoes one act of the journal; null: the last one not undone. */
  undo: { args: { act: ActId | null }; returns: Undone };
  add_client: { args: { name: string; color: number }; returns: ClientId };
  edit_client: { args: { id: ClientId; name: string; color: number }; returns: Acted };
  /** How a client's replies leave. */
  set_rules: { args: { client: ClientId; rules: ClientRules }; returns: Acted };
  remove_account: { args: { id: AccountId }; returns: Acted };
  /** The CM looked from outside and saw a reply of this account. */
  seen_outside: { args: { account: AccountId }; returns: Acted };
  setting: { args: { name: string }; returns: string | null };
  set_setting: { args: { name: string; value: string }; returns: null };
  /** Writes the whole inbox to a new file, sealed with the passphrase and read back. */
  backup: { args: { file: string; passphrase: string }; returns: BackupView };
  /** What a link is, before anything is added; null: none that a browser opens. */
  recognise: { args: { link: string }; returns: Recognised | null };
  /** One item that no API brought. The same one again is the same row. */
  add_by_hand: { args: { client: ClientId; item: ByHand }; returns: Added };
  /** The notification mail that told of a message. */
  mail_of: { args: { message: MessageId }; returns: MailView };
  /** Who speaks in that mail (null: nobody is named) and what they say, as parts of its text: it is understood at once, and so are the others of its shape, and later ones. */
  teach: { args: { message: MessageId; author: Span | null; text: Span }; returns: Taught };
  /** Newest first; `before` is the last row's cursor of the page before. */
  search: { args: { text: string; limit: number; before: number | null }; returns: Hits };
  /** Pulls one account, or all, now. */
  pull_now: { args: { account: AccountId | null }; returns: null };
  like: { args: { message: MessageId; on: boolean }; returns: Acted };
  mute: { args: { person: PersonId; on: boolean }; returns: Acted };
  block: { args: { person: PersonId; on: boolean }; returns: Acted };
  report: { args: { message: MessageId; category: ReportCategory; comment: string; forward: boolean }; returns: Acted };
  /** Where what others wrote stands from now on: approved, hidden, among spam, in the trash. */
  put: { args: { message: MessageId; to: Publication }; returns: Acted };
  /** What we published, changed. */
  edit_own: { args: { message: MessageId; text: string }; returns: Acted };
  /** What we published, taken away. */
  delete_own: { args: { message: MessageId }; returns: Acted };
  /** The inbox as text. */
  dump: { args: Record<string, never>; returns: string };
  /** Those a client may use; null: all. */
  templates: { args: { client: ClientId | null }; returns: Array<TemplateView> };
  save_template: { args: { edit: TemplateEdit }; returns: TemplateView };
  remove_template: { args: { id: TemplateId }; returns: Acted };
  fill: { args: { template: TemplateId; conversation: ConversationId; answers: { [key in string]: string } }; returns: Filled };
  /** Counts a text as its network does, and says what keeps it from leaving. */
  check: { args: { conversation: ConversationId; draft: DraftView }; returns: Checked };
  save_draft: { args: { conversation: ConversationId; draft: DraftView }; returns: Change };
  discard_draft: { args: { conversation: ConversationId }; returns: Acted };
  /** A picture for the draft; alone it begins one. `bytes` in base64; its kind is told from them. */
  attach: { args: { conversation: ConversationId; name: string; bytes: string }; returns: AttachmentView };
  /** What a picture of a draft shows, for those who do not see it. */
  describe: { args: { attachment: AttachmentId; alt: string }; returns: Change };
  /** Takes a picture off its draft. */
  detach: { args: { attachment: AttachmentId }; returns: Change };
  /** Hands a reply to the outbox; `thenDone` files the conversation in the same act. */
  send_reply: { args: { conversation: ConversationId; draft: DraftView; thenDone: boolean }; returns: Sent };
  /** A window of the outbox: those that want the CM, to approve, held, on their way; then the last ones sent. */
  outbox: { args: { query: OutboxQuery; offset: number; limit: number }; returns: Slice<ReplyView> };
  /** The texts go back to the drafts. */
  take_back: { args: { replies: Array<ReplyId> }; returns: ActedOn };
  retry: { args: { replies: Array<ReplyId> }; returns: ActedOn };
  settle: { args: { replies: Array<ReplyId>; word: Settle }; returns: ActedOn };
  approve: { args: { replies: Array<ReplyId> }; returns: ActedOn };
  /** Another instant; null: as soon as they can no longer be taken back. */
  reschedule: { args: { replies: Array<ReplyId>; sendAt: Millis | null }; returns: ActedOn };
  /** From its answer on, nothing of the targets begins to leave. */
  hold: { args: { targets: Array<HoldTarget>; why: string }; returns: Held };
  release: { args: { holds: Array<HoldId> }; returns: Acted };
  /** Those not released, newest first. */
  holds: { args: Record<string, never>; returns: Array<HoldView> };
  /** What a release would let go, the stale first; 500 at most. */
  release_preview: { args: { holds: Array<HoldId> }; returns: Slice<StaleView> };
  app: { args: Record<string, never>; returns: AppView };
  /** Answers once the inbox is no longer opening, however that ended. */
  settled: { args: Record<string, never>; returns: null };
  /** Ends the program, though replies may wait. */
  close: { args: Record<string, never>; returns: null };
  /** The window stays: the next wish to close it is asked about again. */
  stay: { args: Record<string, never>; returns: null };
  /** `locale`: fr, en · `theme`: system, light, dark · `single_keys`: on, off. */
  set_preference: { args: { name: string; value: string }; returns: null };
  /** Tries again to open an inbox that stayed closed; `app` says what came of it. */
  reopen: { args: Record<string, never>; returns: null };
  /** Opens the inbox with a passphrase, where the keychain does not answer. */
  unlock: { args: { passphrase: string }; returns: null };
  /** Gives a lost key back with the recovery phrase, then opens the inbox. `not_found`: none was ever confirmed. */
  recover: { args: { phrase: string }; returns: null };
  /** A new phrase, in groups, shown once: it counts only when it was confirmed. */
  recovery_phrase: { args: Record<string, never>; returns: string };
  /** The new phrase, asked back. `passphrase`, wrong: it is another. */
  confirm_recovery: { args: { phrase: string }; returns: null };
  has_recovery: { args: Record<string, never>; returns: boolean };
  /** Opens the rehearsal in a process of its own. */
  start_rehearsal: { args: Record<string, never>; returns: null };
  /** Cuts the simulated networks off, or brings them back. */
  rehearsal_offline: { args: { on: boolean }; returns: null };
  networks: { args: Record<string, never>; returns: Array<NetworkTile> };
  login_start: { args: { network: string; client: ClientId }; returns: Step };
  login_answer: { args: { answer: Answer }; returns: Step };
  login_cancel: { args: Record<string, never>; returns: null };
  /** The text of a reply to what came without a key: copied, and what it answers opened in the browser. From then on `settle` says whether it is published. */
  hand_over: { args: { reply: ReplyId }; returns: HandedOver };
  /** A file that lists items, or mails that tell of them (`bytes` in base64), as a mapping of its columns reads it; null: as we guess. */
  look_at_file: { args: { bytes: string; mapping: Mapping | null }; returns: FileView };
  import_file: { args: { client: ClientId; bytes: string; mapping: Mapping }; returns: Added };
  /** Fetches a file that hangs on a message and writes it where the person says. Its name there; null: nowhere after all. */
  save_file: { args: { message: MessageId; url: string }; returns: string | null };
  /** Hands an http(s) or mailto link to the system, after its host was shown. */
  open_link: { args: { url: string }; returns: null };
}

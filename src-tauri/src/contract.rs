//! The contract of the seam: one list of every command, with its arguments and its answer.
//!
//! From this list come the dispatch that serves the window, the local socket and the command line alike, and the
//! TypeScript that the interface is checked against. Arguments and answers are JSON; names of arguments are camelCase.
//! A command of the desk waits for the inbox to be open; one of the shell always answers.

mod typescript;

use crate::shell::Shell;
use crate::shown::{AppView, FileView, HandedOver, NetworkTile};
use guichet_core::view::{
    Acted, ActedOn, Added, AttachmentView, BackupView, ByHand, Change, Checked, ClientRules, ConversationView,
    DeskView, DraftView, Filled, Held, Hits, HoldTarget, HoldView, ListQuery, MailView, OutboxQuery, Problem,
    Recognised, ReplyView, Row, Sent, Settle, Slice, StaleView, Taught, TemplateEdit, TemplateView, Triage, Undone,
};
use guichet_model::look::Span;
use guichet_model::{
    AccountId, ActId, Answer, AttachmentId, ClientId, ConversationId, HoldId, Mapping, MessageId, Millis, PersonId,
    Publication, ReplyId, ReportCategory, Step, TemplateId,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
pub use typescript::typescript;

macro_rules! contract {
    (
        desk { $( $(#[doc = $desk_doc:literal])* $desk:ident ( $($desk_arg:ident : $desk_type:ty),* ) -> $desk_back:ty; )* }
        shell { $( $(#[doc = $shell_doc:literal])* $shell:ident ( $($shell_arg:ident : $shell_type:ty),* ) -> $shell_back:ty; )* }
    ) => {
        /// Runs one command: its name and its arguments in, its answer out.
        pub async fn dispatch(shell: &Shell, name: &str, args: Value) -> Result<Value, Problem> {
            match name {
                $( stringify!($desk) => {
                    #[derive(serde::Deserialize)]
                    #[serde(rename_all = "camelCase")]
                    struct Args { $($desk_arg: $desk_type),* }
                    let Args { $($desk_arg),* } = taken(args)?;
                    // Boxed: otherwise the largest command's future would be paid by every call.
                    given(Box::pin(shell.desk_for(name).await?.$desk($($desk_arg),*)).await?)
                } )*
                $( stringify!($shell) => {
                    #[derive(serde::Deserialize)]
                    #[serde(rename_all = "camelCase")]
                    struct Args { $($shell_arg: $shell_type),* }
                    let Args { $($shell_arg),* } = taken(args)?;
                    given(Box::pin(shell.$shell($($shell_arg),*)).await?)
                } )*
                _ => Err(Problem::Invalid { field: name.chars().take(60).collect() }),
            }
        }

        fn commands(ts: &mut typescript::Writing) {
            $( ts.command(stringify!($desk), &[$($desk_doc),*], |args| {
                $( args.one::<$desk_type>(stringify!($desk_arg)); )*
                args.returns::<$desk_back>()
            }); )*
            $( ts.command(stringify!($shell), &[$($shell_doc),*], |args| {
                $( args.one::<$shell_type>(stringify!($shell_arg)); )*
                args.returns::<$shell_back>()
            }); )*
        }
    };
}

contract! {
    desk {
        /// The sidebar, whole.
        desk() -> DeskView;
        /// A window of a list: at most `limit` rows from `offset` on.
        list(query: ListQuery, offset: u32, limit: u32) -> Slice<Row>;
        /// These rows, read again, in the order asked; those that are gone are left out.
        rows(ids: Vec<ConversationId>) -> Vec<Row>;
        /// Where a conversation stands in a list.
        position_of(query: ListQuery, id: ConversationId) -> Option<u32>;
        conversation(id: ConversationId) -> ConversationView;
        /// The CM has it on screen: its messages are read.
        opened(id: ConversationId) -> Change;
        triage(ids: Vec<ConversationId>, to: Triage) -> Acted;
        /// Undoes one act of the journal; null: the last one not undone.
        undo(act: Option<ActId>) -> Undone;
        add_client(name: String, color: u8) -> ClientId;
        edit_client(id: ClientId, name: String, color: u8) -> Acted;
        /// How a client's replies leave.
        set_rules(client: ClientId, rules: ClientRules) -> Acted;
        remove_account(id: AccountId) -> Acted;
        /// The CM looked from outside and saw a reply of this account.
        seen_outside(account: AccountId) -> Acted;
        setting(name: String) -> Option<String>;
        set_setting(name: String, value: String) -> ();

        /// Writes the whole inbox to a new file, sealed with the passphrase and read back.
        backup(file: String, passphrase: String) -> BackupView;

        /// What a link is, before anything is added; null: none that a browser opens.
        recognise(link: String) -> Option<Recognised>;
        /// One item that no API brought. The same one again is the same row.
        add_by_hand(client: ClientId, item: ByHand) -> Added;
        /// The notification mail that told of a message.
        mail_of(message: MessageId) -> MailView;
        /// Who speaks in that mail (null: nobody is named) and what they say, as parts of its text: it is understood at
        /// once, and so are the others of its shape, and later ones.
        teach(message: MessageId, author: Option<Span>, text: Span) -> Taught;

        /// Newest first; `before` is the last row's cursor of the page before.
        search(text: String, limit: u32, before: Option<i64>) -> Hits;
        /// Pulls one account, or all, now.
        pull_now(account: Option<AccountId>) -> ();
        like(message: MessageId, on: bool) -> Acted;
        mute(person: PersonId, on: bool) -> Acted;
        block(person: PersonId, on: bool) -> Acted;
        report(message: MessageId, category: ReportCategory, comment: String, forward: bool) -> Acted;
        /// Where what others wrote stands from now on: approved, hidden, among spam, in the trash.
        put(message: MessageId, to: Publication) -> Acted;
        /// What we published, changed.
        edit_own(message: MessageId, text: String) -> Acted;
        /// What we published, taken away.
        delete_own(message: MessageId) -> Acted;
        /// The inbox as text.
        dump() -> String;

        /// Those a client may use; null: all.
        templates(client: Option<ClientId>) -> Vec<TemplateView>;
        save_template(edit: TemplateEdit) -> TemplateView;
        remove_template(id: TemplateId) -> Acted;
        fill(template: TemplateId, conversation: ConversationId, answers: BTreeMap<String, String>) -> Filled;
        /// Counts a text as its network does, and says what keeps it from leaving.
        check(conversation: ConversationId, draft: DraftView) -> Checked;
        save_draft(conversation: ConversationId, draft: DraftView) -> Change;
        discard_draft(conversation: ConversationId) -> Acted;
        /// A picture for the draft; alone it begins one. `bytes` in base64; its kind is told from them.
        attach(conversation: ConversationId, name: String, bytes: String) -> AttachmentView;
        /// What a picture of a draft shows, for those who do not see it.
        describe(attachment: AttachmentId, alt: String) -> Change;
        /// Takes a picture off its draft.
        detach(attachment: AttachmentId) -> Change;
        /// Hands a reply to the outbox; `thenDone` files the conversation in the same act.
        send_reply(conversation: ConversationId, draft: DraftView, then_done: bool) -> Sent;
        /// A window of the outbox: those that want the CM, to approve, held, on their way; then the last ones sent.
        outbox(query: OutboxQuery, offset: u32, limit: u32) -> Slice<ReplyView>;
        /// The texts go back to the drafts.
        take_back(replies: Vec<ReplyId>) -> ActedOn;
        retry(replies: Vec<ReplyId>) -> ActedOn;
        settle(replies: Vec<ReplyId>, word: Settle) -> ActedOn;
        approve(replies: Vec<ReplyId>) -> ActedOn;
        /// Another instant; null: as soon as they can no longer be taken back.
        reschedule(replies: Vec<ReplyId>, send_at: Option<Millis>) -> ActedOn;
        /// From its answer on, nothing of the targets begins to leave.
        hold(targets: Vec<HoldTarget>, why: String) -> Held;
        release(holds: Vec<HoldId>) -> Acted;
        /// Those not released, newest first.
        holds() -> Vec<HoldView>;
        /// What a release would let go, the stale first; 500 at most.
        release_preview(holds: Vec<HoldId>) -> Slice<StaleView>;
    }
    shell {
        app() -> AppView;
        /// Answers once the inbox is no longer opening, however that ended.
        settled() -> ();
        /// Ends the program, though replies may wait.
        close() -> ();
        /// The window stays: the next wish to close it is asked about again.
        stay() -> ();
        /// `locale`: fr, en · `theme`: system, light, dark · `single_keys`: on, off.
        set_preference(name: String, value: String) -> ();
        /// Tries again to open an inbox that stayed closed; `app` says what came of it.
        reopen() -> ();
        /// Opens the inbox with a passphrase, where the keychain does not answer.
        unlock(passphrase: String) -> ();
        /// Gives a lost key back with the recovery phrase, then opens the inbox. `not_found`: none was ever confirmed.
        recover(phrase: String) -> ();
        /// A new phrase, in groups, shown once: it counts only when it was confirmed.
        recovery_phrase() -> String;
        /// The new phrase, asked back. `passphrase`, wrong: it is another.
        confirm_recovery(phrase: String) -> ();
        has_recovery() -> bool;
        /// Opens the rehearsal in a process of its own.
        start_rehearsal() -> ();
        /// Cuts the simulated networks off, or brings them back.
        rehearsal_offline(on: bool) -> ();
        networks() -> Vec<NetworkTile>;
        login_start(network: String, client: ClientId) -> Step;
        login_answer(answer: Answer) -> Step;
        login_cancel() -> ();
        /// The text of a reply to what came without a key: copied, and what it answers opened in the browser. From then on
        /// `settle` says whether it is published.
        hand_over(reply: ReplyId) -> HandedOver;
        /// A file that lists items, or mails that tell of them (`bytes` in base64), as a mapping of its columns reads it; null: as we guess.
        look_at_file(bytes: String, mapping: Option<Mapping>) -> FileView;
        import_file(client: ClientId, bytes: String, mapping: Mapping) -> Added;
        /// Fetches a file that hangs on a message and writes it where the person says. Its name there; null: nowhere after all.
        save_file(message: MessageId, url: String) -> Option<String>;
        /// Hands an http(s) or mailto link to the system, after its host was shown.
        open_link(url: String) -> ();
    }
}

fn taken<T: DeserializeOwned>(args: Value) -> Result<T, Problem> {
    let args = if args.is_null() { Value::Object(Default::default()) } else { args };
    // serde's words would quote the argument, and an argument may be a text: only the line it failed on is ours.
    serde_json::from_value(args).map_err(|_| Problem::Invalid { field: "arguments".into() })
}

fn given<T: Serialize>(answer: T) -> Result<Value, Problem> {
    serde_json::to_value(answer).map_err(|e| Problem::Unexpected { what: e.to_string() })
}

#[cfg(test)]
#[path = "contract_tests.rs"]
mod tests;

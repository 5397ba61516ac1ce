//! Codes of the core as sentences: problems, faults, states, health; and instants as the locale writes them.

use crate::shown::Locale;
use crate::words::{count, say};
use guichet_core::view::{Conflict, Health, Leak, Problem, ReplyState, TemplateTrouble, Waiting};
use guichet_model::{BlockScope, Fault, Millis, Reason};
use jiff::Timestamp;
use jiff::tz::TimeZone;

pub fn problem(locale: Locale, problem: &Problem) -> String {
    let plain = |key: &str| say(locale, key, &[]);
    match problem {
        Problem::NotFound => plain("problem.not_found"),
        Problem::Opening => plain("problem.opening"),
        Problem::Leaks { leaks } => {
            let mut lines = vec![plain("problem.leaks")];
            lines.extend(leaks.iter().map(|l| leak(locale, l)));
            lines.join("\n")
        }
        Problem::TooLate => plain("problem.too_late"),
        Problem::OtherClient => plain("problem.other_client"),
        Problem::Template { line, what, name } => {
            let key = match what {
                TemplateTrouble::Syntax => "problem.template.syntax",
                TemplateTrouble::UnknownVariable => "problem.template.unknown_variable",
                TemplateTrouble::TooLong => "problem.template.too_long",
            };
            say(locale, key, &[("line", &line.to_string()), ("name", name)])
        }
        Problem::Taken => plain("problem.taken"),
        Problem::Invalid { field } => say(locale, "problem.invalid", &[("field", field)]),
        Problem::Network { fault: f } => fault(locale, f),
        Problem::Picture { what, most } => {
            say(locale, &format!("problem.picture.{}", code(what)), &[("most", &most.to_string())])
        }
        Problem::File { what, most } => {
            say(locale, &format!("problem.file.{}", code(what)), &[("most", &most.to_string())])
        }
        Problem::NotOffered => plain("problem.not_offered"),
        Problem::Busy => plain("problem.busy"),
        Problem::Disk => plain("problem.disk"),
        Problem::DiskFull => plain("problem.disk_full"),
        Problem::ReadOnly => plain("problem.read_only"),
        Problem::NewerStore => plain("problem.newer_store"),
        Problem::NoKey => plain("problem.no_key"),
        Problem::Keychain => plain("problem.keychain"),
        Problem::Torn => plain("problem.torn"),
        Problem::Passphrase { wrong: false } => plain("problem.passphrase"),
        Problem::Passphrase { wrong: true } => plain("problem.passphrase_wrong"),
        Problem::FileThere => plain("problem.file_there"),
        Problem::NoFile { file } => say(locale, "problem.no_file", &[("file", file)]),
        Problem::NoBackup => plain("problem.no_backup"),
        Problem::TornBackup => plain("problem.torn_backup"),
        Problem::NewerBackup => plain("problem.newer_backup"),
        Problem::Unexpected { what } => say(locale, "problem.unexpected", &[("what", what)]),
    }
}

/// Where no window stands beside it: the problem, and the way out that the window would show.
pub fn with_way_out(locale: Locale, found: &Problem) -> String {
    let said = problem(locale, found);
    match found {
        Problem::Torn => format!("{said}\n{}", say(locale, "closed.torn", &[])),
        _ => said,
    }
}

pub fn fault(locale: Locale, fault: &Fault) -> String {
    match fault {
        Fault::Offline { why } => say(locale, &format!("unreached.{}", code(why)), &[]),
        Fault::Later { after } => say(locale, "fault.later", &[("time", &time(locale, *after))]),
        Fault::NeedsLogin => say(locale, "fault.needs_login", &[]),
        Fault::Blocked { scope, until, .. } => {
            let scope = match scope {
                BlockScope::Account => "account",
                BlockScope::Access => "access",
            };
            match until {
                Some(until) => say(locale, &format!("fault.blocked_until.{scope}"), &[("time", &time(locale, *until))]),
                None => say(locale, &format!("fault.blocked.{scope}"), &[]),
            }
        }
        Fault::Refused { reason: r } => say(locale, "fault.refused", &[("reason", &reason(locale, r))]),
        Fault::Unsure => say(locale, "fault.unsure", &[]),
        Fault::Unreadable { .. } => say(locale, "fault.unreadable", &[]),
    }
}

/// Our word, and the network's own behind it.
pub fn reason(locale: Locale, reason: &Reason) -> String {
    let ours = say(locale, &format!("refusal.{}", code(&reason.code)), &[]);
    match &reason.said {
        Some(said) => format!("{ours} — {said}"),
        None => ours,
    }
}

pub fn leak(locale: Locale, leak: &Leak) -> String {
    match leak {
        Leak::Empty => say(locale, "leak.empty", &[]),
        Leak::TooLong { by, bytes: false } => count(locale, "leak.too_long", *by),
        Leak::TooLong { by, bytes: true } => count(locale, "leak.too_long_bytes", *by),
        Leak::Braces { .. } => say(locale, "leak.braces", &[]),
        Leak::Blank { name, .. } => say(locale, "leak.blank", &[("name", name)]),
        Leak::OtherClient { name, .. } => say(locale, "leak.other_client", &[("name", name)]),
        Leak::Outsider { name, .. } => say(locale, "leak.outsider", &[("name", name)]),
    }
}

pub fn health(locale: Locale, health: Health) -> String {
    let plain = |key: &str| say(locale, key, &[]);
    let until = |key: &str, at: Millis| say(locale, key, &[("time", &time(locale, at))]);
    match health {
        Health::New => plain("health.new"),
        Health::Good => plain("health.good"),
        Health::Offline { why } => plain(&format!("unreached.{}", code(&why))),
        Health::Waiting { until: at } => until("health.waiting", at),
        Health::NeedsLogin => plain("health.needs_login"),
        Health::Blocked { until: None } => plain("health.blocked"),
        Health::Blocked { until: Some(at) } => until("health.blocked_until", at),
        Health::Unreadable => plain("health.unreadable"),
    }
}

pub fn state(locale: Locale, state: &ReplyState) -> String {
    let plain = |key: &str| say(locale, key, &[]);
    let at = |key: &str, at: Millis| say(locale, key, &[("time", &time(locale, at))]);
    match state {
        ReplyState::ToApprove => plain("state.to_approve"),
        ReplyState::Held { hold } if hold.why.is_empty() => plain("state.held"),
        ReplyState::Held { hold } => say(locale, "state.held_why", &[("why", &hold.why)]),
        ReplyState::Waiting { why } => match why {
            Waiting::Turn => plain("state.waiting.turn"),
            Waiting::Scheduled { at: instant } => at("state.waiting.scheduled", *instant),
            Waiting::Until { at: instant } => at("state.waiting.until", *instant),
            Waiting::Network => plain("state.waiting.network"),
            Waiting::Earlier => plain("state.waiting.earlier"),
            Waiting::Hand => plain("state.waiting.hand"),
            Waiting::Login => plain("state.waiting.login"),
            Waiting::Blocked { until: None } => plain("state.waiting.blocked"),
            Waiting::Blocked { until: Some(until) } => at("state.waiting.blocked_until", *until),
            Waiting::Conflict { conflict } => plain(match conflict {
                Conflict::Gone => "state.waiting.conflict.gone",
                Conflict::Edited => "state.waiting.conflict.edited",
                Conflict::Answered => "state.waiting.conflict.answered",
            }),
        },
        ReplyState::Sending => plain("state.sending"),
        ReplyState::Sent { altered: true, .. } => plain("state.sent.altered"),
        ReplyState::Sent { private: true, .. } => plain("state.sent.private"),
        ReplyState::Sent { .. } => plain("state.sent.public"),
        ReplyState::Refused { reason: r } => say(locale, "state.refused", &[("reason", &reason(locale, r))]),
        ReplyState::Unsure { looked_at: None, .. } => plain("state.unsure"),
        ReplyState::Unsure { looked_at: Some(looked), .. } => at("state.unsure_at", *looked),
        ReplyState::Handed => plain("state.handed"),
        ReplyState::TakenBack => plain("state.taken_back"),
        ReplyState::Discarded => plain("state.discarded"),
    }
}

/// An instant in the system's time zone: `21/11, 20 h 14` or `2026-11-21 20:14`.
pub fn time(locale: Locale, at: Millis) -> String {
    let Ok(at) = Timestamp::from_millisecond(at.0) else {
        return String::new();
    };
    let at = at.to_zoned(TimeZone::system());
    match locale {
        Locale::Fr => at.strftime("%d/%m, %-H\u{a0}h\u{a0}%M").to_string(),
        Locale::En => at.strftime("%Y-%m-%d %H:%M").to_string(),
    }
}

/// The code of a plain enum, as it crosses the seam.
pub fn code<T: serde::Serialize>(code: &T) -> String {
    match serde_json::to_value(code) {
        Ok(serde_json::Value::String(code)) => code,
        _ => String::new(),
    }
}

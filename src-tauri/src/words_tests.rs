//! Words: the same in both languages, and one for every code that the core can give.
//!
//! Tests of the file of the same name.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::said;
use guichet_core::view::{
    Conflict, FileTrouble, Health, Leak, PictureTrouble, Problem, ReplyState, TemplateTrouble, Waiting,
};
use guichet_model::{BlockScope, Fault, Kind, Millis, Reason, RefusalCode, ReportCategory, Unreached, Visibility};

const BOTH: [Locale; 2] = [Locale::Fr, Locale::En];

const UNREACHED: [Unreached; 6] = [
    Unreached::NoNetwork,
    Unreached::NoName,
    Unreached::NoAnswer,
    Unreached::Portal,
    Unreached::Clock,
    Unreached::Unsafe,
];

/// A sentence is worded when no key and no parameter is left in it.
#[track_caller]
fn worded(sentence: &str) {
    let key = find(Locale::Fr, sentence.split(' ').next().unwrap()).is_some();
    let dotted = sentence.trim_end_matches('.').contains('.') && !sentence.contains(' ');
    assert!(!key && !dotted && !sentence.contains('{') && !sentence.is_empty(), "{sentence}");
}

#[test]
fn both_languages_have_the_same_words_and_parameters() {
    let params = |word: &str| {
        let mut names: Vec<String> =
            word.split('{').skip(1).filter_map(|p| p.split('}').next()).map(str::to_owned).collect();
        names.sort();
        names
    };
    let keys = |table: &[(&str, &str)]| table.iter().map(|(k, _)| k.to_string()).collect::<Vec<_>>();
    assert_eq!(keys(FR), keys(EN));
    for ((key, fr), (_, en)) in FR.iter().zip(EN) {
        assert_eq!(params(fr), params(en), "{key}");
        assert!(!fr.trim().is_empty() && !en.trim().is_empty(), "{key}");
    }
}

#[test]
fn french_has_its_spaces() {
    for (key, word) in FR {
        for sign in [" ;", " !", " ?", " :", "« ", " »"] {
            assert!(!word.contains(sign), "{key}: an ordinary space in {sign:?}");
        }
    }
}

#[test]
fn every_problem_fault_and_refusal_is_worded() {
    let codes = [
        RefusalCode::Gone,
        RefusalCode::Forbidden,
        RefusalCode::TooLong,
        RefusalCode::TooShort,
        RefusalCode::Empty,
        RefusalCode::Duplicate,
        RefusalCode::WindowClosed,
        RefusalCode::Suspended,
        RefusalCode::NotOffered,
        RefusalCode::WrongServer,
        RefusalCode::Invalid,
    ];
    let reason = |code| Reason { code, said: None };
    let mut faults: Vec<Fault> = UNREACHED.map(|why| Fault::Offline { why }).to_vec();
    faults.extend([
        Fault::Later { after: Millis(0) },
        Fault::NeedsLogin,
        Fault::Unsure,
        Fault::Unreadable { what: String::new() },
    ]);
    for scope in [BlockScope::Account, BlockScope::Access] {
        for until in [None, Some(Millis(0))] {
            faults.push(Fault::Blocked { scope, until, reason: reason(RefusalCode::Suspended) });
        }
    }
    faults.extend(codes.map(|code| Fault::Refused { reason: reason(code) }));
    let name = || "x".to_owned();
    let mut problems = vec![
        Problem::NotFound,
        Problem::Opening,
        Problem::Leaks { leaks: leaks() },
        Problem::TooLate,
        Problem::OtherClient,
        Problem::Taken,
        Problem::Invalid { field: name() },
        Problem::NotOffered,
        Problem::Busy,
        Problem::Disk,
        Problem::DiskFull,
        Problem::ReadOnly,
        Problem::NewerStore,
        Problem::NoKey,
        Problem::Keychain,
        Problem::Torn,
        Problem::Passphrase { wrong: false },
        Problem::Passphrase { wrong: true },
        Problem::FileThere,
        Problem::NoFile { file: name() },
        Problem::NoBackup,
        Problem::TornBackup,
        Problem::NewerBackup,
        Problem::Unexpected { what: name() },
    ];
    for what in [TemplateTrouble::Syntax, TemplateTrouble::UnknownVariable, TemplateTrouble::TooLong] {
        problems.push(Problem::Template { line: 1, what, name: name() });
    }
    for what in [PictureTrouble::Kind, PictureTrouble::Large, PictureTrouble::Many, PictureTrouble::Alt] {
        problems.push(Problem::Picture { what, most: 4 });
    }
    for what in [FileTrouble::Gone, FileTrouble::Torn, FileTrouble::Large, FileTrouble::Place] {
        problems.push(Problem::File { what, most: 25 });
    }
    problems.extend(faults.into_iter().map(|fault| Problem::Network { fault }));
    for locale in BOTH {
        for problem in &problems {
            said::problem(locale, problem).lines().for_each(worded);
        }
    }
}

fn leaks() -> Vec<Leak> {
    let (start, end, name) = (0, 1, "x".to_owned());
    vec![
        Leak::Empty,
        Leak::TooLong { by: 1, bytes: false },
        Leak::TooLong { by: 2, bytes: false },
        Leak::TooLong { by: 1, bytes: true },
        Leak::TooLong { by: 2, bytes: true },
        Leak::Braces { start, end },
        Leak::Blank { start, end, name: name.clone() },
        Leak::OtherClient { start, end, name: name.clone() },
        Leak::Outsider { start, end, name },
    ]
}

#[test]
fn every_state_and_health_is_worded() {
    let mut waits = vec![
        Waiting::Turn,
        Waiting::Until { at: Millis(0) },
        Waiting::Network,
        Waiting::Earlier,
        Waiting::Hand,
        Waiting::Login,
        Waiting::Blocked { until: None },
        Waiting::Blocked { until: Some(Millis(0)) },
    ];
    for conflict in [Conflict::Gone, Conflict::Edited, Conflict::Answered] {
        waits.push(Waiting::Conflict { conflict });
    }
    let mut states: Vec<_> = waits.into_iter().map(|why| ReplyState::Waiting { why }).collect();
    for (private, altered) in [(true, false), (false, false), (false, true)] {
        states.push(ReplyState::Sent { private, altered });
    }
    let reason = Reason { code: RefusalCode::Gone, said: None };
    states.extend([ReplyState::Handed, ReplyState::Sending, ReplyState::TakenBack, ReplyState::Discarded]);
    states.push(ReplyState::Refused { reason });
    for looked_at in [None, Some(Millis(0))] {
        states.push(ReplyState::Unsure { looked_at, candidates: Vec::new() });
    }
    let mut healths = vec![
        Health::New,
        Health::Good,
        Health::Waiting { until: Millis(0) },
        Health::NeedsLogin,
        Health::Blocked { until: None },
        Health::Blocked { until: Some(Millis(0)) },
        Health::Unreadable,
    ];
    healths.extend(UNREACHED.map(|why| Health::Offline { why }));
    for locale in BOTH {
        states.iter().for_each(|state| worded(&said::state(locale, state)));
        healths.iter().for_each(|health| worded(&said::health(locale, *health)));
    }
}

#[test]
fn every_plain_code_is_worded() {
    let mut keys = Vec::new();
    for kind in [Kind::Post, Kind::Comment, Kind::Mention, Kind::Message, Kind::Review] {
        keys.push(format!("kind.{}", said::code(&kind)));
    }
    for seen in [Visibility::Public, Visibility::Unlisted, Visibility::Followers, Visibility::Direct] {
        keys.push(format!("visibility.{}", said::code(&seen)));
    }
    for why in [ReportCategory::Spam, ReportCategory::Legal, ReportCategory::Violation, ReportCategory::Other] {
        keys.push(format!("report.{}", said::code(&why)));
    }
    keys.extend(
        guichet_model::link::networks().chain([guichet_model::link::SITE]).map(|known| format!("network.{known}")),
    );
    for network in guichet_networks::all(guichet_networks::Reach::Public) {
        keys.push(format!("network.{}", network.name()));
        keys.push(format!("network.{}.minutes", network.name()));
    }
    keys.extend(UNREACHED.map(|why| format!("status.trouble.{}", said::code(&why))));
    for code in ["unseen_replies", "read_receipts", "filtered_mentions"] {
        keys.push(format!("never.{code}"));
    }
    for locale in BOTH {
        for key in &keys {
            assert!(find(locale, key).is_some(), "{key}");
        }
    }
}

#[test]
fn every_word_the_shell_says_is_there() {
    let sources = [
        include_str!("lib.rs"),
        include_str!("cli.rs"),
        include_str!("cli/ask.rs"),
        include_str!("cli/doctor.rs"),
        include_str!("cli/text.rs"),
        include_str!("evening.rs"),
        include_str!("said.rs"),
        include_str!("window.rs"),
    ];
    let prefixes = ["cli.", "problem.", "fault.", "health.", "state.", "leak.", "rehearsal.", "app.", "view."];
    let mut seen = 0;
    for quoted in sources.iter().flat_map(|source| source.split('"').skip(1).step_by(2)) {
        let whole = prefixes.iter().any(|p| quoted.starts_with(p)) && !quoted.contains(['{', ' ']);
        if whole {
            let known = find(Locale::Fr, quoted).or(find(Locale::Fr, &format!("{quoted}.other")));
            assert!(known.is_some(), "{quoted}");
            seen += 1;
        }
    }
    assert!(seen > 60, "only {seen} words were found: is the reading of the sources broken?");
}

#[test]
fn numbers_choose_their_word_as_the_language_wants() {
    assert_eq!(count(Locale::Fr, "cli.asked_owed", 0), "0 fil à répondre");
    assert_eq!(count(Locale::Fr, "cli.asked_owed", 2), "2 fils à répondre");
    assert_eq!(count(Locale::En, "cli.asked_owed", 0), "0 conversations to answer");
    assert_eq!(count(Locale::En, "cli.asked_owed", 1), "1 conversation to answer");
}

/// As the window writes it: no hour begins with a nought.
#[test]
fn an_hour_is_written_as_in_the_window() {
    let zone = jiff::tz::TimeZone::system();
    let at = jiff::civil::date(2026, 11, 22).at(6, 5, 0, 0).to_zoned(zone).unwrap().timestamp().as_millisecond();
    assert_eq!(said::time(Locale::Fr, Millis(at)), "22/11, 6\u{a0}h\u{a0}05");
    assert_eq!(said::time(Locale::En, Millis(at)), "2026-11-22 06:05");
}

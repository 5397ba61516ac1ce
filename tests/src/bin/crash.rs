//! Plays crash rounds: `crash [--rounds N] [--seed S] [--at-once N] [--network NAME]`. It ends well only where nothing is lost, doubled, out of order or
//! unsure though provable, and nearly all that can be proved is sent. The seed is printed; with it the same comes again.
//! Without a word, two for each processor are played at once.

use guichet_tests::crash::{Ground, Play, play};
use std::process::ExitCode;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

fn number(words: &[String], name: &str) -> Result<Option<u64>, String> {
    let Some(at) = words.iter().position(|word| word == name) else {
        return Ok(None);
    };
    let said = words.get(at + 1).ok_or_else(|| format!("{name} wants a number"))?;
    said.parse().map(Some).map_err(|_| format!("{name} {said}: no number"))
}

#[tokio::main]
async fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let asked = |name| number(&words, name);
    let (rounds, seed, at_once) = match (asked("--rounds"), asked("--seed"), asked("--at-once")) {
        (Ok(rounds), Ok(seed), Ok(at_once)) => (rounds, seed, at_once),
        (Err(why), ..) | (_, Err(why), _) | (.., Err(why)) => {
            eprintln!("{why}");
            return ExitCode::FAILURE;
        }
    };
    let Some(program) =
        std::env::current_exe().ok().map(|here| here.with_file_name("desk_child")).filter(|file| file.exists())
    else {
        eprintln!("desk_child is not beside this program");
        return ExitCode::FAILURE;
    };
    let chance = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| u64::from(since.subsec_nanos()));
    let (rounds, seed) = (rounds.unwrap_or(200), seed.unwrap_or_else(chance));
    println!("crash rounds: --rounds {rounds} --seed {seed}");
    let began = Instant::now();
    let mut asked = Play::of(program, seed, rounds);
    if let Some(at_once) = at_once.and_then(|many| usize::try_from(many).ok()) {
        asked.at_once = at_once;
    }
    if let Some(at) = words.iter().position(|word| word == "--network") {
        let name = words.get(at + 1).map(String::as_str).unwrap_or_default();
        asked.ground = Ground::named(name);
        if asked.ground.is_none() {
            eprintln!("--network {name}: no rounds are played there");
            return ExitCode::FAILURE;
        }
    }
    let sum = play(asked, |_| false).await;
    println!("{:.1} minutes", began.elapsed().as_secs_f64() / 60.0);
    sum.print();
    if sum.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

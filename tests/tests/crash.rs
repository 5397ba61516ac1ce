//! The crash rounds must be able to fail: with one rule of the outbox taken out, each fault they count is seen. The rounds
//! themselves, some hundreds of them, are `cargo xtask test crash`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use guichet_core::Random;
use guichet_tests::crash::{Ground, Mode, Play, Sum, play};
use guichet_tests::desk::Dice;
use guichet_tests::forgetful::Syncs;

const SEED: u64 = 20_290_302;
/// A fault that rounds this many do not meet would not be met.
const MANY: u64 = 60;

fn rounds(rounds: u64) -> Play {
    Play::of(env!("CARGO_BIN_EXE_desk_child").into(), SEED, rounds)
}

async fn until(how: Play, seen: fn(&Sum) -> usize) -> Sum {
    let sum = play(how, move |sum| seen(sum) > 0).await;
    sum.print();
    sum
}

#[tokio::test(flavor = "multi_thread")]
async fn a_power_cut_costs_nothing_that_was_acknowledged() {
    let sum = play(Play { disk: Some(Syncs::Always), ..rounds(6) }, |_| false).await;
    sum.print();
    assert!(sum.holds(), "with everything in its place");
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_go_along() {
    let ground = Ground::named("mastodon");
    let sum = until(Play { ground, disk: Some(Syncs::Always), ..rounds(MANY) }, |sum| sum.brought).await;
    assert_eq!(sum.lost + sum.doubled, 0, "with everything in its place");
    assert!(sum.brought > 0, "no picture went along");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_write_before_the_first_byte_there_are_doubles() {
    let without = Play { mode: Some(Mode::NoKeys), disk: Some(Syncs::NotBeforeTheFirstByte), ..rounds(MANY) };
    let sum = until(without, |sum| sum.doubled).await;
    assert!(sum.doubled > 0, "a reply that left before it was written down is not seen to leave again");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_full_there_are_losses() {
    let without = Play { disk: Some(Syncs::Never), ..rounds(MANY) };
    let sum = until(without, |sum| sum.lost).await;
    assert!(sum.lost > 0, "a reply that was acknowledged and not synced is not seen to be lost");
}

#[test]
fn the_dice_are_the_same_every_time() {
    let (one, other) = (Dice::new(5), Dice::new(5));
    let (mut a, mut b) = ([0; 20], [0; 20]);
    one.bytes(&mut a);
    other.bytes(&mut b);
    assert_eq!(a, b);
    assert_ne!(a, [0; 20]);
}

//! Brackets, and what only looks like them, however an answer is cut on its way.

#![allow(clippy::unwrap_used)]

use super::*;

fn bears(answer: &str) -> bool {
    let whole = Depth::default().bears(answer.as_bytes());
    let mut bit_by_bit = Depth::default();
    assert_eq!(answer.as_bytes().iter().all(|byte| bit_by_bit.bears(&[*byte])), whole);
    whole
}

#[test]
fn only_an_answer_that_is_deep_in_itself_is_too_deep() {
    let open = "(".repeat(DEEPEST + 1);
    assert!(!bears(&format!("* 1 FETCH (BODYSTRUCTURE {open}")));
    assert!(bears(&"* LIST (\\Sent) \"/\" \"(\"\r\n".repeat(DEEPEST + 1)), "each line anew");
    assert!(bears(&format!("* 1 FETCH (UID 1 BODY[] {{{}}}\r\n{open})\r\n", open.len())), "a message may say so");
    assert!(!bears(&format!("* 1 FETCH (UID 1 BODY[] {{2}}\r\nxx {open})\r\n")), "behind it counts again");
    assert!(bears(&format!("* 1 FETCH (ENVELOPE \"a \\\" {open}\")\r\n")), "in quotes");
    assert!(bears(&format!("* OK 5\" {open}\r\n* OK x\r\n")), "a quote that is left open ends with its line");
    assert!(bears(&"()".repeat(1_000)));
}

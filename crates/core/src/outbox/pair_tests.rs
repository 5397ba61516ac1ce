//! Equal replies and equal messages, against every way of pairing them.

use super::pairs;
use proptest::prelude::*;

/// Every way to give each of these replies a message of its own.
fn ways(fits: &[Vec<bool>], reply: usize, taken: &mut Vec<usize>) -> u32 {
    if reply == fits.len() {
        return 1;
    }
    let mut found = 0;
    for message in 0..fits[reply].len() {
        if fits[reply][message] && !taken.contains(&message) {
            taken.push(message);
            found += ways(fits, reply + 1, taken);
            taken.pop();
        }
    }
    found
}

#[test]
fn as_many_as_there_are_replies_are_paired_in_order() {
    assert_eq!(pairs(&[vec![true, true], vec![true, true]]), [Some(0), Some(1)]);
    assert_eq!(pairs(&[vec![true], vec![true]]), [None, None], "one of two");
    assert_eq!(pairs(&[vec![true, true]]), [None], "two for one");
    assert_eq!(pairs(&[vec![], vec![]]), [None, None]);
}

#[test]
fn what_only_one_can_be_is_its_own() {
    // The second knew the first message before it was ever tried.
    assert_eq!(pairs(&[vec![true], vec![false]]), [Some(0), None]);
    assert_eq!(pairs(&[vec![true, true], vec![false, true]]), [Some(0), Some(1)]);
    assert_eq!(pairs(&[vec![false, true], vec![true, true]]), [Some(1), Some(0)]);
    // Two messages that only the first can be: neither is the second's, and nobody can tell.
    assert_eq!(pairs(&[vec![true, true], vec![false, false]]), [None, None]);
}

proptest! {
    #[test]
    fn no_message_is_two_replies_and_none_is_left_that_could_be_told(
        fits in (0_usize..4, 0_usize..4).prop_flat_map(|(replies, messages)| {
            proptest::collection::vec(proptest::collection::vec(any::<bool>(), messages), replies)
        })
    ) {
        let paired = pairs(&fits);
        let mut given: Vec<usize> = paired.iter().flatten().copied().collect();
        given.sort_unstable();
        prop_assert!(given.windows(2).all(|two| two[0] != two[1]), "{paired:?}");
        for (reply, message) in paired.iter().enumerate() {
            prop_assert!(message.is_none_or(|message| fits[reply][message]), "{paired:?}");
        }
        // As many messages as replies, and a partner for each: all are told.
        let messages = fits.first().map_or(0, |of_one| {
            (0..of_one.len()).filter(|message| fits.iter().any(|of| of[*message])).count()
        });
        if messages == fits.len() && ways(&fits, 0, &mut Vec::new()) > 0 {
            prop_assert!(paired.iter().all(Option::is_some), "{paired:?}");
        }
        // More messages than the replies that could be them are never shared out.
        for (reply, message) in paired.iter().enumerate() {
            if message.is_some() {
                let rivals = |of: &usize| fits[reply].iter().zip(&fits[*of]).any(|(a, b)| *a && *b);
                let near: Vec<usize> = (0..fits.len()).filter(rivals).collect();
                prop_assert!(near.iter().all(|other| paired[*other].is_some()), "{paired:?}");
            }
        }
    }
}

//! Which of several equal messages is which of several equal replies: told only where the numbers allow nothing else.
//!
//! Each pair is asked by itself, since a message that one reply can be is known to another, or older than it. Replies and
//! messages that hang together by such pairs are told apart as one group: as many of the one as of the other, each with
//! a partner. Being equal, they are paired in order where the order fits.

/// `fits[reply][message]`, both in their order. For each reply the message that is it.
pub(crate) fn pairs(fits: &[Vec<bool>]) -> Vec<Option<usize>> {
    let mut paired = vec![None; fits.len()];
    let mut met = vec![false; fits.len()];
    for reply in 0..fits.len() {
        if met[reply] {
            continue;
        }
        let (replies, messages) = group(fits, reply);
        for reply in &replies {
            met[*reply] = true;
        }
        if replies.len() == messages.len() {
            for (reply, message) in partners(fits, &replies, &messages) {
                paired[reply] = Some(message);
            }
        }
    }
    paired
}

/// Everything that hangs together with one reply.
fn group(fits: &[Vec<bool>], first: usize) -> (Vec<usize>, Vec<usize>) {
    let (mut replies, mut messages) = (vec![first], Vec::new());
    let mut at = 0;
    while let Some(reply) = replies.get(at).copied() {
        for (message, fit) in fits[reply].iter().enumerate() {
            if *fit && !messages.contains(&message) {
                messages.push(message);
                replies.extend((0..fits.len()).filter(|other| fits[*other][message]));
            }
        }
        let mut known = Vec::new();
        replies.retain(|reply| {
            !known.contains(reply) && {
                known.push(*reply);
                true
            }
        });
        at += 1;
    }
    replies.sort_unstable();
    messages.sort_unstable();
    (replies, messages)
}

/// A partner for each, or for none.
fn partners(fits: &[Vec<bool>], replies: &[usize], messages: &[usize]) -> Vec<(usize, usize)> {
    let in_order: Vec<_> = replies.iter().copied().zip(messages.iter().copied()).collect();
    if in_order.iter().all(|(reply, message)| fits[*reply][*message]) {
        return in_order;
    }
    let mut taken: Vec<Option<usize>> = vec![None; fits[0].len()];
    for reply in replies {
        if !find_place(fits, *reply, &mut taken, &mut vec![false; fits[0].len()]) {
            return Vec::new();
        }
    }
    let there = taken.into_iter().enumerate();
    there.filter_map(|(message, reply)| reply.map(|reply| (reply, message))).collect()
}

/// A message for this reply, for which another may have to change its own.
fn find_place(fits: &[Vec<bool>], reply: usize, taken: &mut Vec<Option<usize>>, asked: &mut Vec<bool>) -> bool {
    for message in 0..taken.len() {
        if !fits[reply][message] || std::mem::replace(&mut asked[message], true) {
            continue;
        }
        if taken[message].is_none_or(|other| find_place(fits, other, taken, asked)) {
            taken[message] = Some(reply);
            return true;
        }
    }
    false
}

#[cfg(test)]
#[path = "pair_tests.rs"]
mod tests;

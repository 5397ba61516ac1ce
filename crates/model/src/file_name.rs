//! The name of a file that somebody else chose, made safe: to be shown in a list, and to stand on a disk of any system.
//!
//! A name may try to leave its folder, to hide, to steer a screen, to pass for another kind by being read from right to
//! left, or to be one that Windows keeps for a device. What it says is kept as far as it does none of these.

/// Bytes of UTF-8: below what every file system takes, with room for what a browser would add.
const LONGEST: usize = 180;
/// A longer ending is none.
const LONGEST_ENDING: usize = 16;

/// Empty where nothing of it can stand.
pub fn safe(given: &str) -> String {
    let mut name = String::with_capacity(given.len());
    for c in given.chars().filter(|c| !steers(*c)) {
        match c {
            '/' | '\\' | '<' | '>' | ':' | '"' | '|' | '?' | '*' => name.push('_'),
            c if c.is_whitespace() => {
                if !name.ends_with(' ') {
                    name.push(' ');
                }
            }
            c => name.push(c),
        }
    }
    // A dot in front hides a file; Windows drops dots and spaces at the end, and what was behind them shows.
    let name = name.trim_start_matches(['.', ' ']).trim_end_matches(['.', ' ']);
    let name = shortened(name);
    if is_device(&name) { format!("_{name}") } else { name }
}

/// What is not seen, or moves what is.
fn steers(c: char) -> bool {
    let white = matches!(c, '\t' | '\n' | '\r');
    (c.is_control() && !white)
        || matches!(
            c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
        )
}

/// By its middle: the ending says what it is.
fn shortened(name: &str) -> String {
    if name.len() <= LONGEST {
        return name.to_owned();
    }
    let dot = name.rfind('.').filter(|at| name.len() - at <= LONGEST_ENDING);
    let (stem, ending) = name.split_at(dot.unwrap_or(name.len()));
    let most = LONGEST - ending.len();
    let end = (0..=most.min(stem.len())).rev().find(|at| stem.is_char_boundary(*at)).unwrap_or(0);
    format!("{}{ending}", stem[..end].trim_end_matches(['.', ' ']))
}

/// Windows keeps these whatever ending follows.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim().to_uppercase();
    let numbered = |word: &str| {
        let digit = stem.strip_prefix(word).and_then(|rest| {
            let mut rest = rest.chars();
            rest.next().filter(|_| rest.next().is_none())
        });
        digit.is_some_and(|digit| matches!(digit, '0'..='9' | '¹' | '²' | '³'))
    };
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$")
        || numbered("COM")
        || numbered("LPT")
}

#[cfg(test)]
#[path = "file_name_tests.rs"]
mod tests;

//! What an IMAP server says: lines, and strings in the form that their letters ask for.

use crate::email::world::Mail;

#[derive(Default)]
pub(crate) struct Out(pub Vec<u8>);

impl Out {
    pub fn line(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
        self.0.extend_from_slice(b"\r\n");
    }

    pub fn say(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    /// Quoted where the letters allow it, a literal where they do not.
    pub fn string(&mut self, text: &[u8]) {
        let plain =
            text.len() < 200 && text.iter().all(|byte| matches!(byte, 0x20..=0x7e) && !matches!(byte, b'"' | b'\\'));
        if plain {
            self.0.push(b'"');
            self.0.extend_from_slice(text);
            self.0.push(b'"');
        } else {
            self.literal(text);
        }
    }

    pub fn literal(&mut self, bytes: &[u8]) {
        self.say(&format!("{{{}}}\r\n", bytes.len()));
        self.0.extend_from_slice(bytes);
    }

    /// A string, or `NIL` where there is none.
    pub fn perhaps(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.string(text.as_bytes()),
            None => self.say("NIL"),
        }
    }

    /// A parenthesis, its inside separated by spaces.
    pub fn list<T>(&mut self, items: impl IntoIterator<Item = T>, mut each: impl FnMut(&mut Out, T)) {
        self.say("(");
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                self.say(" ");
            }
            each(self, item);
        }
        self.say(")");
    }

    pub fn flags(&mut self, mail: &Mail) {
        self.list(&mail.flags, |out, flag| out.say(flag));
    }
}

//! The two summaries an IMAP server makes of a mail: its envelope, and the tree of its parts. Header fields stand in them as
//! they were written: what they encode is for the client to read.

use super::out::Out;
use crate::email::mime::{Part, addresses, fields, first};

pub(crate) fn envelope(out: &mut Out, header: &[u8]) {
    let fields = fields(header);
    let field = |name: &str| first(&fields, name);
    out.say("(");
    out.perhaps(field("date").as_deref());
    out.say(" ");
    out.perhaps(field("subject").as_deref());
    let from = field("from");
    for name in ["from", "sender", "reply-to", "to", "cc", "bcc"] {
        out.say(" ");
        // Who sends and who is answered are who wrote, where nothing else is said.
        let value = field(name).or_else(|| matches!(name, "sender" | "reply-to").then(|| from.clone())?);
        people(out, value.as_deref());
    }
    out.say(" ");
    out.perhaps(field("in-reply-to").as_deref());
    out.say(" ");
    out.perhaps(field("message-id").as_deref());
    out.say(")");
}

fn people(out: &mut Out, value: Option<&str>) {
    let people = value.map(addresses).unwrap_or_default();
    if people.is_empty() {
        return out.say("NIL");
    }
    out.say("(");
    for person in people {
        out.say("(");
        out.perhaps(person.name.as_deref());
        out.say(" NIL ");
        out.string(person.local.as_bytes());
        out.say(" ");
        out.string(person.host.as_bytes());
        out.say(")");
    }
    out.say(")");
}

/// `full`: with what `BODYSTRUCTURE` tells beyond `BODY`.
pub(crate) fn structure(out: &mut Out, bytes: &[u8], part: &Part, full: bool) {
    let (kind, sub) = part.kind.split_once('/').unwrap_or(("application", "octet-stream"));
    out.say("(");
    if part.is_multipart() {
        for inside in &part.inside {
            structure(out, bytes, inside, full);
        }
        if part.inside.is_empty() {
            out.say("(\"text\" \"plain\" NIL NIL NIL \"7bit\" 0 0)");
        }
        out.say(" ");
        out.string(sub.as_bytes());
        if full {
            out.say(" ");
            params(out, &part.params);
        }
    } else {
        out.string(kind.as_bytes());
        out.say(" ");
        out.string(sub.as_bytes());
        out.say(" ");
        params(out, &part.params);
        out.say(" ");
        out.perhaps(part.id.as_deref());
        out.say(" ");
        out.perhaps(part.description.as_deref());
        out.say(" ");
        out.string(part.encoding.as_bytes());
        out.say(&format!(" {}", part.body.len()));
        if let Some(mail) = part.inside.first().filter(|_| part.is_mail()) {
            out.say(" ");
            envelope(out, &bytes[mail.header.clone()]);
            out.say(" ");
            structure(out, bytes, mail, full);
        }
        if kind == "text" || part.is_mail() {
            let lines = bytes[part.body.clone()].iter().filter(|byte| **byte == b'\n').count();
            out.say(&format!(" {lines}"));
        }
        if full {
            out.say(" NIL");
        }
    }
    if full {
        out.say(" ");
        match &part.disposition {
            Some((name, given)) => {
                out.say("(");
                out.string(name.as_bytes());
                out.say(" ");
                params(out, given);
                out.say(")");
            }
            None => out.say("NIL"),
        }
        out.say(" NIL NIL");
    }
    out.say(")");
}

fn params(out: &mut Out, params: &[(String, String)]) {
    if params.is_empty() {
        return out.say("NIL");
    }
    out.list(params, |out, (name, value)| {
        out.string(name.as_bytes());
        out.say(" ");
        out.string(value.as_bytes());
    });
}

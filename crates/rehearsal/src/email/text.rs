//! What a submission server finds wrong with a mail: what RFC 5322, MIME and the transport ask of it. Some servers mend such
//! mails in silence; who passes here passes there.

use super::mime::{Part, addresses, bare_id, fields, find, first};

/// The refusal, with its code.
pub(crate) struct Complaint(pub &'static str);

pub(crate) fn complaint(bytes: &[u8], sender: &str, eight_bits: bool) -> Option<Complaint> {
    let header = find(bytes, b"\r\n\r\n").map_or(bytes, |end| &bytes[..end + 2]);
    let fields = fields(header);
    let field = |name: &str| first(&fields, name);
    let count = |name: &str| fields.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).count();
    let from = addresses(&field("from").unwrap_or_default());
    let words = if bytes.split(|byte| *byte == b'\n').any(|line| line.len() > 999) {
        "500 5.6.0 Line too long (see RFC 5322 section 2.1.1)"
    } else if !header.is_ascii() {
        "550 5.6.7 SMTPUTF8 is required, but was not offered: 8-bit data in the header"
    } else if !bytes.is_ascii() && !eight_bits {
        "554 5.6.3 8-bit data in a message that was announced as 7-bit"
    } else if ["from", "date", "message-id", "subject", "to"].iter().any(|name| count(name) > 1) {
        "550 5.7.1 A header field stands twice that may stand once"
    } else if from.len() != 1 {
        "550 5.7.1 Messages must have one address in From"
    } else if !format!("{}@{}", from[0].local, from[0].host).eq_ignore_ascii_case(sender) {
        "550 5.7.1 From is not the address that signed in"
    } else if field("date").is_none_or(|date| super::dates::instant_of_mail(&date).is_none()) {
        "550 5.6.0 Date is missing or invalid (RFC 5322 section 3.6.1)"
    } else if field("message-id").is_none_or(|id| !is_id(&id)) {
        "550 5.6.0 Message-ID is missing or invalid (RFC 5322 section 3.6.4)"
    } else if ["in-reply-to", "references"].iter().any(|name| field(name).is_some_and(|ids| !ids.split(' ').all(is_id)))
    {
        "550 5.6.0 In-Reply-To or References hold what is no Message-ID (RFC 5322 section 3.6.4)"
    } else if field("bcc").is_some() {
        "550 5.7.1 Bcc would be shown to everybody"
    } else if field("mime-version").is_none_or(|version| version != "1.0") && !bytes.is_ascii() {
        "554 5.6.1 8-bit text without MIME-Version (RFC 2045 section 4)"
    } else if mislabelled(bytes, &Part::read(bytes)) {
        "554 5.6.1 A part is not what its Content-Transfer-Encoding says"
    } else {
        return None;
    };
    Some(Complaint(words))
}

/// `<left@right>`, and nothing else.
fn is_id(text: &str) -> bool {
    let bare = bare_id(text);
    let whole = text.trim() == format!("<{bare}>");
    let ends =
        bare.split_once('@').is_some_and(|(left, right)| !left.is_empty() && !right.is_empty() && !right.contains('@'));
    whole && ends && !bare.contains(char::is_whitespace)
}

fn mislabelled(bytes: &[u8], part: &Part) -> bool {
    // What holds other parts rarely says how: they do.
    if !part.inside.is_empty() {
        return part.inside.iter().any(|inside| mislabelled(bytes, inside));
    }
    let body = &bytes[part.body.clone()];
    match part.encoding.as_str() {
        "7bit" => !body.is_ascii(),
        "8bit" | "binary" => false,
        "base64" => body.iter().any(|byte| !(byte.is_ascii_alphanumeric() || b"+/=\r\n".contains(byte))),
        "quoted-printable" => !body.is_ascii() || body.split(|byte| *byte == b'\n').any(|line| line.len() > 77),
        _ => true,
    }
}

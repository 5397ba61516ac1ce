//! Notification mails, invented, in French and in English; and mails that only look like one.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;

fn mail(from: &str, subject: &str, body: &str) -> Vec<u8> {
    format!(
        "Date: Sat, 21 Nov 2026 18:42:07 -0800\r\nFrom: {from}\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=\"UTF-8\"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}",
        body.replace('\n', "\r\n")
    )
    .into_bytes()
}

fn told(from: &str, subject: &str, body: &str) -> Noticed {
    notice(&mail(from, subject, body)).unwrap_or_else(|unread| panic!("{}", unread.why))
}

fn named(noticed: &Noticed) -> (&str, &str, bool) {
    (noticed.author.as_deref().unwrap_or_default(), noticed.text.as_str(), noticed.raw)
}

#[test]
fn each_network_in_both_languages() {
    let facebook = told(
        "Facebook <notification@facebookmail.com>",
        "Adèle Brun a commenté la publication de Quai",
        "Adèle Brun a commenté la publication de Quai.\n\nAdèle Brun a écrit\u{a0}:\n«\u{a0}Deux places\nsamedi\u{a0}?\u{a0}»\n\nVoir le commentaire\nhttps://www.facebook.com/n/?quai%2Fposts%2F12&comment_id=90&aref=1\n\nMeta https://www.facebook.com/o.php?k=1\n",
    );
    assert_eq!(named(&facebook), ("Adèle Brun", "Deux places\nsamedi ?", false));
    assert_eq!(link::normal(facebook.link.as_deref().unwrap()).as_deref(), Some("facebook.com/comment/90"));
    assert_eq!(facebook.at, Some(Millis(1_795_315_327_000)));
    let english = told(
        "Facebook <notification@facebookmail.com>",
        "Mary O'Hara replied to a comment",
        "Mary O'Hara wrote: \"Lovely!\nTruly.\"\n\nSee comment\nhttps://www.facebook.com/n/?quai%2Fposts%2F12&comment_id=90&reply_comment_id=91\n",
    );
    assert_eq!(named(&english), ("Mary O'Hara", "Lovely!\nTruly.", false));
    let instagram = told(
        "Instagram <no-reply@mail.instagram.com>",
        "loaf_hh commented on your post",
        "loaf_hh commented on your post.\n\nloaf_hh: Do you ship …\n\nView comment: https://www.instagram.com/p/DR1/c/18/?utm_source=email\n",
    );
    assert_eq!(named(&instagram), ("@loaf_hh", "Do you ship …", false));
    let linkedin = told(
        "LinkedIn <notifications-noreply@linkedin.com>",
        "Marc Petit a commenté le post de votre Page",
        "Marc Petit a commenté le post de votre Page\n\nMarc Petit\nRégisseur\n\nBravo.\n\nEt merci.\n\nVoir le commentaire : https://www.linkedin.com/comm/feed/update/urn%3Ali%3Aactivity%3A7398000000000000001?commentUrn=urn%3Ali%3Acomment%3A%28activity%3A7398000000000000001%2C7398111111111111111%29&midToken=A\n",
    );
    assert_eq!(named(&linkedin), ("Marc Petit", "Bravo.\n\nEt merci.", false));
    assert_eq!(
        link::normal(linkedin.link.as_deref().unwrap()).as_deref(),
        Some("linkedin.com/comment/7398111111111111111")
    );
    let x = told(
        "\"Max (via X)\" <notify@x.com>",
        "Max (@max42) mentioned you",
        "Max (@max42) mentioned you\n\nMax\n@max42\nIs it @quai?\n\nView on X: https://x.com/max42/status/199?refsrc=email\n",
    );
    assert_eq!(named(&x), ("Max", "Is it @quai?", false));
    let youtube = told(
        "YouTube <noreply@youtube.com>",
        "Nouveau commentaire",
        "@karim.v a commenté votre vidéo\n\nTitre\nhttps://www.youtube.com/watch?v=qV3\n\n@karim.v\nLa chaîne saute ?\n\nRÉPONDRE\nhttps://www.youtube.com/watch?v=qV3&lc=Ugx\n",
    );
    assert_eq!(named(&youtube), ("@karim.v", "La chaîne saute ?", false));
    assert!(youtube.link.unwrap().contains("lc=Ugx"), "the comment, not the video");
    let google = told(
        "Google Business Profile <businessprofile-noreply@google.com>",
        "Walter left a review for Halles",
        "Walter left a review for your business\n\nHalles\n\nWalter\n2 out of 5 stars\nGood bread.\n\nReply to review\nhttps://business.google.com/n/12/reviews?hl=en&review=AbF\n",
    );
    assert_eq!((named(&google), google.rating), (("Walter", "Good bread.", false), Some(2)));
}

#[test]
fn what_is_not_understood_has_its_link_and_its_whole_text() {
    let changed = told(
        "Facebook <notification@facebookmail.com>",
        "Du nouveau sur votre Page",
        "Adèle B. vous dit quelque chose de neuf\nhttps://www.facebook.com/quai/posts/1?comment_id=90\n",
    );
    assert!(changed.raw && changed.author.is_none());
    assert!(changed.text.contains("quelque chose de neuf") && changed.text.starts_with("Du nouveau"));
    assert!(changed.link.is_some());
}

#[test]
fn somebody_elses_mail_is_never_taken_for_a_message() {
    let why = |from: &str, body: &str| notice(&mail(from, "Adèle Brun a commenté", body)).unwrap_err().why;
    let link = "https://www.facebook.com/quai/posts/1?comment_id=90";
    assert_eq!(why("Facebook <n@facebookmail.com.voleur.example>", link), "sender");
    assert_eq!(why("Facebook <n@notfacebookmail.com>", link), "sender");
    assert_eq!(why("Facebook <n@facebookmail.com>", "https://www.facebook.com.voleur.example/?comment_id=90"), "link");
    assert_eq!(why("Instagram <s@mail.instagram.com>", "Votre code : 314 159"), "link");
    let mut forged = b"Authentication-Results: mx; dmarc=fail header.from=facebookmail.com\r\n".to_vec();
    forged.extend(mail("Facebook <n@facebookmail.com>", "Adèle a commenté", link));
    assert_eq!(notice(&forged).unwrap_err().why, "sender");
    // What the receiver says stands on top; below it the sender says what it likes.
    forged.splice(0..0, *b"Received: by mx\r\n");
    let praised =
        String::from_utf8(forged).unwrap().replace("From:", "Authentication-Results: mx; dmarc=pass\r\nFrom:");
    assert_eq!(notice(praised.as_bytes()).unwrap_err().why, "sender");
}

#[test]
fn of_somebody_elses_mail_no_more_than_its_subject_is_kept() {
    let private = mail("Claire <claire@poste.test>", "Samedi", "Mon numéro : 06 00 00 00 00");
    assert_eq!(notice(&private).unwrap_err(), Unread { raw: "Samedi".into(), why: "sender".into() });
    // A network's own, which leads nowhere, may be read another day.
    let changed = mail("Instagram <s@mail.instagram.com>", "Samedi", "Votre code : 314 159");
    assert!(notice(&changed).unwrap_err().raw.contains("314 159"));
}

#[test]
fn an_mbox_is_many_mails_and_another_file_none() {
    let one = mail("YouTube <noreply@youtube.com>", "Un", "https://www.youtube.com/watch?v=q&lc=1");
    let mut many = b"From - Sat Nov 21 2026\r\n".to_vec();
    many.extend(&one);
    many.extend(b"\r\nFrom - Sat Nov 21 2026\r\n");
    many.extend(mail("YouTube <noreply@youtube.com>", "Deux", "https://www.youtube.com/watch?v=q&lc=2"));
    let read: Vec<_> = mails(&many).into_iter().map(|mail| notice(mail).unwrap().link.unwrap()).collect();
    assert_eq!(read, ["https://www.youtube.com/watch?v=q&lc=1", "https://www.youtube.com/watch?v=q&lc=2"]);
    assert_eq!(mails(&one).len(), 1);
    for other in ["", "bonjour", "Date;Auteur\n1;2\n", "{\"a\":1}"] {
        assert_eq!(mails(other.as_bytes()).len(), 0, "{other}");
    }
    assert_eq!(sent().len(), 6, "the data is read");
    // Whatever is cut off, nothing breaks.
    for end in 0..many.len() {
        mails(&many[..end]).into_iter().for_each(|mail| drop(notice(mail)));
    }
}

#[test]
fn a_mail_without_a_plain_part_is_read_from_its_marks() {
    let html = "<html><body><img src=https://static.exemple/y.png alt=YouTube><p>@noa.w commented on your video</p><p>Titre</p>\
        <p>@noa.w<br>Which grease?<br>Really.</p><p><a href='https://www.youtube.com/watch?v=q&amp;lc=Ugx2'>Reply</a></p></body></html>";
    let mut mail = b"From: YouTube <noreply@youtube.com>\r\nSubject: New comment\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n".to_vec();
    mail.extend(html.as_bytes());
    let noticed = notice(&mail).unwrap();
    assert_eq!(named(&noticed), ("@noa.w", "Which grease?\nReally.", false));
    assert_eq!(noticed.at, None, "no date is not now");
    assert_eq!(link::normal(noticed.link.as_deref().unwrap()).as_deref(), Some("youtube.com/q/Ugx2"));
}

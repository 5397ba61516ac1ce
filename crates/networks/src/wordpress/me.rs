//! What this user may do at the site, asked once a day, and what follows from it.

use super::api::Api;
use super::wire::User;
use guichet_model::{Capabilities, Fault, Proof, Publication, TextLimit, TextUnit};

/// The longest comment in bytes (`comment_content` in wp_get_comment_fields_max_lengths).
pub(crate) const LONGEST: u32 = 65_525;

pub(crate) async fn read(api: &Api) -> Result<User, Fault> {
    let told = api.json("/wp/v2/users/me", &[("context", "edit".to_owned())]).await?;
    User::read(&told).map_err(Fault::unreadable)
}

pub(crate) fn capabilities(moderates: bool) -> Capabilities {
    let mut never_gives = vec!["edits", "deletions", "likes", "direct_messages"];
    if !moderates {
        never_gives.push("pending_comments");
    }
    Capabilities {
        publications: if moderates {
            vec![Publication::Published, Publication::Pending, Publication::Spam, Publication::Trash]
        } else {
            Vec::new()
        },
        delete_own: moderates,
        edit_own: moderates,
        never_gives: never_gives.into_iter().map(str::to_owned).collect(),
        // wp_allow_comment: one author, one post, one parent, one text.
        ..Capabilities::of(TextLimit::of(LONGEST, TextUnit::Bytes), Proof::RefusesDuplicate)
    }
}

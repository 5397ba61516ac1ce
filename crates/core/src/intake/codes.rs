//! How the model's small enums stand in the store: the same words as everywhere else.

use guichet_model::{Kind, Publication, Route, Visibility};

pub(crate) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Post => "post",
        Kind::Comment => "comment",
        Kind::Mention => "mention",
        Kind::Message => "message",
        Kind::Review => "review",
    }
}

/// What a store of ours cannot hold reads as a mention: it is shown, and answered in public.
pub(crate) fn kind_of(stored: &str) -> Kind {
    match stored {
        "comment" => Kind::Comment,
        "message" => Kind::Message,
        "review" => Kind::Review,
        _ => Kind::Mention,
    }
}

pub(crate) fn visibility(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Public => "public",
        Visibility::Unlisted => "unlisted",
        Visibility::Followers => "followers",
        Visibility::Direct => "direct",
    }
}

pub(crate) fn publication(publication: Publication) -> &'static str {
    match publication {
        Publication::Published => "published",
        Publication::Pending => "pending",
        Publication::Hidden => "hidden",
        Publication::Spam => "spam",
        Publication::Trash => "trash",
    }
}

/// What a store of ours cannot hold reads as published: it is shown, and owed.
pub(crate) fn publication_of(stored: &str) -> Publication {
    match stored {
        "pending" => Publication::Pending,
        "hidden" => Publication::Hidden,
        "spam" => Publication::Spam,
        "trash" => Publication::Trash,
        _ => Publication::Published,
    }
}

pub(crate) fn visibility_of(stored: &str) -> Option<Visibility> {
    match stored {
        "public" => Some(Visibility::Public),
        "unlisted" => Some(Visibility::Unlisted),
        "followers" => Some(Visibility::Followers),
        "direct" => Some(Visibility::Direct),
        _ => None,
    }
}

pub(crate) fn route(route: Route) -> &'static str {
    match route {
        Route::Hand => "hand",
        Route::File => "file",
        Route::Mail => "mail",
        Route::Api => "api",
    }
}

/// What a store of ours cannot hold reads as the network's own word.
pub(crate) fn route_of(stored: &str) -> Route {
    match stored {
        "hand" => Route::Hand,
        "file" => Route::File,
        "mail" => Route::Mail,
        _ => Route::Api,
    }
}

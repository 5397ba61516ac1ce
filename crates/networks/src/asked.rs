//! How the readers ask an answer for its fields: `value.at("name")`. What is not there is `null`.
//!
//! One door for all of them, so that a test can stand in it and see which paths are asked for, and which of them no
//! recording has shown (`asked_tests.rs`).

use serde_json::Value;

pub(crate) trait Ask {
    /// The field of that name; `null` where there is none.
    #[cfg_attr(test, track_caller)]
    fn at(&self, name: &str) -> &Value;

    /// The same; `None` where there is none.
    #[cfg_attr(test, track_caller)]
    fn has(&self, name: &str) -> Option<&Value>;

    /// The first value of a list; `null` where there is none.
    fn first(&self) -> &Value;
}

impl Ask for Value {
    fn at(&self, name: &str) -> &Value {
        match self.has(name) {
            Some(found) => found,
            #[cfg(test)]
            None => tests::missing(self, name),
            #[cfg(not(test))]
            None => &Value::Null,
        }
    }

    fn has(&self, name: &str) -> Option<&Value> {
        let found = self.get(name);
        #[cfg(test)]
        tests::asked(self, name, found, std::panic::Location::caller());
        found
    }

    fn first(&self) -> &Value {
        self.get(0).unwrap_or(&Value::Null)
    }
}

#[cfg(test)]
pub(crate) use tests::refusals;

#[cfg(test)]
#[path = "asked_tests.rs"]
mod tests;

//! The contract as TypeScript: every type that crosses the seam, and one interface with each command.
//!
//! The text is committed as `ui/src/backend/contract.ts`; a test says when it is stale, and
//! `cargo run -p guichet --example contract` writes it again.

use std::collections::BTreeSet;
use std::fmt::Write;
use ts_rs::{Config, TS, TypeVisitor};

/// The whole of `contract.ts`.
pub fn typescript() -> String {
    let mut ts = Writing::new();
    // What travels without being a command's answer: the refusal of any command, and the event `change`.
    ts.see::<guichet_core::view::Problem>();
    ts.see::<guichet_core::view::Change>();
    super::commands(&mut ts);
    ts.text()
}

/// The contract being written.
pub struct Writing {
    config: Config,
    types: BTreeSet<(String, String)>,
    commands: String,
}

/// One command being written.
pub struct Command<'a> {
    ts: &'a mut Writing,
    args: Vec<String>,
}

impl Writing {
    fn new() -> Self {
        // Ids and instants fit in a JavaScript number: below 2^53.
        let config = Config::new().with_large_int("number");
        Self { config, types: BTreeSet::new(), commands: String::new() }
    }

    pub fn command(&mut self, name: &str, docs: &[&str], write: impl FnOnce(&mut Command) -> String) {
        let mut command = Command { ts: self, args: Vec::new() };
        let returns = write(&mut command);
        let args = match command.args.as_slice() {
            [] => "Record<string, never>".to_owned(),
            args => format!("{{ {} }}", args.join("; ")),
        };
        if !docs.is_empty() {
            let doc = docs.iter().map(|d| d.trim()).collect::<Vec<_>>().join(" ");
            let _ = writeln!(self.commands, "  /** {doc} */");
        }
        let _ = writeln!(self.commands, "  {name}: {{ args: {args}; returns: {returns} }};");
    }

    fn see<T: TS + 'static + ?Sized>(&mut self) {
        TypeVisitor::visit::<T>(self);
        T::visit_generics(self);
        T::visit_dependencies(self);
    }

    fn text(self) -> String {
        let mut text = String::from(
            "// What crosses the seam between the interface and the program. Generated from the list of commands in\n\
             // src-tauri/src/contract.rs: write it again with `cargo run -p guichet --example contract`.\n\n",
        );
        for (_, declared) in &self.types {
            let _ = writeln!(text, "{declared}\n");
        }
        let _ = write!(
            text,
            "/** Every command: what it takes, what it gives back. */\nexport interface Contract {{\n{}}}\n",
            self.commands
        );
        text
    }
}

impl Command<'_> {
    pub fn one<T: TS + 'static>(&mut self, name: &str) {
        self.ts.see::<T>();
        self.args.push(format!("{}: {}", camel(name), T::name(&self.ts.config)));
    }

    pub fn returns<T: TS + 'static>(&mut self) -> String {
        self.ts.see::<T>();
        T::name(&self.ts.config)
    }
}

impl TypeVisitor for Writing {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        // Only named types are declared; a string, a list or an option is spelt out where it stands.
        if T::output_path().is_none() {
            T::visit_generics(self);
            return;
        }
        let declared = format!("{}export {}", T::docs().unwrap_or_default(), T::decl(&self.config));
        // Two types of one name both stand in the file, where the TypeScript compiler refuses them.
        if !self.types.insert((T::ident(&self.config), declared)) {
            return;
        }
        T::visit_generics(self);
        T::visit_dependencies(self);
    }
}

fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        if let Some(first) = letters.next() {
            camel.extend(first.to_uppercase());
            camel.push_str(letters.as_str());
        }
    }
    camel
}

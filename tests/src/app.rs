//! Our program's window, as a test uses it: keys and roles as a person meets them, and the seam to look behind.

use crate::webdriver::{Page, Thing, key};
use crate::window::Desktop;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What a screen may take to be there on a busy machine of two cores.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct App {
    pub page: Page,
    program: PathBuf,
}

impl App {
    pub async fn open(desktop: &Desktop, arguments: &[&str]) -> App {
        let program = crate::window::program();
        let page = desktop.open(&program, arguments).await;
        App { page, program }
    }

    pub async fn close(self) {
        self.page.close().await.expect("the window closes");
    }

    pub fn program(&self) -> &Path {
        &self.program
    }

    /// A command of the contract, past the interface: what is really in the store.
    pub async fn call(&self, name: &str, arguments: Value) -> Value {
        let script = "const done = arguments[arguments.length - 1];\
            window.__TAURI_INTERNALS__.invoke('call', { name: arguments[0], args: arguments[1], message: String(Math.random()) })\
                .then((value) => done({ value: value ?? null }), (problem) => done({ problem }));";
        let said = self.page.run_async(script, json!([name, arguments])).await.expect("the page answers");
        assert!(said["problem"].is_null(), "{name}: {}", said["problem"]);
        said["value"].clone()
    }

    pub async fn rows(&self, view: &str) -> Vec<Value> {
        let query = json!({ "view": view, "client": null, "account": null });
        let slice = self.call("list", json!({ "query": query, "offset": 0, "limit": 200 })).await;
        slice["rows"].as_array().cloned().unwrap_or_default()
    }

    pub async fn conversation(&self, id: i64) -> Value {
        self.call("conversation", json!({ "id": id })).await
    }

    /// Waits for something to be on the page.
    pub async fn see(&self, css: &str) -> Thing {
        crate::until(&format!("{css} is on the page"), PATIENCE, || self.page.find(css)).await
    }

    pub async fn gone(&self, css: &str) {
        let ask = || async { self.page.find(css).await.is_none().then_some(()) };
        crate::until(&format!("{css} has left the page"), PATIENCE, ask).await;
    }

    /// Waits until so many rows are drawn.
    pub async fn filled(&self, least: usize) {
        let ask = || async { (self.page.find_all("[role=row][data-conversation]").await.len() >= least).then_some(()) };
        crate::until(&format!("{least} conversations are drawn"), PATIENCE, ask).await;
    }

    pub async fn press(&self, keys: &[char]) {
        self.page.press(keys).await.expect("keys");
    }

    pub async fn letter(&self, letter: char) {
        self.press(&[letter]).await;
    }

    pub async fn type_text(&self, text: &str) {
        self.page.type_text(text).await.expect("letters");
    }

    pub async fn send(&self) {
        self.press(&[key::CONTROL, key::ENTER]).await;
    }

    pub async fn click(&self, css: &str) {
        let thing = self.see(css).await;
        self.page.click(&thing).await.unwrap_or_else(|why| panic!("clicking {css}: {why}"));
    }

    /// The conversation whose row is selected, once its text is shown beside the list.
    pub async fn selected(&self) -> i64 {
        let row = self.see("[role=row][aria-selected=true]").await;
        let id = self.page.attribute(&row, "data-conversation").await.expect("the row's conversation");
        id.parse().expect("a number")
    }

    /// Waits until the selected row is another one.
    pub async fn moved_from(&self, before: i64) -> i64 {
        let ask = || async {
            let now = self.selected().await;
            (now != before).then_some(now)
        };
        crate::until("another conversation is selected", PATIENCE, ask).await
    }

    pub async fn focus_is_in(&self, css: &str) {
        let script = "return document.activeElement?.closest(arguments[0]) != null";
        let ask = || async {
            let said = self.page.run(script, json!([css])).await.unwrap_or_default();
            (said == true).then_some(())
        };
        crate::until(&format!("the focus is in {css}"), PATIENCE, ask).await;
    }

    /// Waits until the seam says so.
    pub async fn until(&self, what: &str, name: &str, arguments: Value, is: impl Fn(&Value) -> bool) -> Value {
        let ask = || async {
            let said = self.call(name, arguments.clone()).await;
            is(&said).then_some(said)
        };
        crate::until(what, PATIENCE, ask).await
    }

    pub async fn prefer(&self, name: &str, value: &str) {
        let _said = self.call("set_preference", json!({ "name": name, "value": value })).await;
    }

    /// Keeps a picture under `target/pictures`.
    pub async fn picture(&self, name: &str) {
        // The driver takes a picture at the next frame, and a page where nothing moves has none: it is nudged, too
        // little to be seen.
        let nudge = "let left = 40; const body = document.body; const timer = setInterval(() => {\
                body.style.opacity = --left % 2 ? '0.999' : ''; if (left <= 0) clearInterval(timer) }, 50)";
        let _said = self.page.run(nudge, json!([])).await.expect("the page answers");
        let file = crate::target().join("pictures").join(format!("{name}.png"));
        self.page.picture(&file).await.expect("a picture");
    }

    /// What axe-core finds against WCAG 2.2 A and AA on the page as it stands: rule, where, why.
    pub async fn offences(&self) -> Vec<String> {
        let axe = crate::root().join("ui/node_modules/axe-core/axe.min.js");
        let axe = std::fs::read_to_string(&axe).expect("axe-core (npm ci in ui)");
        let known = self.page.run("return typeof window.axe === 'object'", json!([])).await.unwrap_or_default();
        if known != true {
            let _said = self.page.run(&axe, json!([])).await.expect("axe-core loads");
        }
        let script = "const done = arguments[arguments.length - 1];\
            const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa'];\
            window.axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] })\
                .then((found) => done({ checked: found.passes.length, violations: found.violations.flatMap((rule) =>\
                    rule.nodes.map((node) => rule.id + ' at ' + node.target.join(' ') + ': ' + node.failureSummary)) }),\
                    (why) => done({ failed: String(why) }));";
        let said = self.page.run_async(script, json!([])).await.expect("axe-core runs");
        assert!(said["failed"].is_null(), "axe-core: {}", said["failed"]);
        assert!(said["checked"].as_u64().is_some_and(|checked| checked > 3), "axe-core checked nothing: {said}");
        let found = said["violations"].as_array().cloned().unwrap_or_default();
        found.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect()
    }
}

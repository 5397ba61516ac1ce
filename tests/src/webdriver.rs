//! The W3C WebDriver protocol as far as our tests need it, in plain HTTP to WebKitWebDriver: one page, found things,
//! keys, scripts, pictures. A crate for it would bring a second HTTP stack and hide the capability that
//! WebKitGTK wants to start our own binary (`webkitgtk:browserOptions`).

use base64::Engine;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// The protocol's name of an element in JSON.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// One session: our window, driven.
pub struct Page {
    session: String,
    http: reqwest::Client,
}

/// Something found on the page.
#[derive(Clone, Debug)]
pub struct Thing(String);

impl Thing {
    fn json(&self) -> Value {
        json!({ ELEMENT: self.0 })
    }
}

/// Keys without a character, as the protocol names them.
pub mod key {
    pub const CONTROL: char = '\u{E009}';
    pub const SHIFT: char = '\u{E008}';
    pub const ENTER: char = '\u{E007}';
    pub const ESCAPE: char = '\u{E00C}';
    pub const TAB: char = '\u{E004}';
    pub const DOWN: char = '\u{E015}';
    pub const UP: char = '\u{E013}';
}

impl Page {
    /// Starts the program and waits for its window.
    pub async fn open(driver: &str, program: &Path, arguments: &[&str]) -> Result<Page, String> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(60))
            .build()
            .map_err(|why| why.to_string())?;
        let options = json!({ "binary": program, "args": arguments });
        let wanted = json!({ "capabilities": { "alwaysMatch": { "webkitgtk:browserOptions": options } } });
        let said = ask(http.post(format!("{driver}/session")).json(&wanted)).await?;
        let id = said["sessionId"].as_str().ok_or_else(|| format!("no session: {said}"))?;
        Ok(Page { session: format!("{driver}/session/{id}"), http })
    }

    async fn post(&self, path: &str, body: Value) -> Result<Value, String> {
        ask(self.http.post(format!("{}/{path}", self.session)).json(&body)).await
    }

    async fn get(&self, path: &str) -> Result<Value, String> {
        ask(self.http.get(format!("{}/{path}", self.session))).await
    }

    /// Ends the session; the driver closes the program.
    pub async fn close(&self) -> Result<(), String> {
        ask(self.http.delete(&self.session)).await.map(drop)
    }

    pub async fn find(&self, css: &str) -> Option<Thing> {
        let found = self.post("element", json!({ "using": "css selector", "value": css })).await.ok()?;
        found[ELEMENT].as_str().map(|id| Thing(id.to_owned()))
    }

    pub async fn find_all(&self, css: &str) -> Vec<Thing> {
        let found = self.post("elements", json!({ "using": "css selector", "value": css })).await.unwrap_or_default();
        let ids = found.as_array().into_iter().flatten().filter_map(|one| one[ELEMENT].as_str());
        ids.map(|id| Thing(id.to_owned())).collect()
    }

    pub async fn click(&self, thing: &Thing) -> Result<(), String> {
        self.post(&format!("element/{}/click", thing.0), json!({})).await.map(drop)
    }

    /// Types into a thing, character by character.
    pub async fn write(&self, thing: &Thing, text: &str) -> Result<(), String> {
        self.post(&format!("element/{}/value", thing.0), json!({ "text": text })).await.map(drop)
    }

    /// Presses keys together and lets them go: `&[key::CONTROL, key::ENTER]`.
    pub async fn press(&self, keys: &[char]) -> Result<(), String> {
        let down = keys.iter().map(|key| json!({ "type": "keyDown", "value": key.to_string() }));
        let up = keys.iter().rev().map(|key| json!({ "type": "keyUp", "value": key.to_string() }));
        let source = json!({ "type": "key", "id": "keyboard", "actions": down.chain(up).collect::<Vec<_>>() });
        self.post("actions", json!({ "actions": [source] })).await?;
        // What one press of a person leaves to the program before the next.
        tokio::time::sleep(Duration::from_millis(40)).await;
        Ok(())
    }

    /// Types with whatever has the focus.
    pub async fn type_text(&self, text: &str) -> Result<(), String> {
        for character in text.chars() {
            self.press(&[character]).await?;
        }
        Ok(())
    }

    /// Runs a function body in the page with these arguments; gives what it returns.
    pub async fn run(&self, script: &str, arguments: Value) -> Result<Value, String> {
        self.post("execute/sync", json!({ "script": script, "args": arguments })).await
    }

    /// The same for a body that ends by calling its last argument.
    pub async fn run_async(&self, script: &str, arguments: Value) -> Result<Value, String> {
        self.post("execute/async", json!({ "script": script, "args": arguments })).await
    }

    pub async fn text(&self, thing: &Thing) -> String {
        // The protocol's own "text" waits for layout and drops hidden text; this is what a reader of the tree gets.
        let said = self.run("return arguments[0].textContent", json!([thing.json()])).await.unwrap_or_default();
        said.as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
    }

    pub async fn attribute(&self, thing: &Thing, name: &str) -> Option<String> {
        let said = self.get(&format!("element/{}/attribute/{name}", thing.0)).await.ok()?;
        said.as_str().map(str::to_owned)
    }

    pub async fn reload(&self) -> Result<(), String> {
        self.post("refresh", json!({})).await.map(drop)
    }

    pub async fn go(&self, address: &str) -> Result<(), String> {
        self.post("url", json!({ "url": address })).await.map(drop)
    }

    pub async fn size(&self, width: u32, height: u32) -> Result<(), String> {
        self.post("window/rect", json!({ "x": 0, "y": 0, "width": width, "height": height })).await.map(drop)
    }

    /// Saves what the window shows, as PNG.
    pub async fn picture(&self, file: &Path) -> Result<(), String> {
        let said = self.get("screenshot").await?;
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(said.as_str().unwrap_or_default())
            .map_err(|why| why.to_string())?;
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).map_err(|why| why.to_string())?;
        }
        std::fs::write(file, bytes).map_err(|why| why.to_string())
    }
}

/// The `value` of an answer, or the driver's own words.
async fn ask(request: reqwest::RequestBuilder) -> Result<Value, String> {
    let answer = request.send().await.map_err(|why| why.to_string())?;
    let good = answer.status().is_success();
    let mut said: Value = answer.json().await.map_err(|why| why.to_string())?;
    let value = said["value"].take();
    if good { Ok(value) } else { Err(format!("{}: {}", value["error"], value["message"])) }
}

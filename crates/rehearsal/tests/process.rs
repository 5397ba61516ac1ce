//! The rehearsal in a process of its own: ready on one line, held by its control, gone when its input ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

#[tokio::test]
async fn is_held_by_its_control_and_stops_with_its_input() {
    let mut process = Command::new(env!("CARGO_BIN_EXE_guichet-rehearsal"))
        .args(["--scenario", "calme", "--pace", "0", "--control"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    let account = &ready["clients"][0]["accounts"][0];
    let (server, token) = (account["server"].as_str().unwrap(), account["token"].as_str().unwrap());
    assert_eq!(ready["servers"][0]["origin"], server);
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let control = |what: &str| format!("{}/__rehearsal/{what}", ready["control"].as_str().unwrap());
    let command = |what: &str, body: Value| http.post(control(what)).json(&body).send();

    let say = json!({"act": "write", "by": {"acct": "lea@loin.example"}, "to": "boulangerie_halles", "text": "Allô ?"});
    let said: Value = command("say", say).await.unwrap().json().await.unwrap();
    let publish = || {
        let body = json!({"status": "@lea@loin.example Oui !", "in_reply_to_id": said["status"]});
        http.post(format!("{server}/api/v1/statuses")).bearer_auth(token).json(&body).send()
    };
    let rule = json!({"method": "POST", "path": "=/api/v1/statuses", "times": 1, "effect": "cut_after"});
    assert_eq!(command("fault", rule).await.unwrap().status(), 200);
    assert!(publish().await.is_err());
    assert_eq!(command("offline", json!({"yes": true})).await.unwrap().status(), 200);
    assert!(publish().await.unwrap_err().is_connect());
    let posted: Value = http.get(control("posted")).send().await.unwrap().json().await.unwrap();
    assert_eq!(posted.as_array().unwrap().len(), 1);
    assert_eq!(posted[0]["in_reply_to"], said["status"]);

    drop(process.stdin.take());
    assert!(process.wait().unwrap().success());
}

//! A site is found by what it says, or by trying both forms of its routes.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::addresses::Reach;
use crate::wordpress::fake::refusal;
use serde_json::json;
use wiremock::matchers::{method, path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn index(server: &MockServer, folder: &str) -> ResponseTemplate {
    let door = format!("{}{folder}/wp-admin/authorize-application.php", server.uri());
    ResponseTemplate::new(200).set_body_json(json!({ "name": "Librairie", "namespaces": ["oembed/1.0", "wp/v2"],
        "authentication": { "application-passwords": { "endpoints": { "authorization": door } } } }))
}

async fn found(server: &MockServer, page: &str) -> Result<Site, Fault> {
    let http = Http::new(Reach::Loopback);
    discover(&http, names::page(&format!("{}{page}", server.uri()), Reach::Loopback).unwrap()).await
}

#[tokio::test]
async fn a_site_in_a_folder_says_where_its_routes_are() {
    let server = MockServer::start().await;
    let link = format!("<{}/journal/wp-json/>; rel=\"https://api.w.org/\"", server.uri());
    let page = ResponseTemplate::new(404)
        .append_header("link", "</style.css>; rel=preload")
        .append_header("link", link.as_str());
    Mock::given(path("/journal/2021/la-rentree")).respond_with(page).mount(&server).await;
    Mock::given(path("/journal/wp-json/")).respond_with(index(&server, "/journal")).expect(1).mount(&server).await;
    let site = found(&server, "/journal/2021/la-rentree").await.unwrap();
    assert_eq!(site.server, format!("{}/journal", server.uri()));
    assert_eq!(site.root.as_str(), format!("{}/journal/wp-json/", server.uri()));
    assert_eq!(site.authorize.path(), "/journal/wp-admin/authorize-application.php");
}

#[tokio::test]
async fn without_pretty_addresses_its_head_says_it() {
    let server = MockServer::start().await;
    let head = format!(
        "<!doctype html><head><link rel='stylesheet' href='/a.css'>\
         <link rel=\"https://api.w.org/\" href=\"{}/index.php?lang=fr&#038;rest_route=/\" /></head>",
        server.uri()
    );
    let page = ResponseTemplate::new(200).set_body_raw(head, "text/html");
    Mock::given(path("/")).and(query_param_is_missing("rest_route")).respond_with(page).mount(&server).await;
    Mock::given(path("/index.php"))
        .and(query_param("rest_route", "/"))
        .respond_with(index(&server, ""))
        .mount(&server)
        .await;
    let site = found(&server, "").await.unwrap();
    assert_eq!(site.root.as_str(), format!("{}/index.php?lang=fr&rest_route=/", server.uri()));
    assert_eq!(site.server, server.uri());
}

#[tokio::test]
async fn a_silent_page_is_tried_in_both_forms() {
    let server = MockServer::start().await;
    Mock::given(path("/blog/"))
        .and(query_param("rest_route", "/"))
        .respond_with(index(&server, "/blog"))
        .mount(&server)
        .await;
    let site = found(&server, "/blog/une-page/").await.unwrap();
    assert_eq!(site.root.as_str(), format!("{}/blog/?rest_route=/", server.uri()));
    assert_eq!(site.server, format!("{}/blog", server.uri()));
}

#[tokio::test]
async fn a_site_that_moved_is_followed() {
    let server = MockServer::start().await;
    let there = MockServer::start().await;
    let moved = ResponseTemplate::new(301).insert_header("location", format!("{}/", there.uri()).as_str());
    Mock::given(path("/")).respond_with(moved).mount(&server).await;
    Mock::given(path("/wp-json/")).respond_with(index(&there, "")).mount(&there).await;
    assert_eq!(found(&server, "").await.unwrap().server, there.uri());
}

#[tokio::test]
async fn a_password_in_front_is_said_and_not_fought() {
    let server = MockServer::start().await;
    let asks = ResponseTemplate::new(401).insert_header("www-authenticate", "Basic realm=\"Chantier\"");
    Mock::given(method("GET")).respond_with(asks).mount(&server).await;
    let Err(Fault::Refused { reason }) = found(&server, "").await else { panic!() };
    assert_eq!(reason.code, RefusalCode::Forbidden);
    assert_eq!(reason.said.as_deref(), Some("Basic realm=\"Chantier\""));
}

#[tokio::test]
async fn what_is_no_such_site_says_so() {
    let refused = |found: Result<Site, Fault>| match found {
        Err(Fault::Refused { reason }) => reason.code,
        other => panic!("{other:?}"),
    };
    let server = MockServer::start().await;
    assert_eq!(refused(found(&server, "/a/").await), RefusalCode::WrongServer);
    let off = json!({ "namespaces": ["wp/v2"], "authentication": [] });
    Mock::given(path("/wp-json/")).respond_with(ResponseTemplate::new(200).set_body_json(off)).mount(&server).await;
    assert_eq!(refused(found(&server, "").await), RefusalCode::NotOffered);
    let shut = MockServer::start().await;
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(503)).mount(&shut).await;
    assert_eq!(found(&shut, "").await, Err(Fault::Later { after: NOW }));
}

#[tokio::test]
async fn a_site_closed_to_strangers_is_one() {
    let server = MockServer::start().await;
    Mock::given(path("/wp-json/")).respond_with(refusal(401, "rest_login_required")).mount(&server).await;
    let site = found(&server, "").await.unwrap();
    assert_eq!(site.authorize.path(), "/wp-admin/authorize-application.php");
}

//! Records, as their author's data server keeps them: written, overwritten, read, taken away. Reads here are of the very
//! server that was written to, so that they never lag, whatever the AppView does.

use super::asked::Asked;
use super::index::Writing;
use super::lexicon::{self, At, LIKE, REPOST, given_key, place};
use super::names::{cid_of, cid_of_bytes, is_cid};
use super::refusal::Refusal;
use super::server::Host;
use super::tokens::Caller;
use super::world::{Blob, Origin, Record, Sky, uri};
use crate::clock::now_ms;
use crate::hold;
use serde_json::{Map, Value, json};

/// A write as it was asked, and found to be in order.
struct Wanted {
    collection: String,
    key: Option<String>,
    record: Value,
    cid: String,
    status: Option<&'static str>,
    /// The content that must be there now: nothing said, nothing there, or this.
    swap: Option<Option<String>>,
}

fn swap(at: &At<'_>, input: &Value) -> Result<Option<Option<String>>, String> {
    match input.get("swapRecord") {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(None)),
        Some(_) => at.key("swapRecord")?.like("CID string", is_cid).map(|cid| Some(Some(cid.to_owned()))),
    }
}

/// Only one's own repository is written to.
fn home(sky: &Sky, caller: &Caller, repo: &str) -> Result<(), Refusal> {
    match sky.did_of(repo) {
        Some(did) if did == caller.did => Ok(()),
        Some(_) => Err(Refusal::new(401, "AuthenticationRequired", "Authentication Required")),
        None => Err(Refusal::new(403, "AccountNotFound", "Account not found")),
    }
}

fn wanted(host: &Host, asked: &Asked, caller: &Caller, key_needed: bool) -> Result<Wanted, Refusal> {
    let input = asked.input()?;
    let (repo, collection, key, swap) = lexicon::input(&input, |at| {
        let (repo, collection) = place(&at)?;
        let key = if key_needed { at.key("rkey").and_then(|_| given_key(&at))? } else { given_key(&at)? };
        at.key("record")?;
        Ok((repo, collection, key, swap(&at, &input)?))
    })?;
    let mut record = input["record"].clone();
    let cid = |record: &Value| cid_of(record).map_err(|(why, path)| Refusal::invalid(format!("{why} at {path}")));
    // What cannot be kept at all is found before whose it would be.
    cid(&record)?;
    home(&hold(&host.sky), caller, repo)?;
    let Some(map) = record.as_object_mut() else {
        return Err(Refusal::invalid("Expected object value type at $.record"));
    };
    match map.get("$type") {
        None => {
            map.insert("$type".into(), collection.into());
        }
        Some(kind) if kind == collection => {}
        Some(kind) => {
            let kind = kind.as_str().unwrap_or_default();
            return Err(Refusal::invalid(format!("Invalid $type: expected {collection}, got {kind}")));
        }
    }
    let status = match input.get("validate") {
        Some(Value::Bool(false)) => None,
        _ => {
            // A key made here is in order.
            let checked = key.unwrap_or("2222222222222");
            Some(lexicon::record(collection, checked, &record)?)
        }
    };
    Ok(Wanted {
        collection: collection.to_owned(),
        key: key.map(str::to_owned),
        cid: cid(&record)?,
        record,
        status,
        swap,
    })
}

/// The pictures that a record shows must have been brought before, by the same account.
fn brought(sky: &Sky, caller: &Caller, record: &Value) -> Result<(), Refusal> {
    let links = match record {
        Value::Object(map) if map.get("$type").is_some_and(|kind| kind == "blob") => {
            record["ref"]["$link"].as_str().into_iter().collect::<Vec<_>>()
        }
        Value::Object(map) => return map.values().try_for_each(|one| brought(sky, caller, one)),
        Value::Array(all) => return all.iter().try_for_each(|one| brought(sky, caller, one)),
        _ => return Ok(()),
    };
    for link in links {
        match sky.blobs.get(link) {
            Some(Blob::Brought { by, kind, bytes }) if *by == caller.did => {
                if record["mimeType"] != kind.as_str() {
                    let why = format!("Referenced Mimetype does not match stored blob. Expected: {kind}");
                    return Err(Refusal::new(400, "InvalidMimeType", why));
                }
                if record["size"] != bytes.len() {
                    let why = format!("Size of referenced blob does not match stored blob. Expected: {}", bytes.len());
                    return Err(Refusal::new(400, "InvalidSize", why));
                }
            }
            _ => return Err(Refusal::new(400, "BlobNotFound", format!("Could not find blob: {link}"))),
        }
    }
    Ok(())
}

fn commit(sky: &mut Sky, now: i64) -> Value {
    let rev = sky.next_tid(now);
    json!({"cid": cid_of_bytes(rev.as_bytes()).replacen("bafkrei", "bafyrei", 1), "rev": rev})
}

fn written(sky: &mut Sky, caller: &Caller, wanted: Wanted, now: i64) -> Value {
    let asked_key = wanted.key.is_some();
    let key = wanted.key.unwrap_or_else(|| sky.next_tid(now));
    let uri = uri(&caller.did, &wanted.collection, &key);
    let cid = sky.write(Writing {
        did: caller.did.clone(),
        collection: wanted.collection,
        key,
        value: wanted.record,
        applied_ms: now,
        origin: Origin::Api,
        asked_key,
        likes: 0,
    });
    let mut told = Map::from_iter([("uri".to_owned(), json!(uri)), ("cid".to_owned(), json!(cid))]);
    told.insert("commit".into(), commit(sky, now));
    if let Some(status) = wanted.status {
        told.insert("validationStatus".into(), status.into());
    }
    Value::Object(told)
}

pub(crate) fn create(host: &Host, asked: &Asked, caller: &Caller) -> Result<Value, Refusal> {
    let now = now_ms();
    hold(&host.limits).write(&caller.did, 3, now)?;
    let wanted = wanted(host, asked, caller, false)?;
    // One lock from the look at the key to the writing: two copies sent at once still make one record.
    let mut sky = hold(&host.sky);
    brought(&sky, caller, &wanted.record)?;
    if let Some(key) = &wanted.key
        && sky.records.contains_key(&uri(&caller.did, &wanted.collection, key))
    {
        // The tree of records refuses the key deep inside, and nobody words it.
        return Err(Refusal::new(500, "InternalServerError", "Internal Server Error"));
    }
    // A second like of one thing takes the place of the first.
    if [LIKE, REPOST].contains(&wanted.collection.as_str()) && wanted.status.is_some() {
        let same = |record: &&Record| record.value["subject"]["uri"] == wanted.record["subject"]["uri"];
        let before: Vec<String> =
            sky.of(&caller.did, &wanted.collection).filter(same).map(|record| record.uri.clone()).collect();
        for uri in before {
            sky.remove(&uri);
        }
    }
    Ok(written(&mut sky, caller, wanted, now))
}

fn at_cid(record: Option<&Record>) -> Refusal {
    let cid = record.map_or("null", |record| record.cid.as_str());
    Refusal::new(400, "InvalidSwap", format!("Record was at {cid}"))
}

pub(crate) fn put(host: &Host, asked: &Asked, caller: &Caller) -> Result<Value, Refusal> {
    let now = now_ms();
    hold(&host.limits).write(&caller.did, 2, now)?;
    let wanted = wanted(host, asked, caller, true)?;
    let mut sky = hold(&host.sky);
    brought(&sky, caller, &wanted.record)?;
    let uri = uri(&caller.did, &wanted.collection, wanted.key.as_deref().unwrap_or_default());
    let known = sky.records.get(&uri);
    if known.is_some_and(|known| known.cid == wanted.cid) {
        let mut told = json!({"uri": uri, "cid": wanted.cid});
        if let Some(status) = wanted.status {
            told["validationStatus"] = status.into();
        }
        return Ok(told);
    }
    let fits = match (&wanted.swap, known) {
        (None, _) | (Some(None), None) => true,
        (Some(Some(cid)), Some(known)) => *cid == known.cid,
        (Some(None), Some(_)) | (Some(Some(_)), None) => false,
    };
    if !fits {
        return Err(at_cid(known));
    }
    Ok(written(&mut sky, caller, wanted, now))
}

pub(crate) fn delete(host: &Host, asked: &Asked, caller: &Caller) -> Result<Value, Refusal> {
    let now = now_ms();
    hold(&host.limits).write(&caller.did, 1, now)?;
    let input = asked.input()?;
    let (repo, collection, key, swap) = lexicon::input(&input, |at| {
        let (repo, collection) = place(&at)?;
        at.key("rkey")?;
        Ok((repo, collection, given_key(&at)?.unwrap_or_default(), swap(&at, &input)?))
    })?;
    let mut sky = hold(&host.sky);
    home(&sky, caller, repo)?;
    let uri = uri(&caller.did, collection, key);
    let Some(known) = sky.records.get(&uri) else { return Ok(json!({})) };
    if swap.is_some_and(|cid| cid.as_ref() != Some(&known.cid)) {
        return Err(at_cid(Some(known)));
    }
    sky.remove(&uri);
    Ok(json!({"commit": commit(&mut sky, now)}))
}

pub(crate) fn one(host: &Host, asked: &Asked) -> Result<Value, Refusal> {
    let (repo, collection, key) = (asked.actor("repo")?, asked.needed("collection")?, asked.needed("rkey")?);
    let sky = hold(&host.sky);
    let did = sky.did_of(repo).ok_or_else(|| Refusal::invalid(format!("Could not find repo: {repo}")))?;
    let uri = uri(&did, collection, key);
    let wanted = |record: &&Record| asked.one("cid").is_none_or(|cid| cid == record.cid);
    match sky.records.get(&uri).filter(wanted) {
        Some(record) => Ok(shape(record)),
        None => Err(Refusal::new(400, "RecordNotFound", format!("Could not locate record: {uri}"))),
    }
}

fn shape(record: &Record) -> Value {
    json!({"uri": record.uri, "cid": record.cid, "value": record.value})
}

pub(crate) fn list(host: &Host, asked: &Asked) -> Result<Value, Refusal> {
    let (repo, collection, limit) = (asked.actor("repo")?, asked.needed("collection")?, asked.limit()?);
    let (cursor, forward) = (asked.one("cursor"), asked.one("reverse") == Some("true"));
    let sky = hold(&host.sky);
    let did = sky.did_of(repo).ok_or_else(|| Refusal::invalid(format!("Could not find repo: {repo}")))?;
    // The newest key first, unless asked the other way round.
    let after = |record: &&Record| {
        cursor.is_none_or(|cursor| if forward { record.key.as_str() > cursor } else { record.key.as_str() < cursor })
    };
    let all = sky.of(&did, collection);
    let page: Vec<&Record> = match forward {
        true => all.filter(after).take(limit).collect(),
        false => all.rev().filter(after).take(limit).collect(),
    };
    let mut told = json!({"records": page.iter().map(|record| shape(record)).collect::<Vec<_>>()});
    if let Some(last) = page.last() {
        told["cursor"] = last.key.clone().into();
    }
    Ok(told)
}

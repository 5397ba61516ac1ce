//! Who is who: handles, the documents that a directory keeps of them, and what a server says of itself. One server plays the
//! data server of everybody, the directory, and the host of every handle.

use super::asked::Asked;
use super::refusal::{Refusal, told};
use super::server::Host;
use super::world::Sky;
use crate::hold;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

pub(crate) fn service_did() -> &'static str {
    "did:web:localhost"
}

pub(crate) fn document(host: &Host, sky: &Sky, did: &str) -> Option<Value> {
    let person = sky.people.get(did)?;
    Some(json!({
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/secp256k1-2019/v1"],
        "id": did,
        "alsoKnownAs": [format!("at://{}", person.handle)],
        "verificationMethod": [{
            "id": "#atproto",
            "type": "EcdsaSecp256k1VerificationKey2019",
            "controller": did,
            "publicKeyMultibase": "zRYbeQH5tdPHcXL7dzHUZ5oWTRCStbXqtmpPAkpqSkrxps25nJEfRu9JMLg1HP67nvxq8gwjReAvFMHvDHvS3QR7v",
        }],
        "service": [{
            "id": "#atproto_pds",
            "type": "AtprotoPersonalDataServer",
            "serviceEndpoint": host.origin,
        }],
    }))
}

/// `/did:plc:…`, as the public directory answers it.
pub(crate) fn directory(host: &Host, did: &str) -> Response {
    match document(host, &hold(&host.sky), did) {
        Some(document) => told(&document),
        None => {
            let mut response = told(&json!({"message": format!("DID not registered: {did}")}));
            *response.status_mut() = StatusCode::NOT_FOUND;
            response
        }
    }
}

/// The page by which a handle that is a host says whose it is.
pub(crate) fn well_known(host: &Host, asked: &Asked) -> Response {
    let name = asked.header("host").split(':').next().unwrap_or_default().to_owned();
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    match hold(&host.sky).did_of(&name) {
        Some(did) => (headers, did).into_response(),
        None => (StatusCode::NOT_FOUND, headers, "User not found").into_response(),
    }
}

pub(crate) fn resolve(host: &Host, asked: &Asked) -> Result<Value, Refusal> {
    let handle = asked.handle("handle")?;
    let unknown = || Refusal::new(400, "HandleNotFound", "Unable to resolve handle");
    let did = hold(&host.sky).did_of(handle).ok_or_else(unknown)?;
    Ok(json!({"did": did}))
}

pub(crate) fn server(host: &Host) -> Result<Value, Refusal> {
    Ok(json!({
        "did": service_did(),
        "availableUserDomains": [format!(".{}", host.line.domain)],
        "inviteCodeRequired": true,
        "links": {"privacyPolicy": host.origin, "termsOfService": host.origin},
        "contact": {},
    }))
}

//! Why a connection was never made, as far as its failure tells: the errors below are walked down to what the system,
//! the resolver or TLS said.
//!
//! Nothing here decides whether something was done: that no connection stood was decided before.

use crate::addresses::OutOfReach;
use guichet_model::Unreached;
use rustls::CertificateError;
use std::error::Error;
use std::io;

/// How deep errors may stand in one another.
const DEEPEST: usize = 16;

/// Of an error that is one of connecting.
pub(crate) fn why(error: &reqwest::Error) -> Unreached {
    match walked(error) {
        Told::Certain(why) => why,
        Told::Perhaps(Some(Unreached::NoNetwork)) => Unreached::NoNetwork,
        Told::Perhaps(_) if error.is_dns() => Unreached::NoName,
        Told::Perhaps(told) => told.unwrap_or(Unreached::NoAnswer),
    }
}

/// Of an error of a connection that is no web's.
pub(crate) fn why_not(error: &io::Error) -> Unreached {
    match walked(error) {
        Told::Certain(why) => why,
        Told::Perhaps(told) => told.unwrap_or(Unreached::NoAnswer),
    }
}

enum Told {
    Certain(Unreached),
    Perhaps(Option<Unreached>),
}

fn walked(error: &(dyn Error + 'static)) -> Told {
    let mut told = None;
    let mut at = Some(error);
    for _ in 0..DEEPEST {
        let Some(error) = at else { break };
        if error.is::<OutOfReach>() {
            // A public name that leads into the house: the network's own answers stand in for the internet's.
            return Told::Certain(Unreached::Portal);
        }
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return Told::Certain(insecure(tls));
        }
        let io = error.downcast_ref::<io::Error>();
        told = io.and_then(|io| by_system(io.kind())).or(told);
        // What an I/O error carries is not its source, but may have one.
        at = match io.and_then(io::Error::get_ref) {
            Some(carried) => Some(carried),
            None => error.source(),
        };
    }
    Told::Perhaps(told)
}

fn by_system(kind: io::ErrorKind) -> Option<Unreached> {
    match kind {
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown => Some(Unreached::NoNetwork),
        // What answered speaks no TLS, or broke off while it was spoken.
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => Some(Unreached::Unsafe),
        _ => None,
    }
}

fn insecure(error: &rustls::Error) -> Unreached {
    use CertificateError as Bad;
    let rustls::Error::InvalidCertificate(bad) = error else {
        return Unreached::Unsafe;
    };
    match bad {
        Bad::Expired | Bad::ExpiredContext { .. } | Bad::NotValidYet | Bad::NotValidYetContext { .. } => {
            Unreached::Clock
        }
        // Somebody else's certificate, or one that nobody known has signed: whoever answers is not the server.
        Bad::NotValidForName | Bad::NotValidForNameContext { .. } | Bad::UnknownIssuer => Unreached::Portal,
        _ => Unreached::Unsafe,
    }
}

#[cfg(test)]
#[path = "unreached_tests.rs"]
mod tests;

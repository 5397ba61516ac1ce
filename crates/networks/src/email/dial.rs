//! The way to a mail server: its name resolved and every address checked, a connection to the checked ones and no others,
//! and TLS with the roots the system trusts, as for the web. On loopback what is typed speaks no TLS.

use super::servers::{Security, Server};
use crate::addresses::Reach;
use crate::unreached;
use guichet_model::{Fault, Unreached};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, crypto::aws_lc_rs};
use rustls_platform_verifier::BuilderVerifierExt;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// A connection of either kind.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Unpin + Send + std::fmt::Debug {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + std::fmt::Debug> Wire for T {}
pub(crate) type Line = Box<dyn Wire>;

/// A name, a connection and a handshake over a train's network.
const CONNECT: Duration = Duration::from_secs(10);

pub(crate) struct Dial {
    pub reach: Reach,
    pub limits: Limits,
    /// Made at the first connection that needs it: reading the system's certificates takes a while.
    tls: OnceLock<Option<TlsConnector>>,
}

/// How long an answer may take, as numbers so that tests need not wait.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    pub answer: Duration,
    /// To the final dot: a server may look through the whole message first, and giving up early only makes us unsure.
    pub taken: Duration,
    /// One IDLE: home routers forget a silent connection after five to ten minutes.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { answer: seconds(30), taken: seconds(120), idle: seconds(8 * 60) }
    }
}

impl Dial {
    pub fn new(reach: Reach) -> Self {
        Self::with(reach, Limits::default())
    }

    pub fn with(reach: Reach, limits: Limits) -> Self {
        Self { reach, limits, tls: OnceLock::new() }
    }

    /// With other roots than the system's.
    #[cfg(test)]
    pub fn trusting(self, connector: TlsConnector) -> Self {
        Self { tls: OnceLock::from(Some(connector)), ..self }
    }

    /// Connected, and nothing said yet.
    pub async fn connect(&self, server: &Server) -> Result<TcpStream, Fault> {
        if !server.is_within(self.reach) {
            return Err(Fault::unreadable("an address outside this program's reach"));
        }
        let connecting = async {
            let found = lookup_host((server.host.as_str(), server.port)).await;
            let found: Vec<SocketAddr> = found.map_err(|_| Unreached::NoName)?.collect();
            // A public name that leads into the house: the network's own answers stand in for the internet's.
            if found.iter().any(|at| !self.reach.allows_ip(at.ip())) {
                return Err(Unreached::Portal);
            }
            let stream = TcpStream::connect(&found[..]).await.map_err(|error| unreached::why_not(&error))?;
            // Small commands, each waiting for its answer.
            if stream.set_nodelay(true).is_err() {
                tracing::debug!("small packets will wait");
            }
            Ok(stream)
        };
        match timeout(CONNECT, connecting).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(why)) => Err(Fault::Offline { why }),
            Err(_) => Err(Fault::OFFLINE),
        }
    }

    /// TLS from the first byte, or in clear where that is allowed at all. A server that begins in clear is made safe by
    /// whoever speaks its protocol.
    pub async fn open(&self, server: &Server) -> Result<Line, Fault> {
        let stream = self.connect(server).await?;
        match server.security {
            Security::Tls => self.secure(Box::new(stream), &server.host).await,
            Security::StartTls | Security::Plain => Ok(Box::new(stream)),
        }
    }

    /// The same connection, safe from here on.
    pub async fn secure(&self, line: Line, host: &str) -> Result<Line, Fault> {
        let connector = self.tls.get_or_init(system_roots).as_ref().ok_or(unsafe_here())?;
        secured(connector, line, host).await
    }
}

async fn secured(connector: &TlsConnector, line: Line, host: &str) -> Result<Line, Fault> {
    let name = ServerName::try_from(host.to_owned()).map_err(|_| unsafe_here())?;
    match timeout(CONNECT, connector.connect(name, line)).await {
        Ok(Ok(safe)) => Ok(Box::new(safe)),
        Ok(Err(error)) => Err(Fault::Offline { why: unreached::why_not(&error) }),
        Err(_) => Err(Fault::OFFLINE),
    }
}

pub(crate) fn unsafe_here() -> Fault {
    Fault::Offline { why: Unreached::Unsafe }
}

fn system_roots() -> Option<TlsConnector> {
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let config = config.with_safe_default_protocol_versions().ok()?.with_platform_verifier().ok()?;
    Some(TlsConnector::from(Arc::new(config.with_no_client_auth())))
}

#[cfg(test)]
#[path = "dial_tests.rs"]
mod tests;

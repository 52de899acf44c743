//! Whom we believe that it is who it says.

use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use rustls_platform_verifier::Verifier;

/// What all our lines have in common: our name, no referer, and the certificates that this system trusts.
pub(crate) fn client() -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder().referer(false).user_agent(concat!("swath/", env!("CARGO_PKG_VERSION")));
    match config() {
        Some(config) => builder.tls_backend_preconfigured(config),
        None => builder,
    }
}

/// As reqwest makes it, with one [`SystemTrust`] for all. `None` where the provider has no version of TLS, which it has.
fn config() -> Option<ClientConfig> {
    static CONFIG: OnceLock<Option<ClientConfig>> = OnceLock::new();
    let made = || {
        let provider = CryptoProvider::get_default().map_or_else(|| Arc::new(aws_lc_rs::default_provider()), Arc::clone);
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions().ok()?;
        let trust = Arc::new(SystemTrust { provider, verifier: OnceLock::new() });
        let mut config = builder.dangerous().with_custom_certificate_verifier(trust).with_no_client_auth();
        config.alpn_protocols = vec!["h2".into(), "http/1.1".into()];
        Some(config)
    };
    CONFIG.get_or_init(made).clone()
}

/// The verifier of the system's own certificates, which are read when the first server shows one: that takes 10 ms, which way leads over
/// TLS is often known late, and a machine without any can still read what lies on itself.
#[derive(Debug)]
struct SystemTrust {
    provider: Arc<CryptoProvider>,
    verifier: OnceLock<Result<Verifier, Error>>,
}

impl SystemTrust {
    fn verifier(&self) -> Result<&Verifier, Error> {
        self.verifier.get_or_init(|| Verifier::new(Arc::clone(&self.provider))).as_ref().map_err(Clone::clone)
    }
}

impl ServerCertVerifier for SystemTrust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.verifier()?.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier()?.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier()?.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

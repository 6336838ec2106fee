//! The certificate of a session, and the chance it is made with.

use str0m::config::DtlsCert;

/// Has the source of chance set up that certificates are made with (aws-lc's), which takes some twenty
/// milliseconds once in a process: nobody should wait for it who answers a call.
pub(in crate::media) fn warm_up() {
    let chance = rustls::crypto::aws_lc_rs::default_provider().secure_random;
    // What it gives is of no use here.
    let _ = chance.fill(&mut [0]);
}

/// Makes a certificate. Each session has its own, so that nobody can tell by it that two calls are
/// of the same person.
pub(super) fn make() -> Option<DtlsCert> {
    str0m::crypto::from_feature_flags()
        .dtls_provider
        .generate_certificate()
}

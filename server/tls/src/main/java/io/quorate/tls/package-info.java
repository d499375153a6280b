/**
 * TLS from files: certificates, keys, authorities and revocation lists become the contexts that
 * listeners and dialling sides take their handshakes from, and follow the files when they change.
 *
 * <p><b>Owns</b> reading PEM, the rules by which a certificate is taken for a name, and the making
 * of certificates for {@code --auto-tls} and for tests.
 *
 * <p><b>Never</b> knows what is said inside a connection, logs, starts a thread, or asks a name
 * server whom a certificate might mean.
 *
 * <p><b>Invariants</b>: every context that demands certificates checks them against the revocation
 * lists; a context is replaced whole, or not at all: files that don't fit together leave the one
 * before in place; a private key never appears in a message.
 *
 * <p><b>Start</b> with {@link io.quorate.tls.TlsSettings} and {@link io.quorate.tls.TlsContexts}.
 */
@NullMarked
package io.quorate.tls;

import org.jspecify.annotations.NullMarked;

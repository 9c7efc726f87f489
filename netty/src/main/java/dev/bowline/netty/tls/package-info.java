/** Certificates and keys for TLS, and their change while connections live. */
package dev.bowline.netty.tls;

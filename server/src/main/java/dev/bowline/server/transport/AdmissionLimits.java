package dev.bowline.server.transport;

/**
 * How many may come in. {@code Integer.MAX_VALUE} stands for no limit.
 *
 * @param connections how many sessions there may be
 * @param connectionsPerAddress how many of one address
 * @param outside how many that have never joined a namespace
 * @param handshakes how many handshakes in a second
 * @param handshakesPerAddress how many of one address
 * @param privateAddresses whether addresses that are not of the Internet are limited too
 */
public record AdmissionLimits(
        int connections,
        int connectionsPerAddress,
        int outside,
        int handshakes,
        int handshakesPerAddress,
        boolean privateAddresses) {}

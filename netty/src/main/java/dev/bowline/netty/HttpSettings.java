package dev.bowline.netty;

import dev.bowline.netty.proxy.TrustedProxies;
import dev.bowline.server.transport.EngineServer;
import java.time.Duration;

/**
 * What the requests of a port, or of a pipeline of the user's, are judged by. Immutable; a value that breaks its rule is
 * refused by name, rule and value.
 *
 * @param engine whose path it is
 * @param trustedProxies whose word on a client's address is taken
 * @param idleTimeout how long a connection may be without a complete request head, where it is ours alone
 * @param requestTimeout how long the body of a request may take
 * @param othersBehind whether requests under other paths go on to handlers behind
 * @param destroyUpgradeTimeout after which a WebSocket upgrade under another path is cut if nobody has answered; zero
 *     for never
 */
record HttpSettings(
        EngineServer engine,
        TrustedProxies trustedProxies,
        Duration idleTimeout,
        Duration requestTimeout,
        boolean othersBehind,
        Duration destroyUpgradeTimeout) {
    static final Duration IDLE_TIMEOUT = Duration.ofSeconds(60);
    static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(60);
    static final Duration DESTROY_UPGRADE_TIMEOUT = Duration.ofSeconds(1);

    HttpSettings {
        require(!idleTimeout.isNegative() && !idleTimeout.isZero(), "idleTimeout must be positive", idleTimeout);
        require(
                !requestTimeout.isNegative() && !requestTimeout.isZero(),
                "requestTimeout must be positive",
                requestTimeout);
        require(
                !destroyUpgradeTimeout.isNegative(),
                "destroyUpgradeTimeout must not be negative",
                destroyUpgradeTimeout);
    }

    private static void require(boolean holds, String rule, Duration value) {
        if (!holds) {
            throw new IllegalArgumentException(rule + ": " + value);
        }
    }

    /** Those of a port that is ours alone, for an engine. */
    static HttpSettings defaults(EngineServer engine) {
        return new HttpSettings(
                engine, TrustedProxies.none(), IDLE_TIMEOUT, REQUEST_TIMEOUT, false, DESTROY_UPGRADE_TIMEOUT);
    }

    HttpSettings withTrustedProxies(TrustedProxies value) {
        return new HttpSettings(engine, value, idleTimeout, requestTimeout, othersBehind, destroyUpgradeTimeout);
    }

    HttpSettings withIdleTimeout(Duration value) {
        return new HttpSettings(engine, trustedProxies, value, requestTimeout, othersBehind, destroyUpgradeTimeout);
    }

    HttpSettings withRequestTimeout(Duration value) {
        return new HttpSettings(engine, trustedProxies, idleTimeout, value, othersBehind, destroyUpgradeTimeout);
    }

    HttpSettings withOthersBehind(boolean value) {
        return new HttpSettings(engine, trustedProxies, idleTimeout, requestTimeout, value, destroyUpgradeTimeout);
    }

    HttpSettings withDestroyUpgradeTimeout(Duration value) {
        return new HttpSettings(engine, trustedProxies, idleTimeout, requestTimeout, othersBehind, value);
    }
}

package dev.bowline.testkit;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * The JUnit extension that gives each test a {@link FaultProxy} of its own, as a parameter.
 *
 * <pre>{@code
 * @RegisterExtension
 * final FaultProxyExtension net = FaultProxyExtension.to(() -> server.port());
 *
 * @Test
 * void comesBack(FaultProxy proxy) { ... }
 * }</pre>
 *
 * <p>The proxy listens before the {@code @BeforeEach} methods run and is closed, with all its faults, after the
 * {@code @AfterEach} methods did. The target is asked for at each new link, so the server may be started
 * at any time before, and may come back on another port. When a test fails, the seed is printed; the
 * system property {@value #SEED_PROPERTY} sets it.
 */
public final class FaultProxyExtension implements BeforeEachCallback, AfterEachCallback, ParameterResolver {
    /** The name of the system property with the seed, a whole number. */
    public static final String SEED_PROPERTY = "bowline.seed";

    private static final Namespace NAMESPACE = Namespace.create(FaultProxyExtension.class);

    private final Supplier<InetSocketAddress> target;
    private final Consumer<String> printer;

    FaultProxyExtension(Supplier<InetSocketAddress> target, Consumer<String> printer) {
        this.target = target;
        this.printer = printer;
    }

    /** An extension before a server of this machine, at that port. The port is asked for on the proxy's thread. */
    public static FaultProxyExtension to(IntSupplier port) {
        return toAddress(() -> new InetSocketAddress(InetAddress.getLoopbackAddress(), port.getAsInt()));
    }

    /** An extension before a server at that address. The address is asked for on the proxy's thread. */
    public static FaultProxyExtension toAddress(Supplier<InetSocketAddress> address) {
        return new FaultProxyExtension(address, System.err::println);
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        FaultProxy.Builder options = FaultProxy.builder().target(target);
        seed().ifPresent(options::seed);
        FaultProxy proxy = options.build().start();
        context.getStore(NAMESPACE).put(this, proxy);
    }

    private static OptionalLong seed() {
        String value = System.getProperty(SEED_PROPERTY, "");
        try {
            return value.isEmpty() ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(value));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(SEED_PROPERTY + " must be a whole number: " + value, e);
        }
    }

    @Override
    public void afterEach(ExtensionContext context) {
        FaultProxy proxy = context.getStore(NAMESPACE).remove(this, FaultProxy.class);
        if (proxy == null) {
            return;
        }
        if (context.getExecutionException().isPresent()) {
            printer.accept(context.getDisplayName() + " failed with -D" + SEED_PROPERTY + "=" + proxy.seed());
        }
        proxy.close();
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == FaultProxy.class
                && context.getStore(NAMESPACE).get(this) != null;
    }

    @Override
    public FaultProxy resolveParameter(ParameterContext parameter, ExtensionContext context) {
        FaultProxy proxy = context.getStore(NAMESPACE).get(this, FaultProxy.class);
        if (proxy == null) {
            throw new IllegalStateException("the proxy is there from before each test until after it");
        }
        return proxy;
    }
}

package dev.bowline.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;

class FaultProxyExtensionTest {
    private final List<String> printed = new ArrayList<>();
    private final Map<Object, Object> stored = new HashMap<>();
    private final String before = System.getProperty(FaultProxyExtension.SEED_PROPERTY, "");
    private final FaultProxyExtension extension =
            new FaultProxyExtension(() -> new InetSocketAddress(InetAddress.getLoopbackAddress(), 9), printed::add);

    @AfterEach
    void restoreProperty() {
        System.setProperty(FaultProxyExtension.SEED_PROPERTY, before);
    }

    /** A context of JUnit with what the extension asks for, and nothing else. */
    private ExtensionContext context(Optional<Throwable> failure) {
        ExtensionContext.Store store = stub(ExtensionContext.Store.class, (name, arguments) -> switch (name) {
            case "get" -> stored.get(arguments[0]);
            case "put" -> stored.put(arguments[0], arguments[1]);
            case "remove" -> stored.remove(arguments[0]);
            default -> throw new UnsupportedOperationException(name);
        });
        return stub(ExtensionContext.class, (name, arguments) -> switch (name) {
            case "getStore" -> store;
            case "getExecutionException" -> failure;
            case "getDisplayName" -> "comesBack";
            default -> throw new UnsupportedOperationException(name);
        });
    }

    private interface Answers {
        @Nullable
        Object to(String name, Object[] arguments);
    }

    private static <T> T stub(Class<T> type, Answers answers) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (self, method, arguments) ->
                        answers.to(method.getName(), arguments == null ? new Object[0] : arguments)));
    }

    private static ParameterContext parameter(Class<?> type) throws NoSuchMethodException {
        Method method = FaultProxyExtensionTest.class.getDeclaredMethod("parameterOf", type);
        return stub(ParameterContext.class, (name, arguments) -> method.getParameters()[0]);
    }

    static void parameterOf(FaultProxy proxy) {}

    static void parameterOf(String other) {}

    @Test
    void injectsAStartedProxyAndClosesIt() throws NoSuchMethodException {
        ExtensionContext context = context(Optional.empty());
        assertThat(extension.supportsParameter(parameter(FaultProxy.class), context))
                .isFalse();
        ThreadLeaks threads = ThreadLeaks.snapshot();
        extension.beforeEach(context);
        assertThat(extension.supportsParameter(parameter(FaultProxy.class), context))
                .isTrue();
        assertThat(extension.supportsParameter(parameter(String.class), context))
                .isFalse();
        FaultProxy proxy = extension.resolveParameter(parameter(FaultProxy.class), context);
        assertThat(proxy.port()).isPositive();
        extension.afterEach(context);
        extension.afterEach(context);
        threads.assertNone();
        assertThat(printed).isEmpty();
    }

    @Test
    void takesTheSeedFromThePropertyAndPrintsItAfterAFailure() {
        System.setProperty(FaultProxyExtension.SEED_PROPERTY, "42");
        ExtensionContext context = context(Optional.of(new AssertionError()));
        extension.beforeEach(context);
        extension.afterEach(context);
        assertThat(printed).containsExactly("comesBack failed with -Dbowline.seed=42");
    }

    @Test
    void refusesASeedThatIsNotANumber() {
        System.setProperty(FaultProxyExtension.SEED_PROPERTY, "many");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> extension.beforeEach(context(Optional.empty())))
                .withMessage("bowline.seed must be a whole number: many");
    }
}

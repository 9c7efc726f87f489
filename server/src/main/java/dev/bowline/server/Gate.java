package dev.bowline.server;

import dev.bowline.server.transport.Admission;
import dev.bowline.server.transport.EngineServer;
import dev.bowline.server.transport.HttpRequestHead;
import dev.bowline.server.transport.Refusal;
import dev.bowline.server.transport.ResponseHeaders;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The application's part in handshakes: its verdict, the session's id, and who hears of refusals. Any thread. */
final class Gate implements EngineServer.Gatekeeper {
    static final int MAX_WAITING = 1_000;

    private static final System.Logger LOG = System.getLogger(Gate.class.getName());
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9_-]{20,64}");

    private final ServerOptions options;
    private final Executor threads;
    private final @Nullable Observers observers;
    private final List<Consumer<ConnectionError>> errorHandlers = new CopyOnWriteArrayList<>();
    private final SerialExecutor errors;

    Gate(ServerOptions options, Executor threads, @Nullable Observers observers) {
        this.observers = observers;
        this.options = options;
        this.threads = threads;
        this.errors = new SerialExecutor(threads);
    }

    @Override
    public CompletionStage<Optional<Refusal>> allow(HttpRequestHead request) {
        return options.allowRequest()
                .map(verdict -> CompletableFuture.supplyAsync(() -> verdict.apply(request), threads)
                        .thenApply(refusal -> refusal.map(Gate::withItsMessage)))
                .orElseGet(() -> CompletableFuture.completedFuture(Optional.empty()));
    }

    private static Refusal withItsMessage(Refusal refusal) {
        return refusal.context().isEmpty() ? refusal.because(Map.of("message", refusal.message())) : refusal;
    }

    @Override
    public CompletionStage<Admission> admit(HttpRequestHead request) {
        Optional<Function<HttpRequestHead, String>> generator = options.generateId();
        Optional<ResponseHeaders> headers = options.initialHeaders();
        if (generator.isEmpty() && headers.isEmpty()) {
            return CompletableFuture.completedFuture(Admission.of(Ids.next()));
        }
        return CompletableFuture.supplyAsync(
                () -> {
                    String sid;
                    try {
                        sid = generator.map(own -> own.apply(request)).orElseGet(Ids::next);
                    } catch (RuntimeException | Error failure) {
                        LOG.log(System.Logger.Level.WARNING, "generateId failed; the client is refused", failure);
                        return Admission.refused(EngineServer.idRefused(failure.toString()));
                    }
                    if (!ID.matcher(sid).matches()) {
                        LOG.log(
                                System.Logger.Level.WARNING,
                                "generateId must yield 20 to 64 characters of A-Z, a-z, 0-9, - and _: one of {0} is refused",
                                sid.length());
                        return Admission.refused(EngineServer.idRefused("the id is no id"));
                    }
                    return new Admission(
                            Optional.empty(),
                            sid,
                            headers.map(own -> own.of(request)).orElse(List.of()));
                },
                threads);
    }

    // ---- Who hears of refusals ------------------------------------------------------------------

    void onError(Consumer<ConnectionError> handler) {
        errorHandlers.add(handler);
    }

    @Override
    public void refused(HttpRequestHead request, Refusal refusal) {
        if (observers != null) {
            observers.tell(listener -> listener.requestRefused(request, refusal));
        }
        if (errorHandlers.isEmpty()) {
            return;
        }
        var error = new ConnectionError(request, refusal.code(), refusal.message(), refusal.context());
        if (!errors.offer(() -> tell(error), MAX_WAITING)) {
            LOG.log(System.Logger.Level.DEBUG, "Too many refused requests wait for handlers: one is not told");
        }
    }

    private void tell(ConnectionError error) {
        for (Consumer<ConnectionError> handler : errorHandlers) {
            try {
                handler.accept(error);
            } catch (RuntimeException | Error failure) { // the next handler is not to blame
                LOG.log(System.Logger.Level.WARNING, "A handler of refused requests failed", failure);
            }
        }
    }
}

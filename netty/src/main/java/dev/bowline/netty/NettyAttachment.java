package dev.bowline.netty;

import dev.bowline.netty.proxy.TrustedProxies;
import dev.bowline.server.SocketIoServer;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpServerCodec;
import java.time.Duration;
import java.util.Map;

/**
 * A {@link SocketIoServer} in HTTP pipelines of the user's: requests under its path are taken out, all others go on to
 * the handlers behind, untouched. Immutable; safe for any thread.
 *
 * <p>Ports and event loops stay the user's, and so does the end: {@link SocketIoServer#close} says goodbye to the
 * clients, then the loops may be ended.
 */
public final class NettyAttachment {
    private final HttpSettings settings;

    private NettyAttachment(HttpSettings settings) {
        this.settings = settings;
    }

    /** An attachment that believes no proxy. */
    public static NettyAttachment of(SocketIoServer io) {
        return new NettyAttachment(HttpSettings.defaults(io.engine()).withOthersBehind(true));
    }

    /** The same, which takes the word of these reverse proxies on a client's address, and on its TLS. */
    public NettyAttachment withTrustedProxies(TrustedProxies value) {
        return new NettyAttachment(settings.withTrustedProxies(value));
    }

    /** The same, with another time for the body of a request under the path to arrive. Default 60 s. */
    public NettyAttachment withRequestTimeout(Duration value) {
        return new NettyAttachment(settings.withRequestTimeout(value));
    }

    /**
     * The same, with another time after which the connection of a WebSocket upgrade under another path is closed if no
     * handler has answered; zero for never. Default 1 s.
     */
    public NettyAttachment withDestroyUpgradeTimeout(Duration value) {
        return new NettyAttachment(settings.withDestroyUpgradeTimeout(value));
    }

    /**
     * Adds the server to a pipeline, right around its HTTP codec, wherever other handlers stand. Call it when the codec
     * is in place, for example at the end of {@code initChannel}.
     *
     * @throws IllegalStateException if there is no {@code HttpServerCodec}, nor an {@code HttpRequestDecoder} and an
     *     {@code HttpResponseEncoder}
     */
    public void addTo(ChannelPipeline pipeline) {
        String decoder = "";
        String codec = "";
        for (Map.Entry<String, ChannelHandler> handler : pipeline) {
            boolean decodes =
                    handler.getValue() instanceof HttpServerCodec || handler.getValue() instanceof HttpRequestDecoder;
            if (decodes || handler.getValue() instanceof HttpResponseEncoder) {
                codec = handler.getKey();
            }
            if (decodes && decoder.isEmpty()) {
                decoder = handler.getKey();
            }
        }
        if (decoder.isEmpty()) {
            throw new IllegalStateException("the pipeline must have an HttpServerCodec: " + pipeline.names());
        }
        var gate = new UpgradeGate();
        pipeline.addBefore(decoder, null, gate);
        pipeline.addAfter(codec, null, new HttpRouter(settings, gate));
    }
}

package dev.bowline.netty;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import java.util.Optional;

/** By which means of the operating system a port reads and writes. */
public enum IoTransport {
    /**
     * Linux's io_uring, for who asks for it and brings {@code io.netty:netty-transport-native-io_uring}. Never chosen
     * by itself: many container runtimes forbid it, and kernels have had to mend it often.
     */
    IO_URING,
    /** Linux's epoll: chosen by itself on Linux x86-64, elsewhere if its native library is on the class path. */
    EPOLL,
    /** The JDK's own: works everywhere. */
    NIO;

    /** The classes of io_uring may be missing: only this class names them. */
    private static final class Uring {
        static Optional<Throwable> obstacle() {
            return Optional.ofNullable(IoUring.unavailabilityCause());
        }

        static IoHandlerFactory handlers() {
            return IoUringIoHandler.newFactory();
        }

        static Class<? extends ServerChannel> channel() {
            return IoUringServerSocketChannel.class;
        }

        static boolean drives(IoEventLoopGroup loops) {
            return loops.isIoType(IoUringIoHandler.class);
        }
    }

    /** Epoll where there is one. */
    static IoTransport best() {
        return Epoll.isAvailable() ? EPOLL : NIO;
    }

    /** What drives event loops that the user brings. */
    static IoTransport of(EventLoopGroup loops) {
        if (loops instanceof IoEventLoopGroup known) {
            if (known.isIoType(NioIoHandler.class)) {
                return NIO;
            }
            if (known.isIoType(EpollIoHandler.class)) {
                return EPOLL;
            }
            if (isUringThere() && Uring.drives(known)) {
                return IO_URING;
            }
        }
        throw new IllegalArgumentException("eventLoops must be of NIO, epoll or io_uring: "
                + loops.getClass().getName());
    }

    private static boolean isUringThere() {
        try {
            return Uring.obstacle().isEmpty();
        } catch (NoClassDefFoundError missing) {
            return false;
        }
    }

    /** Why it cannot be used here, if it cannot. */
    Optional<Throwable> obstacle() {
        return switch (this) {
            case NIO -> Optional.empty();
            case EPOLL -> Optional.ofNullable(Epoll.unavailabilityCause());
            case IO_URING -> {
                try {
                    yield Uring.obstacle();
                } catch (NoClassDefFoundError missing) {
                    yield Optional.of(new ClassNotFoundException(
                            "io.netty:netty-transport-native-io_uring is not on the class path", missing));
                }
            }
        };
    }

    /** Event loops of this kind; zero threads for two per processor. */
    EventLoopGroup newLoops(int threads) {
        return new MultiThreadIoEventLoopGroup(
                threads,
                switch (this) {
                    case NIO -> NioIoHandler.newFactory();
                    case EPOLL -> EpollIoHandler.newFactory();
                    case IO_URING -> Uring.handlers();
                });
    }

    /** What listens on loops of this kind. */
    Class<? extends ServerChannel> serverChannel() {
        return switch (this) {
            case NIO -> NioServerSocketChannel.class;
            case EPOLL -> EpollServerSocketChannel.class;
            case IO_URING -> Uring.channel();
        };
    }
}

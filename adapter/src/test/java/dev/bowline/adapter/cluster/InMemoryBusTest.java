package dev.bowline.adapter.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.adapter.AdapterFactory;
import dev.bowline.adapter.BroadcastOptions;
import dev.bowline.adapter.RecoveryLog;
import dev.bowline.adapter.RoomListener;
import dev.bowline.adapter.SessionAwareAdapter;
import dev.bowline.testkit.Eventually;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** Servers of one process are a cluster like others. */
class InMemoryBusTest extends ClusterContract {
    private final InMemoryBus bus = new InMemoryBus();
    private final AtomicInteger names = new AtomicInteger();

    @Override
    protected AdapterFactory join() {
        return bus.join("node-" + names.incrementAndGet());
    }

    @Override
    protected SilentNode silentNode(String namespace) {
        ClusterBus member = bus.open("silent", namespace, message -> {});
        return new SilentNode() {
            @Override
            public String name() {
                return "silent";
            }

            @Override
            public void close() {
                member.close();
            }
        };
    }

    @Override
    protected void talkNonsense() {
        for (String text : new String[] {
            "null",
            "[]",
            "{}",
            "{'type':99,'uid':'x','nsp':'/','data':{}}",
            "{'type':1,'uid':'x','nsp':'/'}",
            "{'type':3,'uid':'x','nsp':'/other','data':{'packet':{'type':2,'data':['e']},'opts':{'rooms':[]}}}",
            "{'type':3,'uid':'x','nsp':'/','data':{'packet':{'type':2,'data':'e'},'opts':{'rooms':[]}}}",
            "{'type':3,'uid':'x','nsp':'/','data':{'packet':{'type':2,'data':[{}]},'opts':{'rooms':[]}}}",
            "{'type':3,'uid':'x','nsp':'/','data':{'packet':{'type':2,'data':['e']},'opts':{'rooms':[{}]}}}",
            "{'type':3,'uid':'x','nsp':'/','data':{'packet':{'type':2,'data':['e']}}}",
            "{'type':6,'uid':'x','nsp':'/','data':{'close':true}}",
            "{'type':8,'uid':'x','nsp':'/','data':{'requestId':'1','sockets':[{}]}}",
            "{'type':11,'uid':'x','nsp':'/','data':{'requestId':'1','clientCount':-1}}",
            "{'type':9,'uid':'x','nsp':'/','data':{'packet':[]}}"
        }) {
            bus.carry("/", JsonMapper.shared().readTree(text.replace('\'', '"')));
        }
    }

    @AfterEach
    void closeBus() {
        bus.close();
    }

    @Test
    void hasNoTwoServersOfOneName() {
        try (var first = new TestNode(bus.join("n"), "/")) {
            assertThatThrownBy(() -> new TestNode(bus.join("n"), "/"))
                    .hasMessage("a server of that name is here already: n");
            assertThat(first.adapter()).isNotInstanceOf(SessionAwareAdapter.class);
        }
    }

    @Test
    void keepsForAbsentClientsWhatOtherServersSay() {
        var log = new RecoveryLog(Duration.ofMinutes(1), Duration.ofMinutes(1), 1_000_000, System::nanoTime);
        try (var one = new TestNode(bus.join("one"), "/");
                var two = new TestNode(
                        bus.join("two"), "/", context -> Optional.of(log.local(context, RoomListener.NONE)))) {
            SessionAwareAdapter sessions = (SessionAwareAdapter) two.adapter();
            TestNode.Member b = two.new Member("b");
            sessions.add(b, sessions.pid("secret"));
            long before = log.bytes();
            one.emit(BroadcastOptions.EVERYONE, "from one");
            Eventually.await("it to arrive", () -> !b.groups().isEmpty());
            assertThat(b.groups().get(0).packets().get(0).wire().utf8()).matches("42\\[\"from one\",\".{8}-1\"]");
            assertThat(log.bytes()).isGreaterThan(before);
        }
    }
}

package dev.bowline.adapter;

import java.time.Duration;

/** With a log, rooms and broadcasts are what they are without. */
class RecoveringAdapterTest extends AdapterContract {
    @Override
    Adapter open(AdapterContext context) {
        Duration minute = Duration.ofMinutes(1);
        return new RecoveryLog(minute, minute, 1 << 20, System::nanoTime).adapter(context);
    }

    @Override
    int roomCount(Adapter adapter) {
        return ((RecoveringAdapter) adapter).roomCount();
    }
}

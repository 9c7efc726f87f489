package dev.bowline.adapter;

import dev.bowline.core.engine.EnginePacket;
import dev.bowline.core.engine.PacketGroup;
import java.util.List;
import java.util.Set;

/**
 * A packet that went out, and to whom. Immutable.
 *
 * @param sequence its number
 * @param at when it went out
 * @param packets as it travels, its offset included
 * @param rooms where it is kept: the rooms that it was for, those in which nobody was left out
 * @param except the names of the rooms whose members did not receive it
 * @param cost what the log is charged for it, in bytes
 */
record LoggedPacket(long sequence, long at, PacketGroup packets, List<RoomLog> rooms, Set<String> except, int cost) {
    /** This object, its group with a list of one, its Engine.IO packet with its bytes, and its place in the log. */
    private static final int OBJECTS = 232;

    private static final int PER_PACKET = 96;
    private static final int PER_ROOM = 24;
    private static final int PER_NAME = 80;

    static int cost(PacketGroup packets, int rooms, Set<String> except) {
        int cost = OBJECTS + PER_ROOM * rooms;
        for (EnginePacket packet : packets.packets()) {
            cost += PER_PACKET + packet.wire().length();
        }
        for (String name : except) {
            cost += PER_NAME + 2 * name.length();
        }
        return cost;
    }
}

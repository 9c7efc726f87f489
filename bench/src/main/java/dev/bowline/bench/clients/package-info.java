/** Clients that are held by the thousand, to be looked at: ours and a peer's, each in a process of its own. */
@NullMarked
package dev.bowline.bench.clients;

import org.jspecify.annotations.NullMarked;

/** A cluster of servers on Redis. */
package dev.bowline.redis;

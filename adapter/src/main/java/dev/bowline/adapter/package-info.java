/** Who is in which room, and who receives a broadcast. */
package dev.bowline.adapter;

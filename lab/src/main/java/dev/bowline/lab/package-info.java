/** Breaks connections on purpose and looks at what both ends see. */
package dev.bowline.lab;

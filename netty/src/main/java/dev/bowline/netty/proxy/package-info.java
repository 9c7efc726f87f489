/** Where a client really is, as reverse proxies tell it. */
package dev.bowline.netty.proxy;

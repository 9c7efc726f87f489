/**
 * Benchmarks of what is hot in {@code core} and {@code adapter}, for JMH. Compiled with everything else; run with the
 * profile {@code jmh}, as {@code bench/README.md} says.
 */
@org.jspecify.annotations.NullMarked
package dev.bowline.bench.jmh;

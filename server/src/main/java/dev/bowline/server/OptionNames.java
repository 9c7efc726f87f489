package dev.bowline.server;

import java.util.Collection;
import java.util.Comparator;

/** Tells a misspelt option from a known one. */
final class OptionNames {
    private OptionNames() {}

    static IllegalArgumentException unknown(String key, Collection<String> known) {
        String nearest = known.stream()
                .min(Comparator.comparingInt(name -> distance(key, name)))
                .orElseThrow();
        return new IllegalArgumentException("unknown option " + key + ": did you mean " + nearest + "?");
    }

    /** The number of letters to insert, remove or replace (Levenshtein). */
    static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}

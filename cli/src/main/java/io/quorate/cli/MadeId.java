package io.quorate.cli;

import io.quorate.recipes.ids.IdParts;

/**
 * An id, and what it was made of.
 *
 * @param text the id as it is printed
 */
record MadeId(String text, IdParts parts) {}

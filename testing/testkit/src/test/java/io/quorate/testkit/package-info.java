/** What a user of the kit sees when things go wrong, and what the kit is made of. */
@NullMarked
package io.quorate.testkit;

import org.jspecify.annotations.NullMarked;

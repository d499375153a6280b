/** What tests of deciders and codecs tell. */
@NullMarked
package io.quorate.testkit.events;

import org.jspecify.annotations.NullMarked;

@NullMarked
package io.quorate;

import org.jspecify.annotations.NullMarked;

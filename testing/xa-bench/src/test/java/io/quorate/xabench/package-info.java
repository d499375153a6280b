@NullMarked
package io.quorate.xabench;

import org.jspecify.annotations.NullMarked;

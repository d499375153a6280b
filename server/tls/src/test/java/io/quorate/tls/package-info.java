@NullMarked
package io.quorate.tls;

import org.jspecify.annotations.NullMarked;

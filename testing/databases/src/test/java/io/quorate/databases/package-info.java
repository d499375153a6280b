@NullMarked
package io.quorate.databases;

import org.jspecify.annotations.NullMarked;

@NullMarked
package io.quorate.admin.json;

import org.jspecify.annotations.NullMarked;

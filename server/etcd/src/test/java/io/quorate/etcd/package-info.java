@NullMarked
package io.quorate.etcd;

import org.jspecify.annotations.NullMarked;

// System calls without errno, for code that runs on a borrowed address space (the cell's init shares its parent's memory and
// thread pointer, so it may not touch anything thread-local).
#pragma once

#include <sys/syscall.h>

namespace rlar::guest {

// The result, or -errno.
inline long Raw(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) {
  long result;
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  asm volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
  return result;
}
inline long Raw(long number, const void* a, long b = 0, long c = 0, long d = 0, long e = 0) { return Raw(number, reinterpret_cast<long>(a), b, c, d, e, 0); }

}  // namespace rlar::guest

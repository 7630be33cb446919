// The guest extension's shared object inside this program (the build names the file).
#include "sandbox/guest_source.h"

asm(".section .rodata\n"
    ".balign 16\n"
    ".global rlar_guest_extension_begin, rlar_guest_extension_end\n"
    "rlar_guest_extension_begin:\n"
    ".incbin \"" RLAR_GUEST_EXTENSION
    "\"\n"
    "rlar_guest_extension_end:\n"
    ".byte 0\n"
    ".previous\n");
extern "C" const char rlar_guest_extension_begin[], rlar_guest_extension_end[];

namespace rlar {
const std::string_view kGuestExtension(rlar_guest_extension_begin, static_cast<std::size_t>(rlar_guest_extension_end - rlar_guest_extension_begin));
}  // namespace rlar

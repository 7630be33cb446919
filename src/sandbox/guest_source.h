// What the sandboxed interpreters run, embedded by the build: the extension's shared object and the Python sources.
#pragma once

#include <string_view>

namespace rlar {
extern const std::string_view kGuestExtension;
extern const std::string_view kBootSource, kPlainSource, kGuestSource, kCallsSource, kInspectSource, kProxiesSource, kHarnessSource;
}  // namespace rlar

// Programs by language: Python in a warm interpreter, C++ compiled once and run for each input, JavaScript by node.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "sandbox/sandbox.h"

namespace rlar {

enum class Language { kPython, kCpp, kJavaScript };
std::string_view Name(Language language);  // "python", "cpp", "javascript"
std::optional<Language> LanguageFromName(std::string_view name);

struct LanguageLimits {
  std::chrono::milliseconds compile{20'000};
};

// A program ready to be run any number of times.
struct PreparedProgram {
  Language language = Language::kPython;
  std::vector<std::string> sources;  // Python: tried in turn until one compiles; JavaScript: one
  std::string binary;                // C++
  Json files;                        // {name: base64}: what lies in the program's folder; null for nothing
};

// Compiles where the language needs it. The result's outcome is kOk when `program` can be run; else it says why not: the
// compiler's message stands in `err`; kUnavailable where the compiler is not installed.
RunResult PrepareProgram(Sandbox& sandbox, Language language, std::vector<std::string> sources, const LanguageLimits& limits, const Deadline& deadline,
                         PreparedProgram& program);
RunResult RunPrepared(Sandbox& sandbox, const PreparedProgram& program, std::string input, const Limits& limits, const Deadline& deadline);
// Both in one.
RunResult RunSource(Sandbox& sandbox, Language language, const std::string& source, std::string input, const Limits& limits,
                    const LanguageLimits& language_limits, const Deadline& deadline);

}  // namespace rlar

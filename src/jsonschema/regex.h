// Regular expressions of ECMA-262, as schemas write them: RE2 where it can (linear time), ICU with a step limit for look-arounds and
// back references.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "rlar/result.h"

namespace rlar::jsonschema {

class Regex {
 public:
  // The error says what cannot be read.
  static Result<Regex> Make(std::string_view pattern);
  enum class Found { kNo, kYes, kGaveUp };
  // Anywhere in `text`.
  Found Search(std::string_view text) const;

 private:
  struct Compiled;
  explicit Regex(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace rlar::jsonschema

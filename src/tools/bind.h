// Binds a verifier's parameters: the row's params over the route's (or the command line's) over the declared defaults.
#pragma once

#include <string>
#include <vector>

#include "rlar/verifier.h"

namespace rlar {

// A verifier's declared parameters with their defaults parsed once. Immutable; share it.
class ParamBinder {
 public:
  explicit ParamBinder(const VerifierSpec& spec);
  // Binds; a key of `row` that the verifier does not declare belongs to another tool and is passed over. An error names the
  // parameter. Both values (object or null) outlive the result, as does the binder.
  Result<Params> Bind(const Json& row, const Json& fixed) const;
  // Checks parameters that a person or a route gave: an unknown name is an error with the nearest valid name.
  Result<void> CheckFixed(const Json& fixed) const;

 private:
  const VerifierSpec& spec_;
  std::vector<Json> defaults_;
  std::vector<std::string_view> required_;
};

}  // namespace rlar

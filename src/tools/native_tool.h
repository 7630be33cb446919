// Runs one native verifier over a group: binds parameters, prepares the reference's side once, checks every response.
#pragma once

#include <span>
#include <vector>

#include "rlar/verifier.h"
#include "tools/bind.h"

namespace rlar {

// Immutable; any number of threads may score with it.
class NativeRunner {
 public:
  explicit NativeRunner(const VerifierSpec& spec) : spec_(spec), binder_(spec) {}
  const VerifierSpec& spec() const { return spec_; }
  const ParamBinder& binder() const { return binder_; }
  // One score per response, in order. `fixed` are the route's or the caller's parameters (object or null); the row's own win.
  std::vector<Score> Run(const Query& query, std::span<const Response> responses, const Json& fixed) const;

 private:
  const VerifierSpec& spec_;
  ParamBinder binder_;
};

}  // namespace rlar

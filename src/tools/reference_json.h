// A reference as it is handed to programs outside: users' functions, servers, stored verifiers.
#pragma once

#include "rlar/json.h"
#include "rlar/sample.h"

namespace rlar {

// A string, a list of strings, an object, or null.
Json ReferenceJson(const Reference& reference);

}  // namespace rlar

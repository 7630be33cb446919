// The rows that a question to the model is about, as the record keeps them (ChatRequest.about).
#pragma once

#include <vector>

#include "base/sketch.h"
#include "rlar/sample.h"

namespace rlar {

// Of prompts and references: a row whose reference changed is another one.
Sketch AboutRows(const std::vector<const Query*>& rows);

}  // namespace rlar

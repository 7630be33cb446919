// The rows that a question to the model is about, as the record keeps them (ChatRequest.about).
#pragma once

#include <string_view>
#include <vector>

#include "agents/rollouts.h"
#include "base/sketch.h"
#include "rlar/sample.h"

namespace rlar {

// Of prompts, references and rollouts (null: none are shown): a row with another reference is another one.
Sketch AboutRows(const std::vector<const Query*>& rows, const Rollouts* rollouts);
// Of a text that must be the same, beside the rows.
Sketch AboutText(std::string_view text);

}  // namespace rlar

// A draft: a verifier that an agent made, before the gate has seen it; and what runs it.
#pragma once

#include <memory>
#include <string>

#include "rlar/json.h"
#include "rlar/tool.h"

namespace rlar {

struct Draft {
  std::string name;              // of the tool: lower case, digits, '_'
  std::string summary;           // one sentence for the card
  std::string source;            // Python: check(prompt, answer, reference, params) -> bool | float
  std::string extract = "auto";  // how our extraction finds the answer: "auto", "none" or "boxed"
  bool reads_prompt = true;      // the conditions are the prompt's; false: they are the reference's alone, as that its order does not matter
  bool conditions = false;       // a general checker of the prompt's conditions, which may read its goal out of the reference
  std::string origin;            // how it came about, e.g. "block expression_value" or "written at temperature 0.8, repair 1"

  Json ToJson() const;  // docs/schemas/draft.json
};

// Runs drafts, in the sandbox only. Thread-safe.
class DraftRunner {
 public:
  virtual ~DraftRunner() = default;
  // A tool that runs the draft. An error where the draft cannot be run at all (syntax, no function `check`), in Python's words.
  virtual Result<std::unique_ptr<Tool>> Load(const Draft& draft) = 0;
};

}  // namespace rlar

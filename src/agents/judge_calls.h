// Judges in the control plane: what a build or the gate asks them goes through the one client of language models, so
// that it stands within the budget, is tried again, and is recorded: the same question is not paid for twice. (The
// scoring path calls judges by itself.)
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "llm/client.h"
#include "rlar/tool.h"

namespace rlar {

// Thread-safe. Outlives the judges that it opens.
class JudgeCalls {
 public:
  // Answers are kept in `folder`/calls.jsonl (docs/schemas/llm_call.json). `options.model` is not used: a card names
  // its own; where it names a price, too, that is what its calls count by, else `options.prices`. `only_record`: no
  // server is asked.
  JudgeCalls(std::filesystem::path folder, LlmOptions options, bool only_record = false);
  ~JudgeCalls();
  // The judge of a card. Errors: those of the card and of its address, and a record that cannot be read.
  Result<std::unique_ptr<Tool>> Open(const ToolCard& card);
  // Of all judges together.
  LlmUsage usage() const;

 private:
  Result<LlmClient*> ClientOf(const ToolCard& card);
  const std::filesystem::path folder_;
  LlmOptions options_;
  const bool only_record_;
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<LlmClient>> clients_;  // by address, model and price; guarded by mutex_
};

}  // namespace rlar

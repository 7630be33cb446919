// A reward model that is a card and nothing else, for tests of what is decided from its evidence.
#pragma once

#include <string>
#include <vector>

#include "rlar/tool.h"

namespace rlar {

class StubModel final : public Tool {
 public:
  explicit StubModel(const std::string& name) {
    card_.id = {name, "1"};
    card_.kind = ToolKind::kRewardModel;
  }
  const ToolCard& card() const override { return card_; }
  Result<void> CheckParams(const Json&) const override { return {}; }
  std::vector<Score> Run(const Query&, std::span<const Response>, const Json&, const CallContext&) const override { return {}; }

 private:
  ToolCard card_;
};

}  // namespace rlar

// GET /v1/rewards: the last rewards that were recorded, each with what it was given for (docs/schemas/rewards.json).
#include "serve/service.h"

namespace rlar {
namespace {

constexpr std::size_t kShown = 30;

}  // namespace

HttpReply HandleRewards(RewardService& service) {
  Json body;
  const RecordStore* records = service.options().records;
  body.Set("recorded", records != nullptr);
  Json::Array last;
  if (records != nullptr) {
    auto found = records->Last(kShown);
    if (!found) return ErrorReply(500, found.error().ToString());
    last = std::move(*found);
  }
  body.Set("rewards", std::move(last));
  return {200, body.Dump()};
}

}  // namespace rlar

#include "engine/score_cache.h"

#include "base/hash.h"
#include "base/wait.h"

namespace rlar {
namespace {

// Fields one after the other, each with its length before it: no two contents give the same bytes.
class Content {
 public:
  Content& Add(std::string_view field) {
    bytes_ += std::to_string(field.size());
    bytes_ += ':';
    bytes_ += field;
    return *this;
  }
  Content& AddJson(const Json& json) { return Add(json.is_null() ? std::string() : json.Dump()); }
  Content& AddTurns(const std::vector<Message>& messages) {
    Add(std::to_string(messages.size()));
    for (const Message& m : messages) Add(m.role).Add(m.content).AddJson(m.tool_calls).Add(m.tool_call_id);
    return *this;
  }
  std::string Digest() const { return Sha256Hex(bytes_); }

 private:
  std::string bytes_;
};

std::string QueryKey(const Tool& tool, const Query& query, const Json& params) {
  Content content;
  content.Add(tool.card().id.ToString()).AddJson(params).AddJson(query.id).AddTurns(query.messages).AddJson(query.params).Add(query.task);
  content.Add(query.source).Add(query.group_id).AddJson(query.extra);
  content.Add(std::to_string(static_cast<int>(query.reference.kind))).AddJson(query.reference.json);
  for (const std::string& text : query.reference.texts) content.Add(text);
  content.Add("rubric");
  for (const RubricItem& item : query.rubric) content.Add(item.id).Add(item.text).AddJson(Json(item.weight)).Add(item.veto ? "veto" : "");
  return content.Digest();
}

std::string ResponseKey(const std::string& query, const Response& response) {
  Content content;
  content.Add(query).Add(response.text).AddTurns(response.messages).AddJson(response.state).Add(response.finish_reason).Add(response.reasoning);
  content.Add(response.tokens ? std::to_string(*response.tokens) : "");
  return content.Digest();
}

// About what an entry takes.
std::size_t BytesOf(const Score& score) {
  std::size_t bytes = 384 + score.reason().size() + score.signature().size() + score.turns().size() * sizeof(std::optional<double>);
  for (const auto& [name, value] : score.components()) bytes += sizeof(value) + 32 + name.size();
  return bytes;
}

}  // namespace

std::vector<Score> ScoreCache::Run(const Tool& tool, const Query& query, std::span<const Response> responses, const Json& params, const Deadline& deadline,
                                   const Ask& ask) {
  const std::string query_key = QueryKey(tool, query, params);
  std::vector<std::string> keys;
  for (const Response& response : responses) keys.push_back(ResponseKey(query_key, response));
  std::vector<std::optional<Score>> scores(responses.size());
  std::vector<Need> needs = Claim(std::move(keys), scores);
  std::vector<Response> ours;
  for (const Need& need : needs) {
    if (need.flight == nullptr) ours.push_back(responses[need.at.front()]);
  }
  const std::vector<Score> answers = ours.empty() ? std::vector<Score>() : ask(ours);
  RLAR_CHECK(answers.size() == ours.size());
  std::size_t next = 0;
  for (const Need& need : needs) {
    if (need.flight != nullptr) continue;
    const Score& score = answers[next++];
    Finish(need.key, score);
    for (const std::size_t i : need.at) scores[i] = score;
  }
  for (const Need& need : needs) {
    if (need.flight == nullptr) continue;
    std::unique_lock lock(mutex_);
    const bool over = WaitUntil(over_, lock, deadline, [&] { return need.flight->over; });
    std::optional<Score> score = over ? need.flight->score : Score::Failed(Class::kTimeout, "the deadline passed");
    lock.unlock();
    if (!score) score = ask(responses.subspan(need.at.front(), 1)).front();
    for (const std::size_t i : need.at) scores[i] = score;
  }
  std::vector<Score> all;
  for (auto& score : scores) all.push_back(std::move(*score));
  return all;
}

// Fills in what is kept; of the rest, each text once.
std::vector<ScoreCache::Need> ScoreCache::Claim(std::vector<std::string> keys, std::vector<std::optional<Score>>& scores) {
  std::vector<Need> needs;
  std::unordered_map<std::string, std::size_t> seen;
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (const auto at = seen.find(keys[i]); at != seen.end()) {
      needs[at->second].at.push_back(i);
      ++counts_.shared;
    } else if (const auto kept = kept_.find(keys[i]); kept != kept_.end()) {
      entries_.splice(entries_.begin(), entries_, kept->second);
      scores[i] = kept->second->score;
      ++counts_.hits;
    } else {
      auto [flight, mine] = flights_.try_emplace(keys[i]);
      if (mine) flight->second = std::make_shared<Flight>();
      ++(mine ? counts_.asked : counts_.shared);
      seen.emplace(keys[i], needs.size());
      needs.push_back({std::move(keys[i]), {i}, mine ? nullptr : flight->second});
    }
  }
  return needs;
}

void ScoreCache::Finish(const std::string& key, const Score& score) {
  {
    const std::lock_guard lock(mutex_);
    const auto flight = flights_.find(key);
    flight->second->over = true;
    if (score.status() != Status::kFailed) {
      flight->second->score = score;
      Keep(key, score);
    }
    flights_.erase(flight);
  }
  over_.notify_all();
}

// With the lock held.
void ScoreCache::Keep(const std::string& key, const Score& score) {
  const std::size_t bytes = BytesOf(score);
  if (bytes > max_bytes_) return;
  entries_.push_front({key, score, bytes});
  kept_[key] = entries_.begin();
  counts_.bytes += bytes;
  while (counts_.bytes > max_bytes_) {
    counts_.bytes -= entries_.back().bytes;
    kept_.erase(entries_.back().key);
    entries_.pop_back();
  }
}

ScoreCache::Counts ScoreCache::counts() const {
  const std::lock_guard lock(mutex_);
  Counts counts = counts_;
  counts.kept = entries_.size();
  return counts;
}

}  // namespace rlar

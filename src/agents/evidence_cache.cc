#include "agents/evidence_cache.h"

#include "base/fs.h"
#include "base/hash.h"
#include "base/json_at.h"
#include "base/text.h"

namespace rlar {
namespace {

// The counts themselves: Evidence::ToJson gives rates, which cannot be read back exactly.
Json Pack(const Evidence& e) {
  Json json;
  json.Set("rows", static_cast<std::int64_t>(e.rows));
  json.Set("probes", static_cast<std::int64_t>(e.probes));
  json.Set("accepts", e.accepts);
  json.Set("accept_probes", e.accept_probes);
  json.Set("refuses", e.refuses);
  json.Set("refuse_probes", e.refuse_probes);
  json.Set("natural_accepts", e.natural_accepts);
  json.Set("natural_accept_probes", e.natural_accept_probes);
  json.Set("natural_refuses", e.natural_refuses);
  json.Set("natural_refuse_probes", e.natural_refuse_probes);
  json.Set("exact", e.exact);
  Json objections = Json::Array{};
  for (const std::string& objection : e.objections) objections.Push(objection);
  json.Set("objections", std::move(objections));
  json.Set("pairs", e.pairs);
  json.Set("pair_count", e.pair_count);
  json.Set("ladder", e.ladder);
  json.Set("ladder_count", e.ladder_count);
  json.Set("unusable", static_cast<std::int64_t>(e.unusable));
  json.Set("declared", e.declared);
  json.Set("binary", e.binary);
  json.Set("repeatable", e.repeatable);
  const Json shown = e.ToJson();
  json.Set("failed", *shown.Find("failed_probes"));
  return json;
}

Evidence Unpack(const Json& json) {
  Evidence e;
  e.rows = static_cast<std::size_t>(NumberAt(json, "rows"));
  e.probes = static_cast<std::size_t>(NumberAt(json, "probes"));
  e.accepts = NumberAt(json, "accepts");
  e.accept_probes = NumberAt(json, "accept_probes");
  e.refuses = NumberAt(json, "refuses");
  e.refuse_probes = NumberAt(json, "refuse_probes");
  e.natural_accepts = NumberAt(json, "natural_accepts");
  e.natural_accept_probes = NumberAt(json, "natural_accept_probes");
  e.natural_refuses = NumberAt(json, "natural_refuses");
  e.natural_refuse_probes = NumberAt(json, "natural_refuse_probes");
  e.exact = FlagAt(json, "exact");
  if (const Json* objections = json.Find("objections"); objections != nullptr && objections->is_array()) {
    for (const Json& objection : objections->array()) e.objections.push_back(objection.string());
  }
  e.pairs = NumberAt(json, "pairs");
  e.pair_count = NumberAt(json, "pair_count");
  e.ladder = NumberAt(json, "ladder");
  e.ladder_count = NumberAt(json, "ladder_count");
  e.unusable = static_cast<std::size_t>(NumberAt(json, "unusable"));
  e.declared = FlagAt(json, "declared");
  e.binary = FlagAt(json, "binary");
  e.repeatable = FlagAt(json, "repeatable");
  if (const Json* failed = json.Find("failed"); failed != nullptr && failed->is_array()) {
    for (const Json& item : failed->array()) {
      e.failed.push_back({TextAt(item, "probe"), TextAt(item, "prompt"), TextAt(item, "reference"), TextAt(item, "response"), TextAt(item, "outcome")});
    }
  }
  return e;
}

}  // namespace

Result<std::unique_ptr<EvidenceCache>> EvidenceCache::Open(const std::filesystem::path& file) {
  std::unique_ptr<EvidenceCache> cache(new EvidenceCache(file));
  const auto text = ReadFile(file);
  if (!text) {
    if (text.error().code == ErrorCode::kNotFound) return cache;
    return text.error();
  }
  for (const std::string_view line : Split(*text, '\n')) {
    // A torn last line is no evidence; it is cut off by the next append.
    const auto json = ParseJson(line);
    if (!json) continue;
    const Json* evidence = json->Find("evidence");
    if (evidence != nullptr) cache->entries_[TextAt(*json, "key")] = Unpack(*evidence);
  }
  return cache;
}

std::string EvidenceCache::Key(const Tool& tool, const Json& params, const std::vector<const Query*>& rows, const std::string& shape,
                               const TaskNature& nature) {
  // Probes change with the program, so its gate has a version of its own.
  std::string content = "gate 8\n" + shape + "\n" + tool.card().ToJson().DumpCanonical() + "\n" + params.DumpCanonical() + "\n";
  for (const bool flag : {nature.exact, nature.several, nature.conditions}) content += flag ? '1' : '0';
  for (const Query* query : rows) {
    content += query->prompt + '\n' + query->source + '\n' + ReferenceText(query->reference) + '\n' + query->params.DumpCanonical() + '\n';
    for (const std::string& text : query->reference.texts) content += text + '\n';
    if (nature.rollouts == nullptr) continue;
    for (const std::string& text : nature.rollouts->Of(*query)) content += text + '\n';
  }
  return Sha256Hex(content);
}

std::optional<Evidence> EvidenceCache::Find(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto at = entries_.find(key);
  return at == entries_.end() ? std::nullopt : std::optional<Evidence>(at->second);
}

Result<void> EvidenceCache::Put(const std::string& key, const Evidence& evidence) {
  Json line;
  line.Set("key", key);
  line.Set("evidence", Pack(evidence));
  const std::lock_guard lock(mutex_);
  entries_[key] = evidence;
  return AppendLine(file_, line.Dump());
}

Result<Evidence> EvidenceCache::Try(const Tool& tool, const Json& params, const std::vector<const Query*>& rows, const std::string& shape,
                                    const TaskNature& nature) {
  const std::string key = Key(tool, params, rows, shape, nature);
  if (auto known = Find(key)) return *known;
  Evidence evidence = TryTool(tool, params, rows, shape, nature);
  RLAR_TRY(Put(key, evidence));
  return evidence;
}

}  // namespace rlar

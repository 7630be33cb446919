#include <map>
#include <mutex>

#include "tools/reward_model/backend.h"
#include "tools/reward_model/batcher.h"
#include "tools/reward_model/judge_group.h"

namespace rlar {
namespace {

Error Bad(const std::string& what) { return MakeError(ErrorCode::kInvalidArgument, "adapter: " + what); }

class Reader {
 public:
  explicit Reader(const Json& json) : json_(json) {}
  void Text(std::string_view key, std::string& out) {
    const Json* value = json_.Find(key);
    if (value == nullptr || value->is_null()) return;
    if (!value->is_string()) return Complain(key, "a text");
    out = value->string();
  }
  template <class Number>
  void Count(std::string_view key, Number& out, double least) {
    const Json* value = json_.Find(key);
    if (value == nullptr || value->is_null()) return;
    if (!value->is_number() || value->number() < least || value->number() > 1e9)
      return Complain(key, least > 0 ? "a whole number from " + std::to_string(static_cast<int>(least)) + " on" : "a whole number");
    out = static_cast<Number>(value->number());
  }
  void Flag(std::string_view key, bool& out) {
    const Json* value = json_.Find(key);
    if (value == nullptr || value->is_null()) return;
    if (!value->is_bool()) return Complain(key, "true or false");
    out = value->boolean();
  }
  const std::string& complaint() const { return complaint_; }

 private:
  void Complain(std::string_view key, const std::string& what) {
    if (complaint_.empty()) complaint_ = "'" + std::string(key) + "' must be " + what;
  }
  const Json& json_;
  std::string complaint_;
};

}  // namespace

std::string ModelItem::Key() const {
  std::string key;
  for (const Message& message : messages) key.append(message.role).append(1, '\0').append(message.content).append(1, '\0');
  for (const RubricItem& item : rubric) key += "\2" + item.id + "\2" + item.text + "\2" + Json(item.weight).Dump() + (item.veto ? "!" : "");
  key += "\3" + reference + "\1" + response;
  for (const std::string& one : together) key += "\4" + std::to_string(one.size()) + "\4" + one;
  return key;
}

Json ModelAdapter::ToJson() const {
  Json json;
  json.Set("backend", backend);
  if (!url.empty()) json.Set("url", url);
  if (!model.empty()) json.Set("model", model);
  if (!revision.empty()) json.Set("revision", revision);
  if (!model_dir.empty()) json.Set("model_dir", model_dir);
  json.Set("chat_template", chat_template);
  json.Set("format", format);
  if (!rubric.empty()) json.Set("rubric", RubricToJson(rubric));
  // Named only where they differ from what judges once did: a card keeps its version.
  if (mode != "pointwise") json.Set("mode", mode);
  if (mode == "listwise") json.Set("group_size", static_cast<std::int64_t>(group_size));
  if (grade != "plain") json.Set("grade", grade);
  if (!price.free()) json.Set("price", price.ToJson());
  json.Set("head", head);
  json.Set("max_length", max_length);
  json.Set("max_batch", static_cast<std::int64_t>(max_batch));
  json.Set("device", device);
  if (plain) json.Set("plain", true);
  if (trust_remote_code) json.Set("trust_remote_code", true);
  if (allow_pickle) json.Set("allow_pickle", true);
  json.Set("timeout_ms", static_cast<std::int64_t>(timeout.count()));
  return json;
}

Result<ModelAdapter> AdapterFromJson(const Json& json) {
  if (!json.is_object()) return Bad("it must be an object");
  ModelAdapter out;
  Reader read(json);
  std::int64_t timeout = out.timeout.count();
  read.Text("backend", out.backend);
  read.Text("url", out.url);
  read.Text("model", out.model);
  read.Text("revision", out.revision);
  read.Text("model_dir", out.model_dir);
  read.Text("chat_template", out.chat_template);
  read.Text("format", out.format);
  read.Text("device", out.device);
  read.Text("mode", out.mode);
  read.Text("grade", out.grade);
  read.Count("group_size", out.group_size, 4);
  read.Count("head", out.head, 0);
  read.Count("max_length", out.max_length, 8);
  read.Count("max_batch", out.max_batch, 1);
  read.Count("timeout_ms", timeout, 1);
  read.Flag("plain", out.plain);
  read.Flag("trust_remote_code", out.trust_remote_code);
  read.Flag("allow_pickle", out.allow_pickle);
  out.timeout = std::chrono::milliseconds(timeout);
  if (!read.complaint().empty()) return Bad(read.complaint());
  while (out.url.ends_with('/')) out.url.pop_back();
  const bool worker = out.backend == "transformers";
  if (const Json* rubric = json.Find("rubric"); rubric != nullptr && !rubric->is_null()) {
    auto items = RubricFromJson(*rubric);
    if (!items) return items.error();
    out.rubric = std::move(*items);
  }
  const bool server = out.backend == "judge" || out.backend == "vllm" || out.backend == "sglang" || out.backend == "tei" || out.backend == "llamacpp";
  if (!worker && !server) return Bad("'backend' must be transformers, vllm, sglang, tei, llamacpp or judge, is '" + out.backend + "'");
  if (worker && out.model_dir.empty()) return Bad("'model_dir' is missing: the folder of the model");
  if (server && out.url.empty()) return Bad("'url' is missing: the address of the server");
  if (out.mode != "pointwise" && out.mode != "listwise" && out.mode != "pairwise") {
    return Bad("'mode' must be pointwise, listwise or pairwise, is '" + out.mode + "'");
  }
  if (const Json* price = json.Find("price"); price != nullptr && !price->is_null()) {
    for (const auto& [key, into] : {std::pair{"prompt", &out.price.prompt}, {"completion", &out.price.completion}}) {
      const Json* value = price->Find(key);
      if (value == nullptr || !value->is_number() || !(value->number() >= 0))
        return Bad("'price' must be {\"prompt\": N, \"completion\": N}, US dollars per million tokens");
      *into = value->number();
    }
  }
  if (out.backend != "judge" && !out.price.free()) return Bad("'price' is for the backend judge alone");
  if (out.plain && out.backend == "judge") return Bad("'plain' is for reward models");
  if (out.grade != "plain" && out.grade != "expected") return Bad("'grade' must be plain or expected, is '" + out.grade + "'");
  if (out.group_size > 32) return Bad("'group_size' must be 4 to 32");
  if (out.backend != "judge" && (out.mode != "pointwise" || out.grade != "plain")) return Bad("'mode' and 'grade' are for the backend judge alone");
  if (out.chat_template != "tokenizer" && out.chat_template != "none" && out.chat_template != "format") {
    return Bad("'chat_template' must be tokenizer, none or format");
  }
  if (out.format.find("{response}") == out.format.npos) return Bad("'format' must hold {response}");
  return out;
}

std::shared_ptr<ModelClient> OpenJudge(const ModelAdapter& adapter, JudgeCall call) {
  constexpr auto kWithRetries = std::chrono::minutes(10);
  // A judge that is not there is no reason to hurry past the rest: `call` says when to stop.
  const BatcherOptions options{.concurrency = 32, .tries = 1, .trips = 1 << 20, .timeout = std::max<std::chrono::milliseconds>(adapter.timeout, kWithRetries)};
  std::shared_ptr<ModelClient> made = MakeBatcher(MakeJudgeBackend(adapter, std::move(call)), options);
  return adapter.mode == "pointwise" ? made : std::shared_ptr<ModelClient>(MakeGroupJudge(std::move(made), adapter));
}

std::shared_ptr<ModelClient> OpenBackend(const ModelAdapter& asked) {
  ModelAdapter adapter = asked;
  adapter.plain = false;  // what the tool does before it asks
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<ModelClient>> open;  // guarded by mutex
  const std::string key = adapter.ToJson().DumpCanonical();
  const std::lock_guard lock(mutex);
  if (auto running = open[key].lock()) return running;
  auto inner = adapter.backend == "transformers" ? MakeWorkerBackend(adapter)
               : adapter.backend == "judge"      ? MakeJudgeBackend(adapter)
                                                 : MakeServerBackend(adapter);
  // One worker runs one batch at a time; a server batches by itself what comes at once.
  const bool worker = adapter.backend == "transformers";
  std::shared_ptr<ModelClient> made = MakeBatcher(std::move(inner), {.concurrency = worker                                                    ? 1u
                                                                                    : adapter.backend == "vllm" || adapter.backend == "judge" ? 32u
                                                                                                                                              : 4u,
                                                                     .timeout = adapter.timeout});
  if (adapter.mode != "pointwise") made = MakeGroupJudge(std::move(made), adapter);
  open[key] = made;
  return made;
}

}  // namespace rlar

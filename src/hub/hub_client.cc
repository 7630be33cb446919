#include "hub/hub_client.h"

#include <array>
#include <cstdlib>

#include "base/json_at.h"
#include "hub/hub_worker_source.h"
#include "process/child.h"
#include "process/python.h"

namespace rlar {
namespace {

constexpr std::size_t kMaxAnswerBytes = 16u << 20;
// What the worker's network and cache need from our environment.
constexpr std::array<const char*, 16> kPassedOn{"HF_ENDPOINT",
                                                "HF_TOKEN",
                                                "HF_TOKEN_PATH",
                                                "HF_HOME",
                                                "HF_HUB_CACHE",
                                                "HF_HUB_OFFLINE",
                                                "TRANSFORMERS_OFFLINE",
                                                "XDG_CACHE_HOME",
                                                "SSL_CERT_FILE",
                                                "REQUESTS_CA_BUNDLE",
                                                "http_proxy",
                                                "https_proxy",
                                                "no_proxy",
                                                "HTTPS_PROXY",
                                                "NO_PROXY",
                                                "HF_HUB_DOWNLOAD_TIMEOUT"};

std::vector<std::string> TextsAt(const Json& json, std::string_view key) {
  std::vector<std::string> texts;
  for (const Json& item : ListAt(json, key)) {
    if (item.is_string()) texts.push_back(item.string());
  }
  return texts;
}

ErrorCode CodeOf(const std::string& kind) {
  if (kind == "not_found") return ErrorCode::kNotFound;
  if (kind == "rate_limited") return ErrorCode::kOverloaded;
  if (kind == "timeout") return ErrorCode::kTimeout;
  if (kind == "corrupt") return ErrorCode::kCorrupt;
  if (kind == "too_large") return ErrorCode::kInvalidArgument;
  return ErrorCode::kUnavailable;
}

Json Request(const char* operation) {
  Json request;
  request.Set("op", operation);
  return request;
}

}  // namespace

HubClient::HubClient() = default;
HubClient::~HubClient() = default;

Result<Json> HubClient::Ask(const Json& request, const Deadline& deadline) {
  const std::lock_guard lock(mutex_);
  if (child_ == nullptr || !child_->Running()) {
    ChildOptions options = PythonProgram(kHubWorkerSource, {}, ModelsPython());
    for (const char* name : kPassedOn) {
      if (const char* value = std::getenv(name)) options.environment.push_back(std::string(name) + "=" + value);
    }
    auto child = Child::Spawn(options);
    if (!child) return child.error();
    child_ = std::make_unique<Child>(std::move(*child));
  }
  auto written = child_->Write(request.Dump() + "\n", deadline);
  auto line = written ? child_->ReadLine(deadline, kMaxAnswerBytes) : Result<std::string>(written.error());
  if (!line) {
    child_.reset();  // it may answer late
    return MakeError(line.error().code, "the Hub's client gave no answer", line.error());
  }
  auto reply = ParseJson(*line);
  if (!reply) return MakeError(ErrorCode::kInternal, "the Hub's client answered no JSON");
  if (const Json* error = reply->Find("error")) return MakeError(CodeOf(TextAt(*error, "kind")), TextAt(*error, "message"));
  const Json* ok = reply->Find("ok");
  return ok == nullptr ? Json() : *ok;
}

Result<std::vector<HubHit>> HubClient::Search(const std::string& query, const std::string& filter, int limit, const Deadline& deadline) {
  Json request = Request("search");
  request.Set("query", query);
  request.Set("filter", filter);
  request.Set("limit", limit);
  auto reply = Ask(request, deadline);
  if (!reply) return reply.error();
  std::vector<HubHit> hits;
  for (const Json& item : reply->is_array() ? reply->array() : Json::Array{}) {
    hits.push_back(
        {TextAt(item, "id"), NumberAt(item, "downloads"), NumberAt(item, "likes"), TextsAt(item, "tags"), TextAt(item, "pipeline_tag"), FlagAt(item, "gated")});
  }
  return hits;
}

Result<HubModel> HubClient::Info(const std::string& model, const Deadline& deadline) {
  Json request = Request("info");
  request.Set("model", model);
  auto reply = Ask(request, deadline);
  if (!reply) return reply.error();
  HubModel out;
  out.id = TextAt(*reply, "id");
  out.sha = TextAt(*reply, "sha");
  out.gated = FlagAt(*reply, "gated");
  out.is_private = FlagAt(*reply, "private");
  out.license = TextAt(*reply, "license");
  out.languages = TextsAt(*reply, "languages");
  out.tags = TextsAt(*reply, "tags");
  out.architectures = TextsAt(*reply, "architectures");
  out.num_labels = static_cast<int>(NumberAt(*reply, "num_labels"));
  out.custom_code = FlagAt(*reply, "custom_code");
  double pickles = 0;
  for (const Json& file : ListAt(*reply, "files")) {
    const std::string name = TextAt(file, "name");
    if (name.ends_with(".safetensors")) {
      out.safetensors = true;
      out.weight_bytes += NumberAt(file, "size");
    } else if (name.ends_with(".bin") || name.ends_with(".pt") || name.ends_with(".pth")) {
      out.pickle = true;
      pickles += NumberAt(file, "size");
    }
  }
  if (!out.safetensors) out.weight_bytes = pickles;
  return out;
}

Result<std::string> HubClient::Card(const std::string& model, const std::string& revision, const Deadline& deadline) {
  Json request = Request("card");
  request.Set("model", model);
  request.Set("revision", revision);
  auto reply = Ask(request, deadline);
  if (!reply) return reply.error();
  return reply->is_string() ? reply->string() : std::string();
}

Result<std::string> HubClient::Fetch(const std::string& model, const std::string& revision, double max_bytes, const Deadline& deadline) {
  Json request = Request("fetch");
  request.Set("model", model);
  request.Set("revision", revision);
  request.Set("max_bytes", max_bytes);
  auto reply = Ask(request, deadline);
  if (!reply) return reply.error();
  return TextAt(*reply, "dir");
}

}  // namespace rlar

#include "llm/local_backend.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <mutex>

#include "base/json_at.h"
#include "llm/http_backend.h"
#include "llm/local_model_source.h"
#include "process/child.h"
#include "process/python.h"

namespace rlar {
namespace {

constexpr std::array<std::string_view, 2> kModels{kLocalModelDefault, "qwen2.5-coder-0.5b"};
constexpr auto kStartLimit = std::chrono::minutes(60);  // a slow line fetches a gigabyte
constexpr int kMaxStarts = 4;
// What the helper's fetching needs from our environment; the API key is not among it.
constexpr std::array<const char*, 16> kPassedOn{"RLAR_CACHE", "XDG_CACHE_HOME", "HF_ENDPOINT",     "HF_HUB_OFFLINE", "RLAR_LLAMA_SERVER", "PIP_INDEX_URL",
                                                "PIP_CERT",   "PIP_FIND_LINKS", "PIP_CONFIG_FILE", "SSL_CERT_FILE",  "http_proxy",        "https_proxy",
                                                "no_proxy",   "HTTP_PROXY",     "HTTPS_PROXY",     "TMPDIR"};

class LocalBackend final : public ChatBackend {
 public:
  explicit LocalBackend(LocalBackendOptions options) : options_(std::move(options)) {}
  std::string name() const override { return "local model " + options_.model; }

  Attempt Try(const ChatRequest& request, const Deadline& deadline) override {
    const auto server = Server(deadline);
    if (!server) {
      Attempt attempt;
      const bool cancelled = Cancelled();
      const bool timeout = server.error().code == ErrorCode::kTimeout;
      attempt.kind = cancelled ? Attempt::Kind::kCancelled : timeout ? Attempt::Kind::kRetry : Attempt::Kind::kStop;
      attempt.message = cancelled ? "cancelled" : server.error().message;
      return attempt;
    }
    return (*server)->Try(request, deadline);
  }

 private:
  bool Cancelled() const { return options_.cancelled != nullptr && options_.cancelled->load(); }

  // The running server, started where there is none. Whoever comes while it starts waits for it.
  Result<std::shared_ptr<ChatBackend>> Server(const Deadline& deadline) {
    const std::lock_guard lock(mutex_);
    if (server_ != nullptr && child_->Running()) return server_;
    if (!failure_.empty()) return MakeError(ErrorCode::kUnavailable, failure_);
    if (starts_++ >= kMaxStarts) {
      failure_ = name() + " ended " + std::to_string(kMaxStarts) + " times" + (options_.log.empty() ? "" : ": see " + options_.log);
      return MakeError(ErrorCode::kUnavailable, failure_);
    }
    auto url = Start(deadline);
    if (!url) {
      child_.reset();
      server_.reset();
      if (url.error().code != ErrorCode::kTimeout && !Cancelled()) failure_ = url.error().message;
      return url.error();
    }
    auto backend = MakeHttpBackend({.url = *url, .model = options_.model, .cancelled = options_.cancelled}, nullptr);
    if (!backend) return backend.error();
    server_ = std::move(*backend);
    return server_;
  }

  Result<std::string> Start(const Deadline& deadline) {
    std::vector<std::string> arguments{"serve", options_.model, "--json", "--parallel", std::to_string(options_.parallel)};
    if (options_.threads > 0) arguments.insert(arguments.end(), {"--threads", std::to_string(options_.threads)});
    ChildOptions program = PythonProgram(options_.program.empty() ? kLocalModelSource : options_.program, std::move(arguments));
    program.stderr_file = options_.log;
    for (const char* name : kPassedOn) {
      if (const char* value = std::getenv(name)) program.environment.push_back(std::string(name) + "=" + value);
    }
    auto child = Child::Spawn(program);
    if (!child) return child.error();
    child_ = std::make_unique<Child>(std::move(*child));
    const auto limit = Deadline::After(kStartLimit);
    for (;;) {
      if (Cancelled()) return MakeError(ErrorCode::kOverloaded, "cancelled");
      auto line = child_->ReadLine(Deadline::After(std::chrono::milliseconds(200)), 1u << 16);
      if (!line && line.error().code == ErrorCode::kTimeout) {
        if (deadline.passed() || limit.passed()) return MakeError(ErrorCode::kTimeout, name() + " was not ready in time");
        continue;
      }
      if (!line) {
        return MakeError(ErrorCode::kUnavailable, name() + " did not start" + (options_.log.empty() ? "" : ": see " + options_.log));
      }
      const auto json = ParseJson(*line);
      if (!json) continue;
      if (const std::string error = TextAt(*json, "error"); !error.empty()) return MakeError(ErrorCode::kUnavailable, error);
      if (const Json* ready = json->Find("ready")) return TextAt(*ready, "url");
      const double total = NumberAt(*json, "total");
      if (options_.progress) options_.progress(TextAt(*json, "step"), total > 0 ? NumberAt(*json, "done") / total : 0);
    }
  }

  const LocalBackendOptions options_;
  std::mutex mutex_;
  std::unique_ptr<Child> child_;  // all guarded by mutex_
  std::shared_ptr<ChatBackend> server_;
  std::string failure_;  // why it will never run
  int starts_ = 0;
};

}  // namespace

Result<std::unique_ptr<ChatBackend>> MakeLocalBackend(LocalBackendOptions options) {
  if (options.model.empty()) options.model = kLocalModelDefault;
  if (std::find(kModels.begin(), kModels.end(), options.model) == kModels.end()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "--llm local knows the models " + std::string(kModels[0]) + " and " + std::string(kModels[1]) + ", not '" + options.model + "'");
  }
  return std::unique_ptr<ChatBackend>(std::make_unique<LocalBackend>(std::move(options)));
}

}  // namespace rlar

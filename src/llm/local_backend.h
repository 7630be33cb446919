// `--llm local`: a small instruct model that we fetch and run ourselves (local_model.py), as a child of this process.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "llm/chat.h"

namespace rlar {

inline constexpr const char* kLocalModelDefault = "qwen2.5-coder-1.5b";

struct LocalBackendOptions {
  std::string model = kLocalModelDefault;  // or qwen2.5-coder-0.5b
  std::string log;                         // file that the server's own messages are appended to; empty: dropped
  std::size_t threads = 0;                 // 0: as many as cores
  std::size_t parallel = 2;                // calls at once
  std::string program;                     // in place of our own program, for tests: Python source with the same manners
  const std::atomic<bool>* cancelled = nullptr;
  // What is being fetched and the share done, in [0, 1]. Called by the thread that asks first.
  std::function<void(const std::string& step, double share)> progress;
};

// Nothing is fetched or started before the first Try: a build that finds every answer in its record needs no model. A server
// that died is started anew, three times at most. It ends with the backend, and with this process however that ends.
Result<std::unique_ptr<ChatBackend>> MakeLocalBackend(LocalBackendOptions options);

}  // namespace rlar

// One HTTP request with a deadline that may be cancelled (libcurl). Thread-safe.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "rlar/tool.h"

namespace rlar {

struct HttpCall {
  std::string url;
  std::string body;                  // empty: GET, else POST as JSON
  std::vector<std::string> headers;  // "Name: value"
  std::chrono::milliseconds timeout{60'000};
  Deadline deadline = Deadline::Never();
  std::size_t max_bytes = 16u << 20;
};

struct HttpAnswer {
  long status = 0;
  std::string body;
  std::optional<std::chrono::milliseconds> retry_after;  // header Retry-After: seconds or a date
};

// Any answer is a value, whatever its status. Errors: unavailable (no connection, half a body, too large), timeout,
// overloaded where it was cancelled.
Result<HttpAnswer> Http(const HttpCall& call);

}  // namespace rlar

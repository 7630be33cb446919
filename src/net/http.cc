#include "net/http.h"

#include <curl/curl.h>

#include <charconv>
#include <ctime>
#include <memory>

#include "base/text.h"

namespace rlar {
namespace {

struct Transfer {
  std::string body;
  std::size_t max_bytes = 0;
  bool too_large = false;
  std::string retry_after;
  Deadline deadline = Deadline::Never();
};

std::size_t OnBody(char* data, std::size_t size, std::size_t count, void* out) {
  auto& transfer = *static_cast<Transfer*>(out);
  if (transfer.body.size() + size * count > transfer.max_bytes) {
    transfer.too_large = true;
    return 0;
  }
  transfer.body.append(data, size * count);
  return size * count;
}

std::size_t OnHeader(char* data, std::size_t size, std::size_t count, void* out) {
  const std::string_view line(data, size * count);
  if (StartsWithIgnoreCase(line, "retry-after:")) {
    static_cast<Transfer*>(out)->retry_after = std::string(Trim(line.substr(12)));
  }
  return size * count;
}

int OnProgress(void* out, curl_off_t, curl_off_t, curl_off_t, curl_off_t) { return static_cast<Transfer*>(out)->deadline.cancelled() ? 1 : 0; }

std::optional<std::chrono::milliseconds> RetryAfter(const std::string& text) {
  if (text.empty()) return std::nullopt;
  double seconds = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (code == std::errc() && end == text.data() + text.size() && seconds >= 0 && seconds < 1e7) {
    return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
  }
  const std::time_t date = curl_getdate(text.c_str(), nullptr);
  if (date < 0) return std::nullopt;
  const std::time_t now = std::time(nullptr);
  return std::chrono::milliseconds(date > now ? (date - now) * 1000 : 0);
}

bool IsLoopback(const std::string& url) {
  for (const char* host : {"://127.", "://localhost", "://[::1]"}) {
    if (url.find(host) != url.npos) return true;
  }
  return false;
}

struct FreeCurl {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

Error Explain(CURLcode code, const Transfer& transfer, const char* problem) {
  if (code == CURLE_ABORTED_BY_CALLBACK) return MakeError(ErrorCode::kOverloaded, "cancelled");
  if (transfer.too_large) {
    return MakeError(ErrorCode::kUnavailable, "the answer is larger than " + std::to_string(transfer.max_bytes) + " bytes");
  }
  const std::string text = *problem != 0 ? problem : curl_easy_strerror(code);
  return MakeError(code == CURLE_OPERATION_TIMEDOUT ? ErrorCode::kTimeout : ErrorCode::kUnavailable, text);
}

}  // namespace

Result<HttpAnswer> Http(const HttpCall& call) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::unique_ptr<CURL, FreeCurl> curl(curl_easy_init());
  if (initialised != CURLE_OK || !curl) return MakeError(ErrorCode::kInternal, "cannot set up an HTTP request");
  const auto left = call.deadline.Left(call.timeout);
  if (call.deadline.cancelled()) return MakeError(ErrorCode::kOverloaded, "cancelled");
  if (left.count() <= 0) return MakeError(ErrorCode::kTimeout, "the deadline passed");
  std::unique_ptr<curl_slist, FreeList> headers;
  for (const std::string& header : call.headers) headers.reset(curl_slist_append(headers.release(), header.c_str()));
  Transfer transfer;
  transfer.max_bytes = call.max_bytes;
  transfer.deadline = call.deadline;
  char problem[CURL_ERROR_SIZE] = "";
  CURL* handle = curl.get();
  curl_easy_setopt(handle, CURLOPT_URL, call.url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  if (IsLoopback(call.url)) curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
  if (!call.body.empty()) {
    headers.reset(curl_slist_append(headers.release(), "Content-Type: application/json"));
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, call.body.data());
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
  }
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, 15'000L);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, problem);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &OnBody);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &OnHeader);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, &OnProgress);
  curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &transfer);
  const CURLcode code = curl_easy_perform(handle);
  if (code != CURLE_OK) return Explain(code, transfer, problem);
  HttpAnswer reply;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &reply.status);
  reply.body = std::move(transfer.body);
  reply.retry_after = RetryAfter(transfer.retry_after);
  return reply;
}

}  // namespace rlar
